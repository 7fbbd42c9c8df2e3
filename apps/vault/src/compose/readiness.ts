import { type OutputOf, type operations, Problem } from '@sallyport/contracts'
import type { JobQueueState } from '../jobs/job-runner.ts'
import { guardStore } from '../store/database.ts'
import { readDatabaseClock } from '../store/database-clock.ts'
import type { Foundation } from './foundation.ts'

type Ready = OutputOf<typeof operations.getReadiness>

/** Whoever asks whether the vault is ready asks again soon, and gives up soon. */
const readinessMsMax = 2_000

/** What a process says of itself beside what is looked at anew. */
export interface ReadinessNeeds {
  /** The process is told to stop. */
  readonly isDraining: () => boolean
  /** Undefined where the process leaves shared jobs to others. */
  readonly queue: () => JobQueueState | undefined
  /** Undefined where requests of agents are not limited. */
  readonly requestLimit?: () => Ready['requestLimit']
}

/**
 * Says whether requests can be served. The root key was proved at the start, before anything listened. A queue or a Redis that is
 * away is said, and makes nothing unready.
 */
export function composeReadiness(
  { database, feed }: Pick<Foundation, 'database' | 'feed'>,
  { isDraining, queue, requestLimit }: ReadinessNeeds,
) {
  const { ping } = guardStore({ ping: () => readDatabaseClock(database) }, readinessMsMax)
  // Anybody may ask, as often as they like: all who ask at once have one answer, and take no connection from agents.
  let asking: Promise<unknown> | undefined
  const ask = () => {
    asking ??= ping().finally(() => {
      asking = undefined
    })
    return asking
  }
  return async (): Promise<Ready> => {
    if (isDraining()) {
      throw new Problem('draining', 'The vault is draining: it stops soon.', {
        next: 'Send new requests to another replica; those under way are still answered.',
        retryAfterSeconds: 1,
      })
    }
    await ask()
    if (!feed.isLive()) {
      throw new Problem('store-unavailable', 'Changes in the database are not heard of.', {
        next: 'The vault listens again by itself; try again shortly.',
        retryAfterSeconds: 1,
      })
    }
    const limit = requestLimit?.()
    return {
      status: 'ready',
      checks: { database: 'ok', changes: 'ok', rootKey: 'ok' },
      queue: sayQueue(queue()),
      ...(limit !== undefined && { requestLimit: limit }),
    }
  }
}

const sayQueue = (state: JobQueueState | undefined): Ready['queue'] =>
  state === undefined
    ? { kind: 'elsewhere', reachable: true }
    : { kind: state.kind, reachable: state.isReachable }
