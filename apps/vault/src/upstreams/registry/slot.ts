import { createHash } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import type { ServerRow } from '../kept/server-store.ts'
import { createAgentServings } from './agent-servings.ts'
import { signInAgain } from './authorize.ts'
import { giveBack, isElsewhere, isServedHere, leave } from './away.ts'
import { beginAttempt } from './connect-slot.ts'
import type { AwayServer } from './program-claims.ts'
import type { Serving } from './serving.ts'
import {
  type Attempt,
  createSlotCore,
  restartsOf,
  type SlotCore,
  type SlotNeeds,
  stopTrying,
  switchOff,
} from './slot-core.ts'

export type { SlotNeeds } from './slot-core.ts'

/** The connection to one server on this replica: opened, replaced, opened again by itself. */
export interface Slot {
  /**
   * Brings the connection in line with what is stored; `anew`: also where it is. Resolves when the attempt is over, however it
   * ended. Until the new connection stands the old one serves.
   */
  apply(how?: { readonly anew?: boolean }): Promise<void>
  /**
   * The connection that serves, an agent’s own where the server is marked so; waits a moment where one is about to come. Of a program
   * that another replica runs: which one does.
   * Problem `overloaded`, and those of connecting, for an agent’s own.
   */
  serving(signal: AbortSignal, agentId?: string): Promise<Serving | AwayServer | undefined>
  /**
   * All that is to be taken out of what its connections say, of those that end as well; the same list until it changes. Undefined where
   * nobody knows it: nothing serves, here or elsewhere.
   */
  secrets(): readonly string[] | undefined
  /** The end of what its program wrote to standard error, without secrets. */
  log(): string
  /** May a change of a variable or of a connection concern it? */
  concerns(change: {
    readonly table: string
    readonly id: string
    readonly workspaceId?: string | undefined
  }): boolean
  /** Do its values refer to anything? */
  hasReferences(): boolean
  /** Does another replica run it, or may? */
  isAway(): boolean
  /** Which other replica runs it, or ran it until it was switched off. */
  runsAt(): AwayServer | undefined
  /** Its claim is gone: all that stands ends at once. */
  lose(): void
  /** Is nothing stored of it any more? */
  isGone(): boolean
  close(): Promise<void>
}

/** How long a call waits for a connection that is being opened, in ms. */
const waitMsMax = 10_000
/** An attempt that is further away than this is not waited for, in ms. */
const soonMs = 3_000

/** Builds it; nothing is opened before `apply`. */
export function createSlot(needs: SlotNeeds, serverId: string): Slot {
  const core = createSlotCore(needs, serverId, () => {
    apply(false).catch((error) =>
      needs.onFailure('an MCP server could not be connected again', error),
    )
  })
  const agents = createAgentServings(core)
  core.onReplaced = agents.retire
  core.whenAgentsSettled = agents.settled
  // One look after the other, so that an older one never undoes what a newer one found.
  const looks = { last: Promise.resolve<unknown>(undefined) }
  async function apply(isAnew: boolean): Promise<void> {
    const mine = looks.last.then(() => look(core, isAnew))
    looks.last = mine.catch(() => undefined)
    await (await mine)?.done
    await core.noting
  }
  return {
    apply: ({ anew = false } = {}) => apply(anew),
    async serving(signal, agentId) {
      // Right after the start nobody knows yet whether one is to come.
      if (core.live === undefined) await unlessAborted(looks.last, signal)
      const shared = await waitFor(core, signal)
      const { row, away } = core
      if (away !== undefined) return away
      if (!isServedHere(core)) return undefined
      if (shared === undefined || row === undefined || agentId === undefined) return shared
      return row.perAgent && row.transport === 'stdio' ? agents.of(agentId, row, signal) : shared
    },
    secrets: () =>
      core.live === undefined && core.awaySecrets === undefined ? undefined : core.secrets,
    log: () => core.failedLog || (core.live?.upstream.stderrTail() ?? core.lastLog),
    hasReferences: () => (core.row?.variables.length ?? 0) > 0,
    isAway: () => core.away !== undefined,
    runsAt: () => core.lastAway,
    isGone: () => core.row === undefined && core.live === undefined,

    lose() {
      const { row } = core
      if (row === undefined) return
      const left = leave(core, { row, replicaId: undefined })
      // Nothing is begun again before that has ended.
      looks.last = Promise.allSettled([looks.last, left, core.ending])
    },

    concerns({ table, id, workspaceId }) {
      const { row } = core
      if (row === undefined || row.workspaceId !== (workspaceId ?? row.workspaceId)) return false
      if (table === 'connections' && (row.connectionId === id || mayBeSignIn(row, id))) return true
      return row.variables.length > 0
    },

    async close() {
      core.isClosed = true
      await switchOff(core, undefined)
    },
  }
}

