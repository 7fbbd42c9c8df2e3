import type { TokenHash } from './secret-token.ts'

// What opens an account whose authenticator is lost: ten codes on paper, each for once.

/** Codes that are made at a time. */
const codesCount = 10
/** Of 5 bits each: 80 bits a code. */
const codeChars = 16
const groupChars = 4
/** Crockford's base 32: nothing that is mistaken for something else. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** New codes, and what is stored of them. */
export interface NewRecoveryCodes {
  readonly codes: readonly string[]
  readonly hashes: readonly Uint8Array[]
}

/** Makes a person's codes: `xxxx-xxxx-xxxx-xxxx`. */
export function newRecoveryCodes(
  ownerId: string,
  needs: { tokenHash: TokenHash; randomBytes: (size: number) => Uint8Array },
): NewRecoveryCodes {
  const codes = Array.from({ length: codesCount }, () => {
    let code = ''
    for (const byte of needs.randomBytes(codeChars)) {
      if (code.replaceAll('-', '').length % groupChars === 0 && code !== '') code += '-'
      code += alphabet[byte & 31]
    }
    return code
  })
  const hashes = codes.map((code) => hashOf(ownerId, code.replaceAll('-', ''), needs.tokenHash))
  return { codes, hashes }
}

/** The keyed hash of what somebody typed as a code; undefined where it can be none. Forgives case, spaces and look-alikes. */
export function recoveryCodeHash(
  ownerId: string,
  typed: string,
  tokenHash: TokenHash,
): Uint8Array | undefined {
  const code = typed
    .toLowerCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll('o', '0')
    .replaceAll(/[il]/g, '1')
  const isCode = code.length === codeChars && [...code].every((char) => alphabet.includes(char))
  return isCode ? hashOf(ownerId, code, tokenHash) : undefined
}

const hashOf = (ownerId: string, code: string, tokenHash: TokenHash) =>
  tokenHash(`recovery code ${ownerId} ${code}`)
