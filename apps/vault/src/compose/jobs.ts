import { watchEveryMs } from '../execute/call-watch.ts'
import type { PeriodicJob } from '../jobs/periodic-jobs.ts'
import type { Foundation } from './foundation.ts'
import type { composeRooms } from './rooms.ts'

// What is done again and again, of every room, in one table.

const checkpointEveryMs = 60_000
const sweepLimitsEveryMs = 3_600_000
const closeUnknownEveryMs = 15_000
const removeExpiredEveryMs = 60_000
const expireApprovalsEveryMs = 5_000
const keepTokensAliveEveryMs = 5 * 60_000
const notifyEveryMs = 5_000
const pollEveryMs = 1_000
const removeOldNotificationsEveryMs = 3_600_000
const watchAgentsEveryMs = 3_000
const lookAtVariablesEveryMs = 30_000
const removeAlertsEveryMs = 3_600_000

/** The vault's jobs. Each is safe on several replicas at once. */
export function listJobs(
  { audit, onFailure }: Foundation,
  rooms: ReturnType<typeof composeRooms>,
): readonly PeriodicJob[] {
  const { identity, approvals, tokens, notify, reach } = rooms
  const { registry } = rooms.upstreams
  const watchCalls = async () => {
    // Not waited for: the next look must not come late because an answer does.
    rooms.watchCalls().catch((error: unknown) => onFailure('running calls were not watched', error))
  }
  return [
    { name: 'watch calls', everyMs: watchEveryMs, run: watchCalls },
    { name: 'close unknown', everyMs: closeUnknownEveryMs, run: audit.closeUnknown },
    { name: 'sweep limits', everyMs: sweepLimitsEveryMs, run: audit.sweepLimits },
    { name: 'checkpoint', everyMs: checkpointEveryMs, run: audit.checkpoint },
    { name: 'expire approvals', everyMs: expireApprovalsEveryMs, run: approvals.expireDue },
    { name: 'keep tokens alive', everyMs: keepTokensAliveEveryMs, run: tokens.keepAlive },
    { name: 'notify', everyMs: notifyEveryMs, run: notify.run },
    { name: 'fetch presses', everyMs: pollEveryMs, run: reach.poll },
    { name: 'settle messages', everyMs: notifyEveryMs, run: notify.settle },
    {
      ...{ name: 'remove old notifications', everyMs: removeOldNotificationsEveryMs },
      run: notify.removeOld,
    },
    { name: 'remove expired', everyMs: removeExpiredEveryMs, run: identity.removeExpired },
    { name: 'watch agents', everyMs: watchAgentsEveryMs, run: rooms.watch.run },
    { name: 'look at variables', everyMs: lookAtVariablesEveryMs, run: registry.lookAgain },
    { name: 'remove old alerts', everyMs: removeAlertsEveryMs, run: rooms.watch.removeOld },
  ]
}
