import { Problem, type ToolProgress } from '@sallyport/contracts'
import type { Answer, Fetch } from './answer.ts'
import { sentNothing } from './with-retries.ts'
import type { WrittenRequest } from './write-request.ts'

/** What a call may say of itself. */
export interface CallOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  /** Told of the progress of a tool's upstream: the vault is asked for it where this is given. */
  readonly onProgress?: (progress: ToolProgress) => void
}

/** Sends one request once and receives its answer. */
export type Send = <T>(
  request: WrittenRequest,
  options: CallOptions,
  receive: (response: Answer) => Promise<T>,
) => Promise<T>

interface Needs {
  readonly fetch: Fetch
  /** Send the browser's cookies along. */
  readonly cookies: boolean
  readonly timeoutMs: number
}

/**
 * Builds the sender. The time limit covers the receiving too.
 * @throws Problem `vault-unreachable` or `vault-timeout`; what the caller's own signal was aborted with
 */
export function createSender({ fetch, cookies, timeoutMs }: Needs): Send {
  return async ({ url, method, headers, body }, options, receive) => {
    // A timer takes whole milliseconds only.
    const limitMs = Math.ceil(options.timeoutMs ?? timeoutMs)
    const timeout = AbortSignal.timeout(limitMs)
    const signal =
      options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
    const init: RequestInit = {
      method,
      headers,
      signal,
      // A redirect would carry the request, and perhaps the token, to where nobody meant it to go.
      redirect: 'manual',
      credentials: cookies ? 'include' : 'omit',
      ...(body !== undefined && { body }),
    }
    try {
      return await receive(await fetch(url, init))
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      if (options.signal?.aborted) throw options.signal.reason
      const certain = method === 'GET' || sentNothing(cause)
      if (timeout.aborted) throw timedOut(limitMs, certain)
      throw unreachable(url, certain, cause)
    }
  }
}

const uncertain =
  'It is not known whether the request was carried out: look before you send it again.'

function timedOut(limitMs: number, certain: boolean): Problem {
  return new Problem('vault-timeout', `The vault did not answer within ${limitMs / 1000} s.`, {
    next: certain ? 'Try again later.' : uncertain,
  })
}

function unreachable(url: string, certain: boolean, cause: unknown): Problem {
  const code = codeOf(cause)
  const at = URL.canParse(url) ? ` at ${new URL(url).origin}` : ''
  const why = code === undefined ? '' : ` (${code})`
  return new Problem('vault-unreachable', `The vault${at} could not be reached${why}.`, {
    next: certain ? 'Check that the vault runs and that its address is right.' : uncertain,
    cause,
  })
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code
  return codeOf(error.cause)
}
