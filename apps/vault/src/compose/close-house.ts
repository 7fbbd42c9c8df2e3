import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { composeRooms } from './rooms.ts'
import type { RunningJobs } from './start-jobs.ts'

/** Closes what was built, in the order in which one part needs another. Resolves when what was begun is recorded. */
export async function closeHouse(
  { store }: Pick<ComposeNeeds, 'store'>,
  { egress, running, audit, feed }: Foundation,
  { rooms, jobs }: { rooms: ReturnType<typeof composeRooms>; jobs: RunningJobs },
): Promise<void> {
  rooms.watch.stop()
  rooms.reach.stop()
  rooms.keepCounts.stop()
  await closeEach([
    jobs.stop,
    rooms.notify.stop,
    rooms.auditStreams.stop,
    // Before the way out is closed: an answer that is cut off may be the only one with the new refresh token in it.
    rooms.tokens.close,
    rooms.upstreams.close,
    egress.close,
    // What egress cut off has yet to say how it ended.
    running.idle,
    audit.close,
    feed.close,
    store.close,
  ])
}

/** One after the other. What cannot be closed keeps nothing behind it open: it is thrown when all have had their turn. */
export async function closeEach(closes: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closes) {
    try {
      await close()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, 'several rooms could not be closed')
  if (failures.length === 1) throw failures[0]
}
