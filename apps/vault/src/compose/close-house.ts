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
  await jobs.stop()
  await rooms.notify.stop()
  await rooms.auditStreams.stop()
  // Before the way out is closed: an answer that is cut off may be the only one with the new refresh token in it.
  await rooms.tokens.close()
  await rooms.upstreams.close()
  await egress.close()
  // What egress cut off has yet to say how it ended.
  await running.idle()
  await audit.close()
  await feed.close()
  await store.close()
}
