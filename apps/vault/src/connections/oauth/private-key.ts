// biome-ignore lint/style/noRestrictedImports: these are keys that owners typed in, opened where they are used; the vault's own stay in credentials
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { type CryptoKey, importJWK, type JWK } from 'jose'

/** What a key signs with (RFC 7518 §3.3, §3.4): every server that takes signed assertions knows one of them. */
export type SigningAlgorithm = 'RS256' | 'ES256'

const rsaBitsMin = 2048

/** A private key, ready to sign. Never log it. */
export interface SigningKey {
  readonly key: CryptoKey
  readonly algorithm: SigningAlgorithm
  /** The `kid` that a JWK names. */
  readonly keyId?: string
}

interface ReadKey {
  readonly object: KeyObject
  readonly algorithm: SigningAlgorithm
  readonly keyId?: string
}

/** What is wrong with a private key that was typed in, as a clause; undefined where it can sign. Nothing of it is in there. */
export function checkPrivateKey(text: string): string | undefined {
  const found = read(text)
  return typeof found === 'string' ? found : undefined
}

/**
 * Reads a private key: PEM (PKCS #8, PKCS #1 or SEC 1), also with its line ends written `\n` as in JSON, or a JWK as JSON.
 * Throws an Error that holds nothing of the key; `checkPrivateKey` says beforehand whether it will.
 */
export async function readPrivateKey(text: string): Promise<SigningKey> {
  const found = read(text)
  if (typeof found === 'string') throw new Error(`The private key ${found}.`)
  const { object, algorithm, keyId } = found
  const key = await importJWK(object.export({ format: 'jwk' }), algorithm)
  if (key instanceof Uint8Array) throw new Error('The private key is none of a pair.')
  return { key, algorithm, ...(keyId !== undefined && { keyId }) }
}

function read(text: string): ReadKey | string {
  const trimmed = text.trim()
  const found = trimmed.startsWith('{') ? readJwk(trimmed) : readPem(trimmed)
  if (typeof found === 'string') return found
  const algorithm = algorithmOf(found.object)
  return algorithm === undefined
    ? 'must be an RSA key of at least 2048 bits or an EC key on P-256'
    : { ...found, algorithm }
}

type Found = Pick<ReadKey, 'object' | 'keyId'>

function readPem(text: string): Found | string {
  if (!text.includes('-----BEGIN ')) return 'must be in PEM (-----BEGIN PRIVATE KEY-----) or a JWK'
  if (text.includes('ENCRYPTED')) return 'must not be encrypted: write it without its passphrase'
  if (!text.includes('PRIVATE KEY-----')) return 'must be a private key, not a public one'
  try {
    const pem = text.replaceAll(String.raw`\n`, '\n')
    return { object: createPrivateKey({ key: pem, format: 'pem' }) }
  } catch {
    // The cause is left out: it may quote the key.
    return 'cannot be read: copy it whole, with its first and last line'
  }
}

function readJwk(text: string): Found | string {
  try {
    const jwk = JSON.parse(text) as JWK
    if (jwk.kty !== 'RSA' && jwk.kty !== 'EC') return 'must be a JWK with the kty RSA or EC'
    if (typeof jwk.d !== 'string') return 'must be a private key: this JWK has no d'
    const object = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    return typeof jwk.kid === 'string' ? { object, keyId: jwk.kid } : { object }
  } catch {
    return 'cannot be read: it is neither PEM nor a JWK'
  }
}

function algorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): SigningAlgorithm | undefined {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {}
  if (asymmetricKeyType === 'rsa' && modulusLength >= rsaBitsMin) return 'RS256'
  return asymmetricKeyType === 'ec' && namedCurve === 'prime256v1' ? 'ES256' : undefined
}
