import { Problem } from '@sallyport/contracts'
import type { Egress, SendOptions } from './egress.ts'
import {
  exchangeProblem,
  invalidResponse,
  timeoutProblem,
  tooLargeProblem,
} from './upstream-problem.ts'
import type { OutgoingRequest } from './wire-request.ts'

/** What a library may ask for; the part of `RequestInit` that OpenID clients use. */
export interface EgressFetchOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>> | Headers | [string, string][]
  /** Whole and in memory: a stream is refused. */
  readonly body?: unknown
  /** Stops the request; a `TimeoutError` (as of `AbortSignal.timeout`) becomes `upstream-timeout`. */
  readonly signal?: AbortSignal | null
  /** Whatever it says, a redirect is answered and never followed. */
  readonly redirect?: string
}

/**
 * `fetch` for libraries, over the only way out: the address rules hold (S-17), nothing is sent twice, redirects are answered
 * as they came, and the whole answer is read before it is handed on, so that time and memory are bounded. It keeps no cookies.
 * @throws Problem as `Egress.send` does; `invalid-input` for a body that is a stream
 */
export type EgressFetch = (url: string | URL, options?: EgressFetchOptions) => Promise<Response>

/** The answers that libraries read are metadata, keys and tokens. */
const defaultResponseBytesMax = 1024 * 1024
const defaultDeadlineMs = 12_000

/** Statuses whose answer has no body (Fetch §2.2.3): `Response` takes none for them. */
const nullBodyStatuses = new Set([204, 205, 304])

/** Builds a `fetch` whose sockets carry nothing else than what has the same `poolKey`. */
export function createEgressFetch(needs: {
  readonly send: Egress['send']
  readonly poolKey: string
  /** Milliseconds for everything, from the look-up of the name to the last byte of the body. */
  readonly deadlineMs?: number
  readonly responseBytesMax?: number
}): EgressFetch {
  const { send, poolKey } = needs
  const deadlineMs = needs.deadlineMs ?? defaultDeadlineMs
  const responseBytesMax = needs.responseBytesMax ?? defaultResponseBytesMax

  return async (url, options = {}) => {
    const signal = options.signal ?? undefined
    const limits: SendOptions = {
      poolKey,
      deadlineMs,
      responseBytesMax,
      ...(signal !== undefined && { signal }),
    }
    try {
      const answer = await send(toEgressRequest(url, options), limits)
      const body = await readWhole(answer.body, responseBytesMax)
      return toResponse(answer.status, answer.headers, body)
    } catch (error) {
      if (signal?.aborted === true && isTimeout(signal.reason)) throw timeoutProblem()
      throw error
    }
  }
}

/**
 * Writes what a library asks for as a request of ours.
 * @throws Problem invalid-input for a body that is a stream, invalid-header
 */
export function toEgressRequest(url: string | URL, options: EgressFetchOptions): OutgoingRequest {
  const headers = readHeaders(options.headers)
  const body = toBytes(options.body)
  if (options.body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8')
  }
  // Answers are small, and what is not compressed cannot swell.
  headers.set('accept-encoding', 'identity')
  return {
    method: options.method ?? 'GET',
    url: URL.canParse(String(url)) ? new URL(url).href : String(url),
    headers: [...headers],
    ...(body !== undefined && { body }),
  }
}

function readHeaders(given: EgressFetchOptions['headers']): Headers {
  try {
    return new Headers(given)
  } catch {
    // What the platform says quotes the value.
    throw new Problem('invalid-header', 'A header has a character that headers do not have.')
  }
}

function toBytes(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof URLSearchParams) return new TextEncoder().encode(body.toString())
  if (body instanceof Uint8Array) return body
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  throw new Problem('invalid-input', 'The body of the request is not bytes, text or a form.')
}

async function readWhole(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw tooLargeProblem('body')
    chunks.push(chunk)
  }
  const whole = new Uint8Array(bytes)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

function toResponse(
  status: number,
  headers: readonly (readonly [string, string])[],
  body: Uint8Array,
): Response {
  // Looked at here: the Response that the HTTP server puts in place of the platform's own takes any number.
  if (status < 200 || status > 599) {
    throw invalidResponse('The status of the answer is none that HTTP has.')
  }
  try {
    return new Response(nullBodyStatuses.has(status) ? null : new Uint8Array(body), {
      status,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    })
  } catch (error) {
    throw exchangeProblem(error)
  }
}

const isTimeout = (reason: unknown): boolean =>
  reason instanceof Error && reason.name === 'TimeoutError'
