import type { Problem } from '@sallyport/contracts'
import type { UpstreamProgress } from '../clients/upstream-clients.ts'
import type { Elsewhere } from '../registry/over-replicas.ts'
import type { AwayServer } from '../registry/program-claims.ts'
import {
  type Asked,
  type Frame,
  type MessageSealer,
  openFrame,
  problemOf,
  sealMessage,
} from './messages.ts'
import {
  busy,
  cutOff,
  notTaken,
  stopping,
  timedOut,
  tooLarge,
  unknownWhetherDone,
} from './say-unanswered.ts'
import type { CallStore, StoredCall } from './sharing-store.ts'
import { createWaiting, type Waiting } from './waiting.ts'

/** Calls of this replica that wait for others at the same time. */
const waitingMax = 256
/** While nothing is heard: how often it is looked whether a notice was lost, in ms. */
const lookEveryMs = 1_000
/** A replica that no longer runs the server has so many looks left to say what became of a call. */
const lastLooksMax = 3
/** More than the server may answer: what is taken out of an answer may leave it longer. */
const bytesBeyond = 1024 * 1024
const logWaitMs = 5_000

interface ForwardNeeds {
  readonly store: CallStore
  readonly keyring: MessageSealer
  readonly replicaId: string
  /** In ms since the epoch. */
  readonly databaseNow: () => number
  readonly monotonicMs: () => number
  readonly newCallId: () => string
  readonly onFailure: (what: string, error: unknown) => void
}

/** Asks the replicas that run what does not run here. */
export interface Forwarding extends Elsewhere {
  /** Something came for this call. */
  heard(callId: string): void
  /** Notices may have been lost. */
  heardAny(): void
  /** Ends what waits; nothing is sent any more. */
  close(): void
}

interface Reply {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly text: string
}

interface How {
  readonly timeoutMs: number
  /** Does it matter whether it was done, once the other replica is gone? Else it is waited for to the end. */
  readonly isOnce: boolean
  readonly bytesMax?: number
  readonly stops?: Set<(problem: Problem) => void>
  readonly progress?: ((progress: UpstreamProgress) => void) | undefined
}

/** Builds it. */
export function createForwarding(needs: ForwardNeeds): Forwarding {
  const waiting = new Map<string, Waiting>()
  const state = { isClosed: false }

  /** Undefined: nothing was done, and it runs elsewhere. */
  async function ask(at: AwayServer, asked: Asked, how: How): Promise<Reply | undefined> {
    if (state.isClosed) throw stopping()
    if (at.replicaId === undefined) return undefined
    if (waiting.size >= waitingMax) throw busy()
    const { serverId, workspaceId, replicaId: toReplica } = at
    const call = { id: needs.newCallId(), workspaceId, serverId, toReplica }
    const mine = createWaiting()
    waiting.set(call.id, mine)
    how.stops?.add(mine.end)
    try {
      return await Promise.race([exchange(needs, { call, asked, how, mine }), mine.ended])
    } finally {
      how.stops?.delete(mine.end)
      waiting.delete(call.id)
    }
  }

  return {
    async call(at, request, { deadlineMs, responseBytesMax, stops, agentId, progress }) {
      const asked: Asked = {
        ...{ kind: 'call', url: request.url, body: Buffer.from(request.body ?? []).toString() },
        ...(agentId !== undefined && { agentId }),
        ...{ wantsProgress: progress !== undefined, responseBytesMax },
      }
      const bounds = { timeoutMs: deadlineMs, bytesMax: 2 * responseBytesMax + bytesBeyond }
      const reply = await ask(at, asked, { ...bounds, isOnce: true, stops, progress })
      if (reply === undefined) return undefined
      return { status: reply.status, headers: reply.headers, body: once(Buffer.from(reply.text)) }
    },

    async apply(at, { anew, waitMs }) {
      try {
        const how = { timeoutMs: waitMs, isOnce: false }
        return (await ask(at, { kind: 'apply', anew }, how)) !== undefined
      } catch (error) {
        // What was wanted is stored. That replica hears of it once more by the change itself.
        needs.onFailure(`the replica that runs ${at.serverId} did not say what became of it`, error)
        return true
      }
    },

    async log(at) {
      const how = { timeoutMs: logWaitMs, isOnce: false }
      const reply = await ask(at, { kind: 'log' }, how).catch((error: unknown) => {
        needs.onFailure(`the replica that runs ${at.serverId} did not say its log`, error)
        throw notTaken()
      })
      return reply?.text
    },

    heard: (callId) => waiting.get(callId)?.wake(),
    heardAny() {
      for (const one of waiting.values()) one.wake()
    },
    close() {
      state.isClosed = true
      for (const one of waiting.values()) one.end(cutOff())
    },
  }
}

interface Exchange {
  readonly call: Omit<StoredCall, 'fromReplica' | 'sealed'>
  readonly asked: Asked
  readonly how: How
  readonly mine: Waiting
}

