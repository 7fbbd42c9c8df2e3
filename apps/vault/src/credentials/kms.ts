import { Buffer } from 'node:buffer'
import { keyBytes } from './root-key.ts'
import { RootKeyError } from './root-key-error.ts'

/** What is said along when a key is encrypted, and has to be said again when it is decrypted. */
export type KmsContext = Readonly<Record<string, string>>

/** A service that encrypts keys and keeps its own. Both functions throw a RootKeyError with a sentence. */
export interface Kms {
  /** Which key of which service, as it stands beside what it has encrypted, e.g. `transit:sallyport`. */
  readonly name: string
  encrypt(plaintext: Uint8Array, context: KmsContext): Promise<Uint8Array>
  decrypt(ciphertext: Uint8Array, context: KmsContext): Promise<Uint8Array>
}

/** A request to a KMS. */
export interface KmsRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: Uint8Array
}

/** Sends a request once, follows no redirect, and reads the whole answer within bounds; rejects where there is none. */
export type SendToKms = (
  request: KmsRequest,
) => Promise<{ readonly status: number; readonly body: Uint8Array }>

/** Attempts at one request; together with the pauses well within the ten seconds in which a start has to fail. */
const attemptsMax = 3
const pauseMs = 250

/**
 * Sends a request and reads its answer as JSON. What is no answer, and a 429 or 5xx, is tried again: encrypting or decrypting twice
 * does no harm. Throws a RootKeyError that says the status and never repeats the answer.
 */
export async function askKms(
  send: SendToKms,
  {
    what,
    request,
  }: { readonly what: string; readonly request: () => Promise<KmsRequest> | KmsRequest },
): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const prepared = await request()
    const answer = await send(prepared).catch((error: unknown) => describe(error))
    if (typeof answer !== 'string' && answer.status === 200) return parse(what, answer.body)
    const why = typeof answer === 'string' ? answer : `it answered with status ${answer.status}`
    const isPassing = typeof answer === 'string' || answer.status === 429 || answer.status >= 500
    if (!isPassing || attempt === attemptsMax) {
      throw new RootKeyError(
        `${what} at ${new URL(prepared.url).origin} did not work: ${why}. Nothing was changed.`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt))
  }
}

/** By its code alone: a message may quote what was sent. */
function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
  return `it cannot be reached (${code})`
}

function parse(what: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    throw garbage(what)
  }
}

/** The KMS said something else than it should have. */
export const garbage = (what: string) =>
  new RootKeyError(
    `${what}: the KMS gave an answer that cannot be read. Look at SALLYPORT_KMS_URL. Nothing was changed.`,
  )

/** Reads a root key that a KMS has decrypted. */
export function readKeyBytes(what: string, base64: unknown): Uint8Array {
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : Buffer.alloc(0)
  if (bytes.length !== keyBytes) throw garbage(what)
  return bytes
}
