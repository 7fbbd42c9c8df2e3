import { Problem } from '@sallyport/contracts'
import type { RunningCall } from './running-calls.ts'

/** Ends a call once its client has gone or has taken it back. What it returns has to be called when the call is over. */
export function endWhenGone({ stop }: Pick<RunningCall, 'stop'>, gone: AbortSignal): () => void {
  const end = () => stop(takenBack())
  if (gone.aborted) end()
  else gone.addEventListener('abort', end, { once: true })
  return () => gone.removeEventListener('abort', end)
}

const takenBack = () =>
  new Problem('request-stopped', 'The client took the call back, or is gone.', {
    next: 'The upstream was told, and may have acted on it already: look before you call again.',
  })
