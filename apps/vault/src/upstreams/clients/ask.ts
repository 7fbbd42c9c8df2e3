// One request to one server, asked once: with its deadline, its progress, and a bound on what it brings.
import type { Client, StandardSchemaV1 } from '@modelcontextprotocol/client'
import { Problem } from '@sallyport/contracts'
import { cutClean } from './cut-clean.ts'
import { isRecord } from './is-record.ts'
import type { OpenConfig, RequestHow, UpstreamProgress, UpstreamReply } from './live-upstream.ts'
import { readFailure, readRefusal, timedOut, tooLarge } from './read-failure.ts'
import { upstreamProblem } from './upstream-problem.ts'

/** What is asked. */
export interface Question {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  /** For HTTP servers that want arguments in headers too. */
  readonly headers?: Readonly<Record<string, string>>
}

const paramBytesMax = 8 * 1024 * 1024
const progressBurst = 50
const progressPerSecond = 10
const messageCharsMax = 1000

/** Any object: the server's result is passed on as it came. */
export const anyObject: StandardSchemaV1<unknown, Record<string, unknown>> = {
  '~standard': {
    version: 1,
    vendor: 'sallyport',
    validate: (value) =>
      isRecord(value) ? { value } : { issues: [{ message: 'The result is no object.' }] },
  },
}

/**
 * Asks, and tells the server when nobody waits any more.
 * @throws Problem of stage `call`
 */
export async function ask(
  options: { client: Client; config: OpenConfig; now: () => number },
  question: Question,
  how: RequestHow,
): Promise<UpstreamReply> {
  const { client, config } = options
  const { method, params, headers } = question
  if (Buffer.byteLength(JSON.stringify(params)) > paramBytesMax) {
    throw upstreamProblem('call', 'invalid-input', {
      detail: 'The arguments are larger than 8 MB.',
    })
  }
  throwIfStopped(how.signal)
  const stop = new AbortController()
  const onAbort = () => stop.abort('The caller waits no longer.')
  how.signal?.addEventListener('abort', onAbort, { once: true })
  const deadline = setTimeout(() => stop.abort('It took too long.'), how.timeoutMs)
  try {
    const result = await client.request({ method, params: { ...params } }, anyObject, {
      signal: stop.signal,
      timeout: Math.min(config.readTimeoutMs, how.timeoutMs),
      resetTimeoutOnProgress: true,
      // Asked for even where nobody listens: it is what says that the server is at work.
      onprogress: createProgressGate(options, how.onProgress),
      ...(headers !== undefined && { headers }),
    })
    const json = JSON.stringify(result)
    if (Buffer.byteLength(json) > how.bytesMax) throw tooLarge('call')
    return { ok: true, result, json }
  } catch (error) {
    throwIfStopped(how.signal)
    if (stop.signal.aborted) throw timedOut('call')
    const refusal = readRefusal(error)
    if (refusal === undefined) throw readFailure(error, 'call')
    if (Buffer.byteLength(JSON.stringify(refusal)) > how.bytesMax) throw tooLarge('call')
    return refusal
  } finally {
    clearTimeout(deadline)
    how.signal?.removeEventListener('abort', onAbort)
  }
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  const { reason } = signal
  if (reason instanceof Problem) throw reason
  throw upstreamProblem('call', 'request-stopped', { detail: 'The request was stopped.' })
}

/** Lets progress through as fast as somebody can want it: a burst, then ten a second. */
function createProgressGate(
  { config, now }: { config: OpenConfig; now: () => number },
  onProgress: RequestHow['onProgress'],
): (progress: UpstreamProgress) => void {
  let left = progressBurst
  let at = now()
  return ({ progress, total, message }) => {
    if (onProgress === undefined) return
    left = Math.min(progressBurst, left + ((now() - at) / 1000) * progressPerSecond)
    at = now()
    if (left < 1) return
    left -= 1
    onProgress({
      progress,
      ...(total !== undefined && { total }),
      ...(message !== undefined && {
        message: cutClean(config.redact, message, messageCharsMax),
      }),
    })
  }
}
