import { Problem } from '@sallyport/contracts'
import type { SqlBounds } from './sql-engine.ts'

/** One signal for the deadline and for whoever called; its reason is a problem. */
export interface StopSignal {
  readonly signal: AbortSignal
  /** Until the deadline; at least one. */
  leftMs(): number
  /** What becomes of it no longer matters. */
  release(): void
}

/** Begins to count now. */
export function createStopSignal(
  { timeoutMs, signal }: Pick<SqlBounds, 'timeoutMs' | 'signal'>,
  now: () => number,
): StopSignal {
  const stop = new AbortController()
  const endsAt = now() + timeoutMs
  const timer = setTimeout(() => stop.abort(timeoutProblem()), timeoutMs)
  const onAbort = () => {
    const { reason } = signal
    stop.abort(reason instanceof Problem ? reason : stoppedProblem())
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  return {
    signal: stop.signal,
    leftMs: () => Math.max(1, Math.ceil(endsAt - now())),
    release() {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

/** Settles as the work does, unless the signal is first: then it rejects with its reason, and nobody waits for the work. */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function timeoutProblem(): Problem {
  return new Problem('upstream-timeout', 'The database did not answer in time.', {
    next: 'The statement was cancelled. Ask for less, or let the owner allow more time; a statement that writes may have been carried out all the same.',
  })
}

const stoppedProblem = () => new Problem('request-stopped', 'The request was stopped.')
