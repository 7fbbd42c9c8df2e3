import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { type AgentPublicKey, Problem } from '@sallyport/contracts'

const coordinateBytes = 32

/**
 * Makes sure that a JWK is the one spelling of a point on P-256 (S-05). OpenSSL refuses a point off the curve, a
 * coordinate beyond the field and the point at infinity; trailing bits of base64url that mean nothing are refused here.
 * @throws Problem invalid-input, naming `publicKey`
 */
export function checkPublicKey(key: AgentPublicKey): AgentPublicKey {
  const { kty, crv, x, y } = key
  if (!isCoordinate(x) || !isCoordinate(y)) throw notAKey()
  try {
    importPublicKey({ kty, crv, x, y })
  } catch (cause) {
    throw notAKey(cause)
  }
  return { kty, crv, x, y }
}

/** The key as node:crypto and jose use it. */
export function importPublicKey({ kty, crv, x, y }: AgentPublicKey): KeyObject {
  return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
}

/** RFC 7638: SHA-256 over the required members in lexicographic order, base64url. */
export function thumbprint({ kty, crv, x, y }: AgentPublicKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
}

function isCoordinate(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === coordinateBytes && bytes.toString('base64url') === text
}

const notAKey = (cause?: unknown) =>
  new Problem('invalid-input', 'publicKey is not a public key on the curve P-256.', {
    next: 'Make an ES256 key pair and send its public part as {kty, crv, x, y}.',
    fields: [{ field: 'publicKey', message: 'must be a point on the curve P-256' }],
    cause,
  })
