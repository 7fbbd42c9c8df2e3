import { timeOfId } from '../paging/id-time.ts'
import type { EntryQuery, FoundEnding, FoundRecord, RecordStore } from './audit-store.ts'

// Looks for entries that no index leads to, a bounded part of the log for one page: a page may be short, even empty, and have one after it.

/** A query with the numbers between which it is looked: the first of them exclusive, the second inclusive. */
export type BoundedQuery = EntryQuery & { readonly beforeSeq: number; readonly sinceSeq: number }

/** What was found, newest first. From `downTo` on nothing is left out; below it nothing was looked for, or not all of it. */
export interface Sifted {
  readonly openings: readonly FoundRecord[]
  readonly downTo: number
}

/** What is asked of the store. */
export type SiftedStore = Pick<
  RecordStore,
  'listOpenings' | 'listEndings' | 'openingsOfEndings' | 'seqOfNth'
>

/** Records, or entries where an index narrows them down, that are looked through first, and how many times more each time. */
export const siftedAtFirst = 5_000
/** The same where each outcome has to be looked up, and there is an index of outcomes to go on with. */
export const endedAtFirst = 1_000
const siftedGrowth = 4
/** Where all that is asked of a record is in its own text. */
const siftedMax = 300_000
/** Where each outcome has to be looked up. */
export const endedMax = 20_000
/** Records with an outcome that are looked at for one page, and at once. */
const endingsMax = 2_000
const endingsAtOnce = 200
/** So much later than by the clock of its record an entry's id may have been made: replicas agree within five seconds. */
const idSkewMs = 10_000
/**
 * An outcome is matched with an intent that stands so many records before it, or fewer. Between them lies what all agents did for as
 * long as one call took.
 */
const distanceMax = 200_000

/** Goes back through the log, or through what is narrowed down to, until there is enough or so much was looked at. */
export async function sift(
  store: SiftedStore,
  query: BoundedQuery,
  lookedAtMax: number = siftedMax,
): Promise<Sifted> {
  const found: FoundRecord[] = []
  let before = query.beforeSeq
  let left = lookedAtMax
  for (let step = siftedAtFirst; before > query.sinceSeq && left > 0; step *= siftedGrowth) {
    const count = Math.min(step, left)
    const since = await partBefore(store, { ...query, beforeSeq: before }, count)
    const limit = query.limit - found.length
    found.push(
      ...(await store.listOpenings({ ...query, beforeSeq: before, sinceSeq: since, limit })),
    )
    if (found.length >= query.limit) break
    left -= count
    before = since
  }
  return { openings: found, downTo: before }
}

/** Does an index lead to so few entries that their outcomes can be looked up? */
export const isNarrow = ({ agentId, connectionId, toolId, toolName, operation }: EntryQuery) =>
  (agentId ?? connectionId ?? toolId ?? toolName) !== undefined ||
  (operation !== undefined && operation !== 'execute')

/**
 * Where the next part begins. Of one agent, connection or tool, a part is of so many of its entries, however far apart they are; of
 * several of them, of the rarer one's.
 */
async function partBefore(store: SiftedStore, query: BoundedQuery, count: number): Promise<number> {
  if (!isNarrow(query)) return Math.max(query.sinceSeq, query.beforeSeq - count)
  let since = query.beforeSeq
  for (const narrowed of byOneIndexEach(query)) {
    since = Math.min(since, (await store.seqOfNth(narrowed, count)) ?? query.sinceSeq)
  }
  return Math.max(query.sinceSeq, since)
}

/** The queries by one index each: of an agent's many, a rare decision would have all of them walked. */
function byOneIndexEach(query: BoundedQuery): EntryQuery[] {
  const { workspaceId, limit, beforeSeq, toolId, toolName, connectionId, agentId } = query
  const operation = query.operation === 'execute' ? undefined : query.operation
  return [{ toolId }, { toolName }, { operation }, { connectionId }, { agentId }]
    .filter((each) => Object.values(each)[0] !== undefined)
    .map((each) => ({ workspaceId, limit, beforeSeq, ...each }))
}

/** Goes back through the records with an outcome that is not `sent`, and finds the entries that they belong to. */
export async function findEnded(
  store: SiftedStore,
  query: BoundedQuery & { readonly outcome: string },
): Promise<Sifted> {
  const found = new Map<number, FoundRecord>()
  const keep = async (endings: readonly FoundEnding[]) => {
    for (let from = 0; from < endings.length; from += endingsAtOnce) {
      const some = endings.slice(from, from + endingsAtOnce).map((ending) => ({
        ...ending,
        madeMs: timeOfId(ending.auditId),
      }))
      for (const record of await store.openingsOfEndings(query, some, distanceMax)) {
        found.set(record.seq, record)
      }
    }
  }
  const later = await endedLater(store, query)
  if (later === undefined) return { openings: [], downTo: query.beforeSeq }
  await keep(later)
  let downTo = query.beforeSeq
  for (let left = endingsMax; left > 0; left -= endingsAtOnce) {
    const endings = await store.listEndings({ ...query, beforeSeq: downTo, limit: endingsAtOnce })
    await keep(endings)
    downTo = endings.length < endingsAtOnce ? query.sinceSeq : (endings.at(-1)?.seq ?? downTo)
    if (downTo <= query.sinceSeq || sure(found, downTo).length >= query.limit) break
  }
  return { openings: sure(found, downTo), downTo }
}

/** Outcomes that stand behind where the page begins, of entries that stand before it; undefined where there are too many to tell. */
async function endedLater(
  store: SiftedStore,
  query: BoundedQuery & { readonly outcome: string },
): Promise<readonly FoundEnding[] | undefined> {
  const { workspaceId, beforeSeq, outcome } = query
  const [last] = await store.listOpenings({ workspaceId, beforeSeq, limit: 1 })
  if (last === undefined) return []
  const endings = await store.listEndings({
    ...{ workspaceId, outcome, limit: endingsMax },
    ...{ beforeSeq: beforeSeq + distanceMax, sinceSeq: beforeSeq },
  })
  if (endings.length === endingsMax) return undefined
  return endings.filter(
    ({ kind, auditId }) => kind === 'outcome' && timeOfId(auditId) <= last.atMs + idSkewMs,
  )
}

/** An outcome that was not looked at yet stands below `downTo`, and its entry below that. */
const sure = (found: ReadonlyMap<number, FoundRecord>, downTo: number) =>
  [...found.values()].filter(({ seq }) => seq >= downTo).toSorted((a, b) => b.seq - a.seq)
