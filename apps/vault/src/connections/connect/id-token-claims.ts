import { createHash } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import { decodeJwt } from 'jose'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'

type Claims = Readonly<Record<string, unknown>>

const accountCharsMax = 200
/** Clocks differ. */
const leewayMs = 30_000

/** Whose account it is: by an address or a name for people, and by `sub`, which alone lasts (OpenID Connect Core §5.7). */
export function accountOf(claims: Claims | undefined): Pick<TokenAnswer, 'account' | 'subject'> {
  const subject = claims?.sub
  if (claims === undefined || typeof subject !== 'string' || subject === '') return {}
  const name = [claims.email, claims.preferred_username, subject].find(
    (one): one is string => typeof one === 'string' && shown(one) !== '',
  )
  const account = shown(name ?? subject)
  return { ...(account !== '' && { account }), subject: subjectOf(subject) }
}

/** A `sub` is at most 255 characters of ASCII (OpenID Connect Core §2); of what is none a digest is kept, so that it can be. */
const subjectOf = (sub: string) =>
  /^[\x20-\x7e]{1,255}$/.test(sub)
    ? sub
    : `sha256:${createHash('sha256').update(JSON.stringify(sub)).digest('base64url')}`

/**
 * Reads an id token of a provider whose issuer is not known, as of Microsoft, where each directory is one. It came straight from
 * the token endpoint, which vouches for it in place of a signature (OpenID Connect Core §3.1.3.7, 6); the rest is checked.
 * @throws Problem provider-refused
 */
export function readUnnamedIdToken(
  idToken: string,
  expected: {
    readonly clientId: string
    readonly nonce: string | undefined
    readonly nowMs: number
    readonly provider: string
  },
): Claims {
  const claims = decode(idToken)
  const audiences = Array.isArray(claims?.aud) ? claims.aud : [claims?.aud]
  const fits =
    claims !== undefined &&
    audiences.includes(expected.clientId) &&
    (claims.azp === undefined || claims.azp === expected.clientId) &&
    claims.nonce === expected.nonce &&
    typeof claims.exp === 'number' &&
    claims.exp * 1000 > expected.nowMs - leewayMs
  if (fits) return claims
  throw new Problem('provider-refused', `The id token of ${expected.provider} is not for this.`, {
    next: 'Begin again; if it stays so, an owner checks the client id of the OAuth app.',
  })
}

function decode(idToken: string): Claims | undefined {
  try {
    return decodeJwt(idToken)
  } catch {
    return undefined
  }
}

/** A name as it can be shown: bounded, and without what is not seen or changes what is. */
const shown = (text: string) =>
  [...text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '').trim()].slice(0, accountCharsMax).join('')
