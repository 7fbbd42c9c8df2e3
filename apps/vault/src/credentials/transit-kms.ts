import { Buffer } from 'node:buffer'
import { z } from 'zod'
import {
  askKms,
  garbage,
  type Kms,
  type KmsContext,
  type KmsRequest,
  readKeyBytes,
  type SendToKms,
} from './kms.ts'

// HashiCorp Vault's and OpenBao's transit engine: https://openbao.org/api-docs/secret/transit/

const Encrypted = z.object({ data: z.object({ ciphertext: z.string().regex(/^vault:v\d+:/) }) })
const Decrypted = z.object({ data: z.object({ plaintext: z.string() }) })
const SignedIn = z.object({ auth: z.object({ client_token: z.string().min(1) }) })

/** Where transit is, and as whom it is asked. */
export interface TransitOptions {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string
  readonly mount: string
  readonly namespace: string | undefined
  /** The token; read for every request, since it may have been renewed. Or what a service account signs in with. */
  readonly signIn:
    | { readonly readToken: () => string }
    | { readonly role: string; readonly readJwt: () => string }
}

/**
 * Builds the KMS. The context goes along as `associated_data`, which needs a key of an AEAD type, as the default one is; nothing is
 * derived, so that rotating the transit key, or rewrapping, needs nothing here.
 */
export function createTransitKms(options: TransitOptions, send: SendToKms): Kms {
  const { url, key, mount } = options
  const name = `transit:${mount}/${key}`
  const common: [string, string][] = [['content-type', 'application/json']]
  if (options.namespace !== undefined) common.push(['x-vault-namespace', options.namespace])
  const post = (path: string, body: object, headers: KmsRequest['headers'] = []): KmsRequest => ({
    method: 'POST',
    url: `${url}/v1/${path}`,
    headers: [...common, ...headers],
    body: Buffer.from(JSON.stringify(body), 'utf8'),
  })

  async function token(): Promise<string> {
    const { signIn } = options
    if ('readToken' in signIn) return signIn.readToken()
    const what = 'Signing in to the transit KMS'
    const answer = await askKms(send, {
      what,
      request: () => post('auth/kubernetes/login', { role: signIn.role, jwt: signIn.readJwt() }),
    })
    const parsed = SignedIn.safeParse(answer)
    if (!parsed.success) throw garbage(what)
    return parsed.data.auth.client_token
  }
  async function ask(what: string, operation: string, body: object): Promise<unknown> {
    const held = await token()
    const path = `${mount}/${operation}/${key}`
    return askKms(send, { what, request: () => post(path, body, [['x-vault-token', held]]) })
  }

  return {
    name,
    async encrypt(plaintext, context) {
      const what = 'Encrypting the root key with transit'
      const body = { plaintext: base64(plaintext), associated_data: associated(context) }
      const parsed = Encrypted.safeParse(await ask(what, 'encrypt', body))
      if (!parsed.success) throw garbage(what)
      return Buffer.from(parsed.data.data.ciphertext, 'utf8')
    },
    async decrypt(ciphertext, context) {
      const what = 'Decrypting the root key with transit'
      const text = Buffer.from(ciphertext).toString('utf8')
      const body = { ciphertext: text, associated_data: associated(context) }
      const parsed = Decrypted.safeParse(await ask(what, 'decrypt', body))
      if (!parsed.success) throw garbage(what)
      return readKeyBytes(what, parsed.data.data.plaintext)
    },
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
/** One spelling for one context: members in the order of their names. */
const associated = (context: KmsContext) =>
  base64(Buffer.from(JSON.stringify(Object.entries(context).sort()), 'utf8'))
