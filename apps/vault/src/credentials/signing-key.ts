import { createPrivateKey, type JsonWebKeyInput, type KeyObject, webcrypto } from 'node:crypto'
import { Problem } from '@sallyport/contracts'

/** A private key that signs assertions. Never log it. */
export interface SigningKey {
  readonly key: webcrypto.CryptoKey
  /** JOSE's name of the algorithm that it signs with (RFC 7518 §3.1, RFC 8037). */
  readonly alg: string
  /** What the key itself says that it is called. */
  readonly kid?: string
}

/** RFC 7518 §3.3. */
const rsaBitsMin = 2048

const curves: Readonly<Record<string, { readonly alg: string; readonly namedCurve: string }>> = {
  prime256v1: { alg: 'ES256', namedCurve: 'P-256' },
  secp384r1: { alg: 'ES384', namedCurve: 'P-384' },
  secp521r1: { alg: 'ES512', namedCurve: 'P-521' },
}

/** Says what is wrong with a private key that somebody typed in; undefined where nothing is. */
export function faultOfPrivateKey(text: string): string | undefined {
  try {
    readKey(text)
    return undefined
  } catch (error) {
    return error instanceof KeyFault ? error.message : notAKey
  }
}

/**
 * Reads a private key: PKCS #8 (or PKCS #1, SEC 1) in PEM, or a JWK as JSON; RSA, P-256, P-384, P-521 or Ed25519. An RSA key
 * signs RS256 unless its JWK says PS256.
 * @throws Problem provider-refused for one that cannot be read: nobody could have checked it when it was saved
 */
export async function readSigningKey(text: string): Promise<SigningKey> {
  try {
    const { key, algorithm, alg, kid } = readKey(text)
    const der = key.export({ type: 'pkcs8', format: 'der' })
    const imported = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
    der.fill(0)
    return { key: imported, alg, ...(kid !== undefined && { kid }) }
  } catch {
    // The cause is left out: parsers quote what they read.
    throw new Problem('provider-refused', 'The private key that is kept cannot be used to sign.', {
      next: 'An owner enters the private key again.',
    })
  }
}

const notAKey = 'must be a private key that is not encrypted: PKCS #8 in PEM, or a JWK'

/** A fault that can be named without quoting the key. */
class KeyFault extends Error {
  override readonly name = 'KeyFault'
}

interface ReadKey {
  readonly key: KeyObject
  readonly algorithm: webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams | 'Ed25519'
  readonly alg: string
  readonly kid?: string
}

function readKey(text: string): ReadKey {
  const jwk = readJwk(text)
  const key =
    jwk === undefined
      ? createPrivateKey(text.replaceAll('\\n', '\n')) // As it stands in a JSON file.
      : createPrivateKey({ key: jwk, format: 'jwk' })
  const named = typeof jwk?.kid === 'string' ? { kid: jwk.kid } : {}
  const details = key.asymmetricKeyDetails
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      if ((details?.modulusLength ?? 0) < rsaBitsMin) {
        throw new KeyFault(`must be an RSA key of ${rsaBitsMin} bits at least`)
      }
      const isPss = jwk?.alg === 'PS256'
      const name = isPss ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
      return { key, algorithm: { name, hash: 'SHA-256' }, alg: isPss ? 'PS256' : 'RS256', ...named }
    }
    case 'ec': {
      const curve = curves[details?.namedCurve ?? '']
      if (curve === undefined) throw new KeyFault('must be on the curve P-256, P-384 or P-521')
      const { alg, namedCurve } = curve
      return { key, algorithm: { name: 'ECDSA', namedCurve }, alg, ...named }
    }
    case 'ed25519':
      return { key, algorithm: 'Ed25519', alg: 'EdDSA', ...named }
    default:
      throw new KeyFault('must be an RSA, EC or Ed25519 key')
  }
}

type Jwk = JsonWebKeyInput['key'] & { readonly alg?: unknown; readonly kid?: unknown }

function readJwk(text: string): Jwk | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  const read: unknown = JSON.parse(text)
  if (!isPrivateJwk(read)) throw new KeyFault(notAKey)
  return read
}

const isPrivateJwk = (read: unknown): read is Jwk =>
  typeof read === 'object' && read !== null && 'd' in read && typeof read.d === 'string'
