import { Problem } from '@sallyport/contracts'
import type { Here } from '../registry/over-replicas.ts'
import {
  type Asked,
  type Frame,
  frameOf,
  type Message,
  type MessageSealer,
  openMessage,
} from './messages.ts'
import { createSayer, type Sayer } from './say-answer.ts'
import type { CallStore, StoredCall } from './sharing-store.ts'

/** Calls of other replicas that are carried out at the same time. */
const runningMax = 256
/** Calls that are remembered until their time is over. */
const rememberedMax = 200_000
/** No call is sent with a deadline further away, in ms. */
const deadlineMsMax = 120_000
/** A call is remembered for so long after it could last be carried out, in ms: in case a clock is put back. */
const rememberedMs = 60_000
/** A call ends so much before its deadline, in ms, that what became of it still comes in time. */
const answerMs = 1_000
/** How often it is looked whether somebody waits still, while something runs, in ms. */
const lookEveryMs = 1_000
/** How long it is tried to say that something could not be read, in ms. */
const refusedMsMax = 5_000
/** How long the end of the vault waits for what is being said, in ms. */
const closeMsMax = 2_000

interface AnsweringNeeds {
  readonly store: CallStore
  readonly keyring: MessageSealer
  readonly replicaId: string
  readonly here: () => Here
  /** In ms since the epoch. */
  readonly databaseNow: () => number
  readonly onFailure: (what: string, error: unknown) => void
}

/** Carries out what other replicas ask of this one: each call once. */
export interface Answering {
  /** Something waits. */
  heard(): void
  /** Nobody waits any more for this one. */
  stop(callId: string): void
  /** Takes nothing any more; resolves when what was carried out has been said, two seconds later at the most. */
  close(): Promise<void>
}

/** Ends one call. */
type Stops = Set<(problem: Problem) => void>

/** Builds it. */
export function createAnswering(needs: AnsweringNeeds): Answering {
  const running = new Map<string, Stops>()
  const underWay = new Set<Promise<void>>()
  const remembered = createMemory(needs.databaseNow)
  const state = { isClosed: false, isTaking: false, isWanted: false }
  let timer: NodeJS.Timeout | undefined

  function stop(callId: string): void {
    for (const end of running.get(callId) ?? []) end(notWanted())
  }

  /** Notices may be lost: as long as something runs it is looked whether it is still wanted. */
  function watch(): void {
    if (timer !== undefined || running.size === 0) return
    timer = setTimeout(() => void endUnwanted(), lookEveryMs)
    timer.unref()
  }
  async function endUnwanted(): Promise<void> {
    const ids = [...running.keys()]
    // Where the database does not answer, calls are ended where they came in.
    const standing = new Set(await needs.store.standing(ids).catch(() => ids))
    for (const id of ids) if (!standing.has(id)) stop(id)
    timer = undefined
    watch()
  }

  async function carryOut(call: StoredCall): Promise<void> {
    const message = await openMessage(needs.keyring, call).catch((error: unknown) => {
      // Its key may have been replaced in between: whoever asked seals it anew.
      const unread = { deadlineMs: needs.databaseNow() + refusedMsMax }
      createSayer(needs, call, { message: unread, onUnwanted: () => {} }).say(notHere)
      throw error
    })
    if (!isFor(needs, call, message)) throw new Error('it was asked of somebody else, or long ago')
    const stops: Stops = new Set()
    const sayer = createSayer(needs, call, { message, onUnwanted: () => stop(call.id) })
    if (running.size >= runningMax || remembered.isFull()) {
      sayer.say(frameOf(busy()))
      return sayer.said()
    }
    if (!remembered.isNew(call.id, message.deadlineMs)) throw new Error('it came a second time')
    running.set(call.id, stops)
    watch()
    try {
      const leftMs = message.deadlineMs - needs.databaseNow() - answerMs
      await answer(needs.here(), { message, stops, sayer, leftMs: Math.max(leftMs, 1) })
    } catch (error) {
      if (!(error instanceof Problem)) {
        needs.onFailure(`a call of another replica to ${message.serverId} failed`, error)
      }
      sayer.say(frameOf(error instanceof Problem ? error : new Problem('internal-error')))
    } finally {
      running.delete(call.id)
    }
    await sayer.said()
  }

  function begin(call: StoredCall): void {
    const work = carryOut(call)
      .catch((error) => needs.onFailure('a call of another replica was not carried out', error))
      .finally(() => underWay.delete(work))
    underWay.add(work)
  }

  async function takeAll(): Promise<void> {
    state.isTaking = true
    while (state.isWanted && !state.isClosed) {
      state.isWanted = false
      const calls = await needs.store.take(needs.replicaId).catch((error: unknown) => {
        needs.onFailure('what other replicas ask could not be read', error)
        return []
      })
      if (calls.length > 0) state.isWanted = true
      for (const call of calls) begin(call)
    }
    state.isTaking = false
  }

  return {
    stop,
    heard() {
      state.isWanted = true
      if (!state.isTaking) void takeAll()
    },
    async close() {
      state.isClosed = true
      let late: NodeJS.Timeout | undefined
      const over = new Promise<void>((resolve) => {
        late = setTimeout(resolve, closeMsMax)
      })
      await Promise.race([Promise.all(underWay), over])
      clearTimeout(late)
      clearTimeout(timer)
    },
  }
}

