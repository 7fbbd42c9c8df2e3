import type { AgentPrivateKey } from '@sallyport/sdk'
import { ConfigFault } from './config-fault.ts'

interface Variable {
  readonly name: string
  readonly value: string
}

interface LoadedKey {
  readonly privateKey: AgentPrivateKey
  /** Where it came from, for messages. */
  readonly keySource: string
}

/**
 * Reads the key from the file that a variable names.
 * @throws ConfigFault
 */
export function readKeyFile(
  { name, value: path }: Variable,
  readText: (path: string) => string,
): LoadedKey {
  const keySource = `${name} (${path})`
  let text: string
  try {
    text = readText(path)
  } catch (error) {
    throw new ConfigFault(`${name} names a file that cannot be read: ${path} (${codeOf(error)}).`)
  }
  return { privateKey: parseKey(text, keySource), keySource }
}

/**
 * Reads the key from a variable itself: base64 or base64url of the JWK's JSON, or the JSON as it is.
 * @throws ConfigFault
 */
export function readInlineKey({ name, value }: Variable): LoadedKey {
  const text = value.startsWith('{') ? value : Buffer.from(value, 'base64').toString('utf8')
  return { privateKey: parseKey(text, name), keySource: name }
}

// What is wrong is said without quoting: the text is, or is nearly, a secret.
function parseKey(text: string, source: string): AgentPrivateKey {
  let jwk: unknown
  try {
    jwk = JSON.parse(text)
  } catch {
    throw new ConfigFault(`${source} does not hold the JSON of a private key (a JWK).`)
  }
  if (!isPrivateKey(jwk)) {
    throw new ConfigFault(
      `${source} does not hold an ES256 private key: a JWK with kty "EC", crv "P-256", x, y and d.`,
    )
  }
  return jwk
}

const coordinate = /^[A-Za-z0-9_-]{43}$/

function isPrivateKey(value: unknown): value is AgentPrivateKey {
  if (typeof value !== 'object' || value === null) return false
  const jwk = value as Readonly<Record<string, unknown>>
  const isCoordinate = (name: string) => coordinate.test(String(jwk[name]))
  return jwk.kty === 'EC' && jwk.crv === 'P-256' && ['x', 'y', 'd'].every(isCoordinate)
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
