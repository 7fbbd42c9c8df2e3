import { type AgentPublicKey, Problem } from '@sallyport/contracts'

/** An ES256 private key (RFC 7517): the public members and `d`. */
export type AgentPrivateKey = AgentPublicKey & { readonly d: string }

/** The longest that the vault accepts; the whole of it forgives a clock that is slow by nearly as much. */
const assertionLifeSeconds = 60

const utf8 = new TextEncoder()

function base64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const encodeJson = (value: unknown): string => base64url(utf8.encode(JSON.stringify(value)))

async function importKey({ kty, crv, x, y, d }: AgentPrivateKey) {
  try {
    // Only these members: `key_ops`, `use` or `ext` of a key file would otherwise decide what it may be used for.
    const jwk = { kty, crv, x, y, d }
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    return await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign'])
  } catch {
    // The cause is left out: what an implementation says of a key it cannot read may quote the key.
    throw new Problem('invalid-client', 'The agent’s private key is not a usable ES256 key.', {
      next: 'Make a new key and enrol it with a new code from the owner.',
    })
  }
}

/** What goes into an assertion. */
export interface AssertionClaims {
  readonly agentId: string
  /** The vault’s issuer: its public URL without a trailing slash. */
  readonly audience: string
}

/**
 * A maker of client assertions (RFC 7523 §3, ES256), each usable once. The key is imported once, at the first use.
 * @throws Problem `invalid-client` if the key is not a usable ES256 key
 */
export function createAssertionSigner(privateKey: AgentPrivateKey, now: () => number) {
  let key: ReturnType<typeof importKey> | undefined
  return async ({ agentId, audience }: AssertionClaims): Promise<string> => {
    key ??= importKey(privateKey)
    const iat = Math.floor(now() / 1000)
    const claims = {
      iss: agentId,
      sub: agentId,
      aud: audience,
      iat,
      exp: iat + assertionLifeSeconds,
      jti: crypto.randomUUID(),
    }
    const signed = `${encodeJson({ alg: 'ES256', typ: 'JWT' })}.${encodeJson(claims)}`
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    // WebCrypto's signature is already the r‖s of RFC 7518 §3.4.
    const signature = await crypto.subtle.sign(algorithm, await key, utf8.encode(signed))
    return `${signed}.${base64url(new Uint8Array(signature))}`
  }
}