async function exchange(needs: ForwardNeeds, given: Exchange): Promise<Reply | undefined> {
  const { call } = given
  const { store } = needs
  const state = { isOver: false }
  try {
    const isSent = await send(needs, given)
    return isSent ? await receive(needs, given, state) : undefined
  } finally {
    const clean = state.isOver ? store.finish(call.id) : store.stop(call.id, call.toReplica)
    // It goes by itself, once its time is over.
    clean.catch(() => undefined)
  }
}

/** False where it was ended before. */
async function send(needs: ForwardNeeds, { call, asked, how, mine }: Exchange): Promise<boolean> {
  const { store, keyring, replicaId } = needs
  const deadlineMs = needs.databaseNow() + how.timeoutMs
  const sealed = await sealMessage(keyring, call, {
    ...{ toReplica: call.toReplica, fromReplica: replicaId, serverId: call.serverId },
    ...{ deadlineMs, asked },
  })
  if (mine.isEnded()) return false
  try {
    await store.insert({ ...call, fromReplica: replicaId, sealed, deadlineMs })
    return true
  } catch (error) {
    // It may have been written all the same, and carried out by now.
    const isWithdrawn = await store.withdraw(call.id).catch(() => false)
    throw isWithdrawn ? error : unknownWhetherDone()
  }
}

async function receive(
  needs: ForwardNeeds,
  { call, how, mine }: Exchange,
  state: { isOver: boolean },
): Promise<Reply | undefined> {
  const { store } = needs
  const endMs = needs.monotonicMs() + how.timeoutMs
  const parts = createParts(how.bytesMax)
  let seq = 0
  let lastLooks = 0
  for (;;) {
    const leftMs = endMs - needs.monotonicMs()
    if (leftMs <= 0) throw await tooLate(store, call)
    const isWoken = await mine.wait(Math.min(lookEveryMs, leftMs))
    if (mine.isEnded()) return undefined
    const frames = await store.read(call.id, seq).catch(() => [])
    for (const stored of frames) {
      if (stored.seq !== seq + 1) break
      seq = stored.seq
      const frame = await openFrame(needs.keyring, call, stored).catch((error: unknown) => {
        needs.onFailure('what another replica answered could not be read', error)
        throw unknownWhetherDone()
      })
      state.isOver = frame.kind !== 'progress' && frame.kind !== 'part'
      if (frame.kind === 'not-here') return undefined
      if (frame.kind === 'problem') throw problemOf(frame)
      if (frame.kind === 'end') {
        return { status: frame.status, headers: frame.headers, text: parts.text() }
      }
      if (frame.kind === 'part') parts.add(frame.text)
      else how.progress?.(progressOf(frame))
    }
    // They are read some at a time.
    if (frames.length > 1) mine.wake()
    if (isWoken || frames.length > 0) continue
    const isPatient = !how.isOnce && lastLooks < lastLooksMax
    const look = await lookAt(store, call, isPatient)
    if (look === 'free') return undefined
    lastLooks = look === 'gone' ? lastLooks + 1 : 0
    if (lastLooks > lastLooksMax && how.isOnce) throw unknownWhetherDone()
  }
}

/**
 * Nothing came. `free`: nothing was done, and that replica no longer runs it; `gone`: nobody knows whether it was done. `isPatient`:
 * what a replica no longer runs it may still have something to say of.
 */
async function lookAt(
  store: CallStore,
  call: Exchange['call'],
  isPatient: boolean,
): Promise<'waits' | 'free' | 'gone'> {
  try {
    const { isThere, isTaken, isOwned } = await store.stateOf(call)
    if (!isThere) return 'gone'
    // That it is there may not have been heard.
    if (!isTaken && (isOwned || isPatient)) await store.tell(call.id, call.toReplica)
    if (isOwned) return 'waits'
    if (isPatient) return 'gone'
    return !isTaken && (await store.withdraw(call.id)) ? 'free' : 'gone'
  } catch {
    // The database does not answer: whoever called is told when the time is over, or the call is ended.
    return 'waits'
  }
}

async function tooLate(store: CallStore, call: Exchange['call']): Promise<Problem> {
  const isWithdrawn = await store.withdraw(call.id).catch(() => false)
  return isWithdrawn ? notTaken() : timedOut()
}

function createParts(bytesMax = Number.POSITIVE_INFINITY) {
  const parts: string[] = []
  let bytes = 0
  return {
    add(text: string): void {
      bytes += Buffer.byteLength(text)
      if (bytes > bytesMax) throw tooLarge()
      parts.push(text)
    },
    text: () => parts.join(''),
  }
}

const progressOf = ({ progress, total, message }: Extract<Frame, { kind: 'progress' }>) => ({
  progress,
  ...(total !== undefined && { total }),
  ...(message !== undefined && { message }),
})

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
