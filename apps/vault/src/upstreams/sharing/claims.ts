import type { ClaimHolder, ProgramClaims } from '../registry/program-claims.ts'
import type { ClaimStore } from './sharing-store.ts'

/** For how long a claim holds after it was taken or renewed, by the database’s clock, in ms. */
const ttlMs = 20_000
/** Between renewals of all claims, in ms. */
const renewEveryMs = 5_000
/** After one that failed, in ms. */
const renewAgainMs = 1_000
/**
 * Whoever has not renewed a claim for so long gives it up, in ms since before that renewal was sent. Programs end within 2 s: before
 * the claim runs out, and anybody else may take it.
 */
const fenceMs = 12_000
const fenceLookMs = 500
/** A replica that cannot run a program leaves it to others for so long, in ms. */
const leaveMs = 10_000

interface ClaimNeeds {
  readonly store: ClaimStore
  readonly replicaId: string
  /** Milliseconds of a clock that is never put back. */
  readonly monotonicMs: () => number
  /** A claim is gone: what was started for it has to end at once. `isKnown`: the database said so. */
  readonly onLost: (serverId: string, isKnown: boolean) => void
  /** Told now and then which servers nobody runs. */
  readonly onFree: (serverIds: readonly string[]) => void
  readonly onFailure: (what: string, error: unknown) => void
}

/** The claims of this replica. */
export interface Claims extends ProgramClaims {
  /** Begins to renew. Resolves after the first time. */
  start(): Promise<void>
  /** The database’s clock, in ms since the epoch; not a number before it was asked. */
  databaseNow(): number
  /** Lets go of all claims and tells the others. What was started for them has ended by now. */
  close(): Promise<void>
}

/** Builds it. Nothing is taken before somebody wants it. */
export function createClaims(needs: ClaimNeeds): Claims {
  const { store, replicaId, monotonicMs } = needs
  /** By server: when the last renewal that succeeded had been sent. */
  const held = new Map<string, number>()
  const leaving = createLeaving(needs)
  const clock = { aheadMs: Number.NaN }

  const isFresh = (sentMs: number) => monotonicMs() - sentMs <= fenceMs
  const isMine = (serverId: string) => isFresh(held.get(serverId) ?? Number.NEGATIVE_INFINITY)
  const sync = (databaseNowMs: number) => {
    clock.aheadMs = databaseNowMs - monotonicMs()
  }

  function fence(): void {
    for (const [serverId, sentMs] of [...held]) {
      if (isFresh(sentMs)) continue
      held.delete(serverId)
      needs.onLost(serverId, false)
    }
  }

  async function renew(): Promise<void> {
    const before = [...held.keys()]
    const sentMs = monotonicMs()
    const renewed = await store.renew(replicaId, ttlMs)
    sync(renewed.databaseNowMs)
    const kept = new Set(renewed.held)
    for (const serverId of before) {
      const since = held.get(serverId)
      // What was let go of meanwhile is no loss, and what was taken anew was not there to be renewed.
      if (since === undefined || since > sentMs) continue
      if (kept.has(serverId)) held.set(serverId, sentMs)
      else {
        held.delete(serverId)
        needs.onLost(serverId, true)
      }
    }
    if (renewed.free.length > 0) needs.onFree(renewed.free)
  }

  const beat = createBeat({ renew, fence, onFailure: needs.onFailure })
  return {
    isMine,
    databaseNow: () => monotonicMs() + clock.aheadMs,

    start: beat.start,

    async take(serverId, isAble): Promise<ClaimHolder> {
      if (isMine(serverId)) return { isMine: true }
      const leftTo = isAble ? undefined : await leaving.leave(serverId)
      if (leftTo !== undefined) return leftTo
      const sentMs = monotonicMs()
      const { holderId, databaseNowMs } = await store.take({ serverId, replicaId, ttlMs })
      sync(databaseNowMs)
      if (holderId !== replicaId) return { isMine: false, replicaId: holderId }
      // What took so long may have run out by now.
      if (!isFresh(sentMs)) return { isMine: false, replicaId: undefined }
      held.set(serverId, sentMs)
      leaving.forget(serverId)
      return { isMine: true }
    },

    async release(serverId) {
      leaving.forget(serverId)
      if (!held.delete(serverId)) return
      await store.release(replicaId, serverId).catch((error: unknown) => {
        needs.onFailure(`the claim on the MCP server ${serverId} was left to run out`, error)
      })
    },

    async close() {
      await beat.stop()
      held.clear()
      await store.releaseAll(replicaId).catch((error: unknown) => {
        needs.onFailure('claims on MCP servers were left to run out', error)
      })
    },
  }
}

/** Renews again and again, and looks oftener whether that has come too late. */
function createBeat({
  renew,
  fence,
  onFailure,
}: {
  readonly renew: () => Promise<void>
  readonly fence: () => void
} & Pick<ClaimNeeds, 'onFailure'>) {
  const state = { isStopped: false, renewing: Promise.resolve() }
  const timers: { renew?: NodeJS.Timeout; fence?: NodeJS.Timeout } = {}

  async function renewOn(): Promise<void> {
    let delayMs = renewEveryMs
    try {
      await renew()
    } catch (error) {
      delayMs = renewAgainMs
      if (!state.isStopped) onFailure('claims on MCP servers could not be renewed', error)
    }
    if (state.isStopped) return
    timers.renew = setTimeout(() => {
      state.renewing = renewOn()
    }, delayMs)
    timers.renew.unref()
  }

  return {
    async start(): Promise<void> {
      timers.fence = setInterval(fence, fenceLookMs)
      timers.fence.unref()
      state.renewing = renewOn()
      await state.renewing
    },
    async stop(): Promise<void> {
      state.isStopped = true
      clearTimeout(timers.renew)
      clearInterval(timers.fence)
      await state.renewing
    },
  }
}

/** Leaves programs to other replicas for a while. */
function createLeaving({ store, monotonicMs }: Pick<ClaimNeeds, 'store' | 'monotonicMs'>) {
  /** By server: since when, and none has taken it. */
  const since = new Map<string, number>()
  return {
    forget: (serverId: string) => void since.delete(serverId),
    /** Who has it, or that it is left to whoever can run it; undefined: nobody can. */
    async leave(serverId: string): Promise<ClaimHolder | undefined> {
      const { holderId } = await store.holderOf(serverId)
      const sinceMs = since.get(serverId) ?? monotonicMs()
      if (holderId !== undefined) since.delete(serverId)
      else if (monotonicMs() - sinceMs >= leaveMs) return undefined
      else since.set(serverId, sinceMs)
      return { isMine: false, replicaId: holderId }
    },
  }
}
