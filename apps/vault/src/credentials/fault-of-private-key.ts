import { createPrivateKey, type KeyObject } from 'node:crypto'

const rsaBitsMin = 2048
const curves = ['prime256v1', 'secp384r1', 'secp521r1']

/** Why a text is no key that client assertions can be signed with (RFC 7523, RFC 7518 §3); undefined where it is one. */
export function faultOfPrivateKey(text: string): string | undefined {
  const key = readKey(text)
  if (key === undefined) return 'must be a private key: PKCS #8 in PEM, or a JWK as JSON'
  const { asymmetricKeyType, asymmetricKeyDetails = {} } = key
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails
  if (asymmetricKeyType === 'ed25519') return undefined
  if (asymmetricKeyType === 'ec' && curves.includes(namedCurve)) return undefined
  if (asymmetricKeyType !== 'rsa')
    return 'must be a key for RSA, ECDSA (P-256, P-384, P-521) or Ed25519'
  return modulusLength < rsaBitsMin ? `must have at least ${rsaBitsMin} bits` : undefined
}

function readKey(text: string): KeyObject | undefined {
  try {
    return text.startsWith('{')
      ? createPrivateKey({ key: JSON.parse(text), format: 'jwk' })
      : createPrivateKey(text)
  } catch {
    // What the parsers say quotes the text.
    return undefined
  }
}
