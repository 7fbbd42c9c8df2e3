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
const lookAtClockEveryMs = 15_000
const removeAlertsEveryMs = 3_600_000
const sendAuditStreamsEveryMs = 2_000
const keepCountsEveryMs = 15_000
const pruneAuditEveryMs = 6 * 3_600_000

type Rooms = ReturnType<typeof composeRooms>

/** The jobs of the house, by whom they concern. */
export interface Jobs {
  /** Each replica’s for itself: of what it has in memory, and of what it listens to. */
  readonly own: readonly PeriodicJob[]
  /** Of what all replicas share. It is enough that one process runs them, and safe that several do at once. */
  readonly shared: readonly PeriodicJob[]
}

/** The vault's jobs. */
export function listJobs(foundation: Foundation, rooms: Rooms): Jobs {
  return { own: listOwn(foundation, rooms), shared: listShared(foundation, rooms) }
}

function listOwn({ onFailure, lookAtClock }: Foundation, { watchCalls, reach, upstreams }: Rooms) {
  const run = async () => {
    // Not waited for: the next look must not come late because an answer does.
    watchCalls().catch((error: unknown) => onFailure('running calls were not watched', error))
  }
  const { lookAgain } = upstreams.registry
  return [
    { name: 'watch calls', everyMs: watchEveryMs, run },
    // Asked so often that a queue would be the greater work; a lease gives each bot to one replica.
    { name: 'fetch presses', everyMs: pollEveryMs, run: reach.poll },
    { name: 'look at variables', everyMs: lookAtVariablesEveryMs, run: lookAgain },
    { name: 'look at the clock', everyMs: lookAtClockEveryMs, run: lookAtClock },
  ]
}

function listShared({ audit }: Foundation, rooms: Rooms) {
  const { identity, approvals, tokens, notify } = rooms
  return [
    { name: 'close unknown', everyMs: closeUnknownEveryMs, run: audit.closeUnknown },
    { name: 'sweep limits', everyMs: sweepLimitsEveryMs, run: audit.sweepLimits },
    { name: 'checkpoint', everyMs: checkpointEveryMs, run: audit.checkpoint },
    { name: 'expire approvals', everyMs: expireApprovalsEveryMs, run: approvals.expireDue },
    { name: 'keep tokens alive', everyMs: keepTokensAliveEveryMs, run: tokens.keepAlive },
    { name: 'notify', everyMs: notifyEveryMs, run: notify.run },
    { name: 'settle messages', everyMs: notifyEveryMs, run: notify.settle },
    {
      ...{ name: 'remove old notifications', everyMs: removeOldNotificationsEveryMs },
      run: notify.removeOld,
    },
    { name: 'remove expired', everyMs: removeExpiredEveryMs, run: identity.removeExpired },
    { name: 'watch agents', everyMs: watchAgentsEveryMs, run: rooms.watch.run },
    { name: 'keep counts', everyMs: keepCountsEveryMs, run: rooms.keepCounts.run },
    { name: 'prune audit', everyMs: pruneAuditEveryMs, run: audit.prune },
    {
      ...{ name: 'send audit streams', everyMs: sendAuditStreamsEveryMs },
      run: rooms.auditStreams.run,
    },
    { name: 'remove old alerts', everyMs: removeAlertsEveryMs, run: rooms.watch.removeOld },
  ]
}
