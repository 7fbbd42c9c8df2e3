import type { ServerContext } from '@modelcontextprotocol/server'
import { progressIntervalMsMax } from './limits.ts'

interface Needs {
  readonly intervalMs: number
  /** Milliseconds that only go forward. */
  readonly now: () => number
}

/** Tells a client that asked for it that the call goes on; clients that hear so wait longer. */
export function reportProgress({ mcpReq }: ServerContext, { intervalMs, now }: Needs) {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return { heard: false, report: () => {}, end: () => {} }
  const startedMs = now()
  let progress = 0
  let message = 'Waiting for the vault'
  const send = () => {
    // Each has to be more than the one before, however close together they are.
    progress = Math.max(progress + 0.001, (now() - startedMs) / 1000)
    const params = { progressToken, progress, message: `${message} (${Math.round(progress)} s)` }
    // A client that is gone needs no progress; its call ends by the signal.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }
  const timer = setInterval(send, Math.min(intervalMs, progressIntervalMsMax))
  return {
    heard: true,
    report(text: string) {
      message = text
      send()
    },
    end: () => clearInterval(timer),
  }
}