/** Sealed for that row, and for this replica, about this server, while there is time. */
const isFor = (
  { replicaId, databaseNow }: AnsweringNeeds,
  { serverId, fromReplica }: StoredCall,
  message: Message,
): boolean => {
  const leftMs = message.deadlineMs - databaseNow()
  return (
    message.toReplica === replicaId &&
    message.serverId === serverId &&
    message.fromReplica === fromReplica &&
    leftMs > 0 &&
    leftMs <= deadlineMsMax
  )
}

interface Answer {
  readonly message: Message
  readonly stops: Stops
  readonly sayer: Sayer
  readonly leftMs: number
}

async function answer(here: Here, given: Answer): Promise<void> {
  const { asked, serverId } = given.message
  if (asked.kind === 'call') return answerCall(here, asked, given)
  const { sayer } = given
  if (asked.kind === 'apply') {
    const isHere = await here.apply(serverId, asked.anew)
    return sayer.say(isHere ? done : notHere)
  }
  const log = here.log(serverId)
  if (log === undefined) return sayer.say(notHere)
  sayer.sayText(log)
  sayer.say(done)
}

async function answerCall(
  here: Here,
  asked: Extract<Asked, { kind: 'call' }>,
  { stops, sayer, message, leftMs }: Answer,
): Promise<void> {
  const { url, body, agentId, responseBytesMax, wantsProgress } = asked
  // What was decided on is the call of one server: it goes to no other.
  if (!url.startsWith(`mcp://${message.serverId}/`)) throw new Error('it names another server')
  const said = await here.call(
    { url, body: Buffer.from(body, 'utf8') },
    {
      ...{ stops, responseBytesMax, deadlineMs: leftMs, agentId },
      progress: wantsProgress ? sayer.sayProgress : undefined,
    },
  )
  if (said === undefined) return sayer.say(notHere)
  const chunks: Uint8Array[] = []
  for await (const chunk of said.body) chunks.push(chunk)
  sayer.sayText(Buffer.concat(chunks).toString('utf8'))
  const headers = said.headers.map(([name, value]): [string, string] => [name, value])
  sayer.say({ kind: 'end', status: said.status, headers })
}

const done: Frame = { kind: 'end', status: 200, headers: [] }
const notHere: Frame = { kind: 'not-here' }

/** Knows which calls were carried out: a row that somebody puts there once more is not. */
function createMemory(databaseNow: () => number) {
  const deadlines = new Map<string, number>()
  return {
    isFull: () => deadlines.size >= rememberedMax,
    isNew(callId: string, deadlineMs: number): boolean {
      for (const [id, overMs] of deadlines) {
        if (overMs + rememberedMs > databaseNow()) break
        deadlines.delete(id)
      }
      if (deadlines.has(callId)) return false
      deadlines.set(callId, deadlineMs)
      return true
    },
  }
}

const busy = () =>
  new Problem('overloaded', 'The replica that runs the server has too much to do.', {
    next: 'Nothing was sent; try again in a moment.',
    retryAfterSeconds: 1,
  })

const notWanted = () => new Problem('request-stopped', 'Nobody waits for the call any more.')
