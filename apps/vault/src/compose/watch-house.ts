import { readDatabaseClock } from '../store/database-clock.ts'
import { countKept } from '../store/kept-counts.ts'
import type { Foundation } from './foundation.ts'
import type { composeRooms } from './rooms.ts'

/** Lets metrics look at what nobody tells them of: memory, the queue of the audit log, the database. */
export function watchHouse(
  { telemetry, running, audit, feed, database }: Foundation,
  { caches }: Pick<ReturnType<typeof composeRooms>, 'caches'>,
): void {
  telemetry.metrics?.watch({
    caches,
    callsInFlight: running.count,
    auditBacklog: audit.backlog,
    isFeedLive: feed.isLive,
    ping: () => readDatabaseClock(database),
    countKept: () => countKept(database),
  })
}