/** What has to be done for the connection to be as it is stored: an attempt, or nothing. */
async function look(core: SlotCore, isAnew: boolean): Promise<Attempt | undefined> {
  if (core.isClosed) return undefined
  const row = await core.needs.store.findAnywhere(core.serverId)
  core.row = row
  if (row === undefined || !row.enabled || row.account.status === 'revoked') {
    await switchOff(core, row)
    await giveBack(core)
    return undefined
  }
  if (await isElsewhere(core, row)) return undefined
  const ended = await leaveSignIn(core, row)
  if (ended) return undefined
  const stamp = await stampOf(core, row)
  if (typeof stamp !== 'string') {
    // What was revoked is used no more, wherever it was put in.
    if (stamp.problem.type === 'connection-revoked') await switchOff(core, row, stamp.problem)
    if (core.live !== undefined || stamp.problem.type === 'connection-revoked') return undefined
  }
  const key = keyOf(row, typeof stamp === 'string' ? stamp : '')
  if (!isAnew) {
    if (core.attempt !== undefined) {
      if (core.attempt.key === key) return core.attempt
    } else if (core.live?.key === key) {
      dropTimer(core)
      return undefined
    } else if (core.timer !== undefined && core.lastTriedKey === key) {
      // It is not tried sooner because somebody looked.
      return undefined
    }
  }
  // Its claim may have gone while this was looked at.
  if (core.isClosed || core.away !== undefined || !isServedHere(core)) return undefined
  if (isAnew || core.lastTriedKey !== key) restartsOf(core, row).reset()
  core.lastTriedKey = key
  stopTrying(core)
  core.attempt = beginAttempt(core, row, key)
  return core.attempt
}

/** Of a server without a sign-in, any connection may be the one that was made a moment ago. */
const mayBeSignIn = ({ transport, signIn }: ServerRow, id: string): boolean =>
  transport !== 'stdio' && (signIn === null || signIn.id === id)

/** A sign-in that has ended is used no more; true where nothing is to be tried until an owner has signed in again. */
async function leaveSignIn(core: SlotCore, row: ServerRow): Promise<boolean> {
  if (row.signIn?.status === 'needs_reauth') {
    const key = `ended ${row.signIn.id} ${row.signIn.version}`
    // It was said once, and whoever looks again changes nothing.
    if (core.live === undefined && core.lastTriedKey === key) return true
    core.lastTriedKey = key
    await switchOff(core, row, signInAgain('has ended', row.signIn.statusReason))
    return true
  }
  if (row.signIn === null && core.live?.isSignedIn === true) {
    await switchOff(core, row, signInAgain('was revoked'))
  }
  return false
}

/** A digest of what its values refer to, as that is now; or why that cannot be read. */
async function stampOf(
  { needs }: SlotCore,
  { workspaceId, variables }: ServerRow,
): Promise<string | { readonly problem: Problem }> {
  if (variables.length === 0) return ''
  try {
    const found = await needs.resolveVariables(workspaceId, variables)
    const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
    return createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
  } catch (error) {
    if (error instanceof Problem) return { problem: error }
    throw error
  }
}

/** Settings that did not work were taken back: what serves is what is wanted. */
function dropTimer(core: SlotCore): void {
  core.failedLog = ''
  clearTimeout(core.timer)
  core.timer = undefined
}

/** Waits for work that never rejects, and no longer than the signal lets it. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) return done()
    signal.addEventListener('abort', done)
    void work.then(done)
  })
}

async function waitFor(core: SlotCore, signal: AbortSignal): Promise<Serving | undefined> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMsMax)])
  const isComing = () =>
    core.attempt !== undefined ||
    (core.timer !== undefined && core.timerAtMs - core.needs.now() < soonMs)
  while (core.live === undefined && isComing() && !deadline.aborted) {
    await new Promise<void>((resolve) => {
      const go = () => {
        core.wakers.delete(go)
        deadline.removeEventListener('abort', go)
        resolve()
      }
      core.wakers.add(go)
      deadline.addEventListener('abort', go)
    })
  }
  return core.live
}

/** What a connection is opened for. */
function keyOf(row: ServerRow, stamp: string): string {
  const { transport, command, args, cwd, url, permission, account, signIn } = row
  const { connectTimeoutSeconds, readTimeoutSeconds } = row
  return JSON.stringify([
    ...[transport, command, args, cwd, url, permission],
    ...[connectTimeoutSeconds, readTimeoutSeconds, account.version, stamp],
    signIn && [signIn.id, signIn.version],
  ])
}
