import { type ApprovalStatus, Problem, type ProblemType } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { lookIntervalMsMax, lookIntervalMsMin, waitSliceSeconds } from './limits.ts'

/** Time, handed in. */
export interface Clock {
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** Rejects when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

interface Needs {
  readonly client: Client
  readonly clock: Clock
  readonly intervalMs: number
}

interface Wait {
  readonly approvalId: string
  /** By the clock. */
  readonly untilMs: number
  /** The call was cancelled: rejects. */
  readonly signal: AbortSignal
  /** There is no more reason to wait: answers what is known. */
  readonly enough: AbortSignal
}

/** What passes while a wait goes on: the vault is restarted, a proxy loses patience. */
const passing: ReadonlySet<ProblemType> = new Set([
  'vault-unreachable',
  'vault-timeout',
  'vault-invalid-answer',
  'overloaded',
  'store-unavailable',
  'audit-unavailable',
])

/** What a wait ended with. `unseen`: the vault could not be asked at the end. */
export type Decision = ApprovalStatus | 'unseen'

/**
 * Waits until an approval is no longer pending, or the time is up. It only looks: nothing is sent or spent, however often
 * a look fails and is made again.
 * @throws Problem where looking can not succeed; what the signal was aborted with
 */
export async function awaitDecision(needs: Needs, wait: Wait): Promise<Decision> {
  const { client, clock } = needs
  const stop = AbortSignal.any([wait.signal, wait.enough])
  const intervalMs = Math.min(Math.max(needs.intervalMs, lookIntervalMsMin), lookIntervalMsMax)
  let last: Decision = 'pending'
  for (;;) {
    const lookedMs = clock.now()
    const waitSeconds = Math.max(0, Math.min(waitSliceSeconds, (wait.untilMs - lookedMs) / 1000))
    try {
      const input = { approvalId: wait.approvalId, waitSeconds }
      last = (await client.call('getMyApproval', input, { signal: stop })).approval.status
      if (last !== 'pending') return last
    } catch (error) {
      wait.signal.throwIfAborted()
      if (wait.enough.aborted) return last
      if (!(error instanceof Problem) || !passing.has(error.type)) throw error
      last = 'unseen'
    }
    const leftMs = wait.untilMs - clock.now()
    if (leftMs <= 0) return last
    // A vault that does not hold the answer back is not to be asked in a tight loop.
    const restMs = Math.min(lookedMs + intervalMs - clock.now(), leftMs)
    if (restMs > 0) await clock.pause(restMs, stop).catch(() => {})
    wait.signal.throwIfAborted()
    if (wait.enough.aborted) return last
  }
}
