import type { KeyObject } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import { isLookupId } from '../paging/lookup-id.ts'
import { asInteger, asObject, type JsonObject, parseStrictJson } from './strict-json.ts'

// RFC 7523 §3 client assertions, stricter: what two readers could understand differently is refused.

/** Seconds by which the clocks of agent and vault may differ. */
export const clockLeewaySeconds = 10
/** Seconds from `iat` to `exp`, at most (S-01). */
const assertionLifeSecondsMax = 60
const assertionBytesMax = 4096
const jtiCharactersMax = 256
const headerMembers = new Set(['alg', 'typ', 'kid'])
const headerTypes = new Set(['JWT', 'client-authentication+jwt'])

/** An assertion that has the right form. Nobody has verified anything that it says. */
export interface UnverifiedAssertion {
  readonly jwt: string
  readonly agentId: string
  readonly claims: JsonObject
}

/**
 * What verification found. `clock`: the signature is good and only the times are off. `bad` says whether the holder of
 * the key wrote it, which is worth an audit entry; a forgery is not.
 */
export type AssertionVerdict =
  | { readonly outcome: 'good'; readonly jti: string; readonly expiresAtSeconds: number }
  | { readonly outcome: 'clock' }
  | { readonly outcome: 'bad'; readonly signatureGood: boolean }

/** Reads what claims to be a client assertion. Undefined for anything malformed; never throws. */
export function readAssertion(jwt: unknown): UnverifiedAssertion | undefined {
  // Every character of a compact JWS is ASCII, so characters are bytes for all that goes on from here.
  if (typeof jwt !== 'string' || jwt.length > assertionBytesMax) return undefined
  const parts = jwt.split('.')
  const [header, payload, signature] = parts.map(decodeBase64url)
  if (parts.length !== 3 || header === undefined || payload === undefined) return undefined
  if (signature === undefined || !isHeader(asObject(parseStrictJson(header)))) return undefined
  const claims = asObject(parseStrictJson(payload))
  const agentId = claims?.get('sub')
  if (claims === undefined || typeof agentId !== 'string' || !isLookupId(agentId)) {
    return undefined
  }
  return { jwt, agentId, claims }
}

/** RFC 4648 §5 without padding; an encoding with stray trailing bits would be a second spelling of the same bytes. */
function decodeBase64url(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

function isHeader(header: JsonObject | undefined): boolean {
  if (header === undefined || header.get('alg') !== 'ES256') return false
  const type = header.get('typ')
  return (
    [...header.keys()].every((member) => headerMembers.has(member)) &&
    (!header.has('typ') || (typeof type === 'string' && headerTypes.has(type))) &&
    (!header.has('kid') || typeof header.get('kid') === 'string')
  )
}

/**
 * Verifies the signature with the agent's key, then the claims (S-01, S-04, S-05). jose checks first and we check again
 * what it leaves open: it takes an `aud` that is an array, a fractional `exp`, and any distance between `iat` and `exp`.
 */
export async function verifyAssertion(
  { jwt, agentId, claims }: UnverifiedAssertion,
  expected: { readonly key: KeyObject; readonly issuer: string; readonly nowMs: number },
): Promise<AssertionVerdict> {
  const verified = await verifyWithJose(jwt, { ...expected, agentId })
  if (verified === 'bad-signature') return { outcome: 'bad', signatureGood: false }
  const verdict = checkClaims(claims, { ...expected, agentId })
  if (verdict.outcome === 'good' && verified === 'bad-claim') {
    return { outcome: 'bad', signatureGood: true }
  }
  return verdict
}

async function verifyWithJose(
  jwt: string,
  expected: { key: KeyObject; issuer: string; agentId: string; nowMs: number },
): Promise<'good' | 'bad-claim' | 'bad-signature'> {
  try {
    await jwtVerify(jwt, expected.key, {
      algorithms: ['ES256'],
      issuer: expected.agentId,
      subject: expected.agentId,
      audience: expected.issuer,
      maxTokenAge: assertionLifeSecondsMax,
      clockTolerance: clockLeewaySeconds,
      currentDate: new Date(expected.nowMs),
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat', 'jti'],
    })
    return 'good'
  } catch (thrown) {
    // jose reads the claims only once the signature has been found good.
    const isClaim =
      thrown instanceof errors.JWTExpired || thrown instanceof errors.JWTClaimValidationFailed
    return isClaim ? 'bad-claim' : 'bad-signature'
  }
}

/** Everything that the vault demands of the claims, whatever jose thinks of them. */
function checkClaims(
  claims: JsonObject,
  expected: { issuer: string; agentId: string; nowMs: number },
): AssertionVerdict {
  const bad = { outcome: 'bad', signatureGood: true } as const
  const times = readTimes(claims)
  const jti = claims.get('jti')
  if (claims.get('iss') !== expected.agentId || claims.get('sub') !== expected.agentId) return bad
  if (claims.get('aud') !== expected.issuer) return bad
  if (typeof jti !== 'string' || jti === '' || jti.length > jtiCharactersMax) return bad
  if (times === undefined) return bad
  if (times.exp <= times.iat || times.exp - times.iat > assertionLifeSecondsMax) return bad
  const nowSeconds = Math.floor(expected.nowMs / 1000)
  const latest = nowSeconds + clockLeewaySeconds
  const isOff =
    times.iat > latest || times.nbf > latest || times.exp <= nowSeconds - clockLeewaySeconds
  return isOff ? { outcome: 'clock' } : { outcome: 'good', jti, expiresAtSeconds: times.exp }
}

function readTimes(claims: JsonObject): { exp: number; iat: number; nbf: number } | undefined {
  const exp = asInteger(claims.get('exp'))
  const iat = asInteger(claims.get('iat'))
  const nbf = claims.has('nbf') ? asInteger(claims.get('nbf')) : iat
  if (exp === undefined || iat === undefined || nbf === undefined) return undefined
  return { exp, iat, nbf }
}
