import { closeHouse } from './close-house.ts'
import { type ComposeNeeds, composeFoundation, type Foundation } from './foundation.ts'
import { listJobs } from './jobs.ts'
import { composeReadiness } from './readiness.ts'
import { composeRooms } from './rooms.ts'
import { startJobs } from './start-jobs.ts'
import { watchHouse } from './watch-house.ts'

/**
 * Builds the house without its doors: rooms, and the jobs that all processes share. No upstream MCP server is connected to, and no
 * chat is asked for presses: replicas do that.
 */
export async function composeWorker(needs: ComposeNeeds) {
  const foundation = await composeFoundation(needs)
  try {
    return buildWorker(needs, foundation)
  } catch (error) {
    // It listens to the database, and would keep the process for ever.
    await foundation.feed.close()
    throw error
  }
}

function buildWorker(needs: ComposeNeeds, foundation: Foundation) {
  const rooms = composeRooms(needs, foundation)
  watchHouse(foundation, rooms)
  const { shared } = listJobs(foundation, rooms)
  const jobs = startJobs(needs, foundation, { own: [], shared })
  const state = { isDraining: false }
  return {
    /** Throws the Problem that says why it is not at work. */
    readiness: composeReadiness(foundation, {
      queue: jobs.queue,
      isDraining: () => state.isDraining,
    }),
    /** Takes no more jobs, and resolves when those under way are ended or released and all is recorded. */
    close(): Promise<void> {
      state.isDraining = true
      return closeHouse(needs, foundation, { rooms, jobs })
    },
  }
}
