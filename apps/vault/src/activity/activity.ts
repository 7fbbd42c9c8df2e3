// This room counts what agents did: how much, how it ended and how long it took, over time, by agent and by connection.

import {
  activityBucketsMax,
  activityDaysMax,
  type getActivity,
  type InputOf,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { dayMs, splitTime, type TimeSpan } from './kept-time.ts'
import { type CallCount, createTally, type Tally } from './tally.ts'

/** Counts are asked of the database for a part of the time after the other, so that none of them is long. */
const partMsAtFirst = 6 * 3_600_000
/** A part that took less than the one is followed by a longer one, one that took more than the other by a shorter one. */
const quickMs = 50
const slowMs = 400
const partMsMin = 60_000
/** One answer at a time on a replica; this many may wait for it. */
const waitingMax = 8
/** An answer that takes longer is given up. */
const answerMsMax = 20_000
/**
 * An answer is given again for so many times as long as it took to make: whoever looks again and again at a long time takes
 * a tenth of one connection's time, and quick answers are always new.
 */
const keptTimesAsLong = 10
const keptMsMax = 300_000
const keptMax = 100
/** Of agents and of connections, those with the most calls. */
const namedMax = 100
const minuteMs = 60_000

/** Whose calls, and when; `toMs` is exclusive. */
export interface CallQuery {
  readonly workspaceId: string
  readonly fromMs: number
  readonly toMs: number
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly bucketMs: number
  /** Where the first bucket begins. */
  readonly bucketsFromMs: number
}

/** Each call is counted three times: with its bucket, its agent and its connection. */
export type CountedCalls = CallCount &
  (
    | { readonly by: 'bucket'; readonly key: number }
    | { readonly by: 'agent' | 'connection'; readonly key: string | null }
  )

/** Whose calls, and when: whole quarters of an hour, each within one bucket. */
export interface KeptQuery extends Omit<CallQuery, 'fromMs' | 'toMs'> {
  readonly spans: readonly TimeSpan[]
}

/** The log, and what is kept of it, at one moment. Problem: `store-unavailable` where a query takes too long. */
export interface ActivityMoment {
  /** Counts in the log: one bounded query. */
  countCalls(query: CallQuery): Promise<readonly CountedCalls[]>
  /** From when on counts are kept, a whole quarter of an hour; undefined where they are not, or are far behind the log. */
  keptFromMs(workspaceId: string): Promise<number | undefined>
  /**
   * What countCalls would count, of kept counts and what the log has said since; but how long calls took is told of buckets alone, as
   * far as it is kept.
   */
  countKept(query: KeptQuery): Promise<readonly CountedCalls[]>
  /** How long calls of these took, as far as it is kept. */
  durationsKept(query: KeptQuery, named: NamedIds): Promise<readonly CountedCalls[]>
}

interface NamedIds {
  readonly agentIds: readonly string[]
  readonly connectionIds: readonly string[]
}

/** What this room needs of others. */
export interface ActivityNeeds {
  readonly store: {
    atOneMoment<T>(work: (moment: ActivityMoment) => Promise<T>): Promise<T>
    /** What agents and connections of the workspace are called, by id; those that are gone are left out. */
    namesOf(
      workspaceId: string,
      ids: NamedIds,
    ): Promise<{ agents: ReadonlyMap<string, string>; connections: ReadonlyMap<string, string> }>
  }
  /** Monotonic, in ms. */
  readonly now: () => number
}

type Input = InputOf<typeof getActivity>
type Answer = OutputOf<typeof getActivity>

/**
 * Builds the room's one operation. `to` is exclusive; the first bucket begins at `from`. Percentiles are at most 2 % off.
 * Problems: `invalid-input` for a time that is too long or too finely cut, `overloaded`.
 */
export function createActivity(needs: ActivityNeeds) {
  const takeTurn = createTurns(waitingMax)
  const kept = createKept<Answer>(needs.now)
  return async ({ workspaceId }: AuthenticatedOwner, input: Input): Promise<Answer> => {
    const query = readQuery(workspaceId, input)
    return takeTurn(() => kept(JSON.stringify(query), () => answer(needs, query)))
  }
}

async function answer(needs: ActivityNeeds, query: Query): Promise<Answer> {
  const counts = await needs.store.atOneMoment((moment) => count(moment, needs.now, query))
  const { agents, connections } = counts
  const names = await needs.store.namesOf(query.workspaceId, idsOf(counts))
  return {
    total: counts.total.view(),
    buckets: counts.buckets.map((tally, index) => ({
      at: new Date(query.fromMs + index * query.bucketMs).toISOString(),
      ...tally.view(),
    })),
    agents: agents.map(([agentId, tally]) => {
      const name = names.agents.get(agentId)
      return { agentId, ...(name !== undefined && { name }), ...tally.view() }
    }),
    connections: connections.map(([connectionId, tally]) => {
      const label = names.connections.get(connectionId)
      return { connectionId, ...(label !== undefined && { label }), ...tally.view() }
    }),
  }
}

type Query = Omit<CallQuery, 'bucketsFromMs'>

function readQuery(workspaceId: string, input: Input): Query {
  const { agentId, connectionId } = input
  const [fromMs, toMs] = [Date.parse(input.from), Date.parse(input.to)]
  const bucketMs = input.bucketMinutes * minuteMs
  if (!(fromMs < toMs)) throw wrong('to', 'must be later than from')
  if (toMs - fromMs > activityDaysMax * dayMs) {
    throw wrong('from', `must be at most ${activityDaysMax} days before to`)
  }
  if (Math.ceil((toMs - fromMs) / bucketMs) > activityBucketsMax) {
    const minutes = Math.ceil((toMs - fromMs) / activityBucketsMax / minuteMs)
    throw wrong(
      'bucketMinutes',
      `must be at least ${minutes} for so long a time: ${activityBucketsMax} buckets are the most`,
    )
  }
  return { workspaceId, fromMs, toMs, bucketMs, agentId, connectionId }
}

const wrong = (field: string, message: string) =>
  new Problem('invalid-input', `The field ${field} ${message}.`, {
    next: 'Correct what is named and send it again.',
    fields: [{ field, message }],
  })

interface Counts {
  readonly total: Tally
  readonly buckets: readonly Tally[]
  /** The busiest first. */
  readonly agents: readonly [string, Tally][]
  readonly connections: readonly [string, Tally][]
}

interface Tallies extends Pick<Counts, 'total' | 'buckets'> {
  readonly agents: Map<string, Tally>
  readonly connections: Map<string, Tally>
}

const idsOf = ({ agents, connections }: Counts): NamedIds => ({
  agentIds: agents.map(([id]) => id),
  connectionIds: connections.map(([id]) => id),
})

/** Of kept counts as much as there is, and the rest of the log. */
async function count(moment: ActivityMoment, now: () => number, query: Query): Promise<Counts> {
  const { fromMs, toMs, bucketMs, workspaceId } = query
  const tallies: Tallies = {
    total: createTally(),
    buckets: Array.from({ length: Math.ceil((toMs - fromMs) / bucketMs) }, createTally),
    agents: new Map(),
    connections: new Map(),
  }
  const { kept, counted } = splitTime(query, await moment.keptFromMs(workspaceId))
  const asked = { ...query, bucketsFromMs: fromMs }
  await countInLog({ moment, now, tallies }, asked, counted)
  const keptQuery = { ...asked, spans: kept }
  if (kept.length > 0) add(tallies, await moment.countKept(keptQuery))
  const [agents, connections] = [busiest(tallies.agents), busiest(tallies.connections)]
  const counts: Counts = { ...tallies, agents, connections }
  if (kept.length > 0) add(tallies, await moment.durationsKept(keptQuery, idsOf(counts)))
  return counts
}

interface Counting {
  readonly moment: ActivityMoment
  readonly now: () => number
  readonly tallies: Tallies
}

async function countInLog(
  { moment, now, tallies }: Counting,
  query: CallQuery,
  spans: readonly TimeSpan[],
): Promise<void> {
  const untilMs = now() + answerMsMax
  let partMs = partMsAtFirst
  for (const span of spans) {
    for (let atMs = span.fromMs; atMs < span.toMs; ) {
      const startedMs = now()
      if (startedMs > untilMs) throw tooMuch()
      const part = { fromMs: atMs, toMs: Math.min(span.toMs, atMs + partMs) }
      add(tallies, await moment.countCalls({ ...query, ...part }))
      atMs = part.toMs
      const tookMs = now() - startedMs
      if (tookMs < quickMs) partMs *= 2
      if (tookMs > slowMs) partMs = Math.max(partMsMin, partMs / 2)
    }
  }
}

function add(tallies: Tallies, all: readonly CountedCalls[]): void {
  for (const counted of all) addOne(tallies, counted)
}

function addOne({ total, buckets, agents, connections }: Tallies, counted: CountedCalls): void {
  if (counted.by === 'bucket') {
    total.add(counted)
    buckets[counted.key]?.add(counted)
    return
  }
  const { by, key } = counted
  // A call that was refused before its connection was found has none.
  if (key === null) return
  const tallies = by === 'agent' ? agents : connections
  const tally = tallies.get(key) ?? createTally()
  tallies.set(key, tally)
  tally.add(counted)
}

const busiest = (tallies: ReadonlyMap<string, Tally>): [string, Tally][] =>
  [...tallies]
    .sort(([a, ofA], [b, ofB]) => ofB.calls() - ofA.calls() || (a < b ? -1 : 1))
    .slice(0, namedMax)

/** Lets one work at a time. */
function createTurns(waitingMax: number) {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting > waitingMax) return Promise.reject(tooMuch())
    waiting += 1
    const turn = last.then(work).finally(() => {
      waiting -= 1
    })
    last = turn.catch(() => undefined)
    return turn
  }
}

/** Uses what was made before, for as long as that is worth it. */
function createKept<T>(now: () => number) {
  const entries = new Map<string, { readonly value: T; readonly untilMs: number }>()
  return async (key: string, make: () => Promise<T>): Promise<T> => {
    const startedMs = now()
    const known = entries.get(key)
    if (known !== undefined && startedMs < known.untilMs) return known.value
    const value = await make()
    const madeMs = now()
    const keepMs = Math.min((madeMs - startedMs) * keptTimesAsLong, keptMsMax)
    entries.delete(key)
    entries.set(key, { value, untilMs: madeMs + keepMs })
    for (const oldest of entries.keys()) {
      if (entries.size <= keptMax) break
      entries.delete(oldest)
    }
    return value
  }
}

const tooMuch = () =>
  new Problem('overloaded', 'So many calls cannot be counted now.', {
    next: 'Ask for a shorter time, or try again in a while.',
    retryAfterSeconds: 10,
  })
