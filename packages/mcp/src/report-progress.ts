import type { ServerContext } from '@modelcontextprotocol/server'
import type { ToolProgress } from '@sallyport/contracts'
import { progressIntervalMsMax } from './limits.ts'

interface Needs {
  readonly intervalMs: number
  /** Milliseconds that only go forward. */
  readonly now: () => number
}

/** Progress that is told has to be more than what was told before (MCP, progress), however close together the two are. */
const least = 0.001

/**
 * Tells a client that asked for it that the call goes on; clients that hear so wait longer. What an upstream says of its
 * progress is passed on as it is, on top of what was told before it.
 */
export function reportProgress({ mcpReq }: ServerContext, { intervalMs, now }: Needs) {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return unheard
  const startedMs = now()
  let last: number | undefined
  let message = 'Waiting for the vault'
  let upstream: { readonly before: number; readonly told: ToolProgress } | undefined
  const notify = (told: ToolProgress) => {
    const progress = last === undefined ? told.progress : Math.max(last + least, told.progress)
    last = progress
    const params = { ...told, progressToken, progress }
    // A client that is gone needs no progress; its call ends by the signal.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }
  const send = () => {
    if (upstream !== undefined) return notify(upstream.told)
    const seconds = Math.max((last ?? 0) + least, (now() - startedMs) / 1000)
    notify({ progress: seconds, message: `${message} (${Math.round(seconds)} s)` })
  }
  const timer = setInterval(send, Math.min(intervalMs, progressIntervalMsMax))
  return {
    heard: true,
    report(text: string) {
      message = text
      send()
    },
    relay(told: ToolProgress) {
      const before = upstream?.before ?? last ?? 0
      const total = told.total === undefined ? {} : { total: before + told.total }
      upstream = { before, told: { ...told, progress: before + told.progress, ...total } }
      notify(upstream.told)
    },
    end: () => clearInterval(timer),
  }
}

const unheard = { heard: false, report: () => {}, relay: undefined, end: () => {} }
