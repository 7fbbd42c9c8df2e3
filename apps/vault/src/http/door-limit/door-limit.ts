import { Problem } from '@sallyport/contracts'
import { shareOf, type Verdict } from './gcra.ts'
import { createOwnCount } from './own-count.ts'
import type { SharedCount } from './shared-count.ts'

// How many requests an agent may make before anything is decided or recorded: at the door, for all replicas together.

/** How often a replica says that it is there, and looks whether Redis is. */
const beatEveryMs = 1_000
/** Replicas that were counted within so many beats may still be there. */
const beatsKept = 15
/** A replica that never reached Redis does not know how many there are, and takes a small share. */
const replicasAssumed = 8
const secondUs = 1_000_000

export interface DoorLimitNeeds {
  readonly limit: { readonly perSecond: number; readonly burst: number }
  /** Absent: each replica counts by itself. */
  readonly shared?: SharedCount | undefined
  readonly monotonicMs: () => number
  /** Told once when Redis is lost, and once when it is back. */
  readonly log: { warn(message: string): void; info(message: string): void }
}

export interface DoorLimit {
  /** Counts requests of an agent. @throws Problem `too-many-attempts`: nothing else was done. */
  admit(agentId: string, count?: number): Promise<void>
  state(): { readonly kind: 'replica' | 'redis'; readonly reachable: boolean }
  stop(): void
}

/**
 * Builds it. While Redis does not answer, or not in time, each replica lets through its share, beginning with nothing saved, and so
 * it is again when Redis is back: the loss lets nobody make more requests (S-30).
 */
export function createDoorLimit(needs: DoorLimitNeeds): DoorLimit {
  const { limit, shared } = needs
  const whole = shareOf(limit, 1)
  const own = createOwnCount(needs.monotonicMs)
  if (shared === undefined) {
    return {
      admit: async (agentId, count = 1) => requireAllowed(own.take(agentId, count, whole)),
      state: () => ({ kind: 'replica', reachable: true }),
      stop: () => {},
    }
  }
  const sharing = createSharing({ ...needs, shared })
  return {
    async admit(agentId, count = 1) {
      // By a clock that nobody can set: whatever Redis says, one replica alone lets through no more than the whole.
      requireAllowed(own.look(agentId, count, whole))
      requireAllowed(await sharing.take(agentId, count))
      own.take(agentId, count, whole)
    },
    state: () => ({ kind: 'redis', reachable: sharing.isReachable() }),
    stop: sharing.stop,
  }
}

function requireAllowed({ isAllowed, waitUs }: Verdict): void {
  if (isAllowed) return
  const retryAfterSeconds = Math.max(1, Math.ceil(waitUs / secondUs))
  throw new Problem(
    'too-many-attempts',
    'This agent has made more requests than the vault takes of one agent in this time; nothing was done.',
    {
      next: `Wait ${retryAfterSeconds} s, and send it again. The vault’s operator has set how many requests a second an agent may make.`,
      retryAfterSeconds,
    },
  )
}

/** Counts in Redis where it answers, and by this replica's share where it does not. */
function createSharing({
  limit,
  log,
  monotonicMs,
  shared,
}: DoorLimitNeeds & { readonly shared: SharedCount }) {
  const share = createOwnCount(monotonicMs)
  const counts: number[] = []
  const state = { isReachable: false, isLossTold: false, isBeating: false, spends: false }
  // A connection that is still being made at the first look is no loss.
  let failuresUntold = 1
  const rate = () => shareOf(limit, Math.max(...(counts.length > 0 ? counts : [replicasAssumed])))

  function lose(error: unknown): void {
    if (state.isReachable) share.spend(rate())
    state.isReachable = false
    if (failuresUntold > 0) {
      failuresUntold -= 1
      return
    }
    if (!state.isLossTold) {
      log.warn(
        `Redis does not count requests (${nameOf(error)}): each replica lets through its share`,
      )
    }
    state.isLossTold = true
  }

  async function beat(): Promise<void> {
    if (state.isBeating) return
    state.isBeating = true
    try {
      // What was let through meanwhile, Redis has not counted.
      const { spends } = state
      counts.push(await shared.beat(spends))
      counts.splice(0, counts.length - beatsKept)
      if (spends) state.spends = false
      failuresUntold = 0
      if (state.isLossTold) log.info('Redis counts requests again')
      Object.assign(state, { isReachable: true, isLossTold: false })
    } catch (error) {
      lose(error)
    } finally {
      state.isBeating = false
    }
  }

  const timer = setInterval(() => void beat(), beatEveryMs)
  timer.unref()
  void beat()
  return {
    async take(agentId: string, count: number): Promise<Verdict> {
      if (state.isReachable) {
        try {
          return await shared.take(agentId, count)
        } catch (error) {
          lose(error)
        }
      }
      state.spends = true
      return share.take(agentId, count, rate())
    },
    isReachable: () => state.isReachable,
    stop: () => clearInterval(timer),
  }
}

/** Its code, or else its name: a message could repeat what it was sent. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
