import { type AuditEntry, AuditEntry as EntrySchema, Problem } from '@sallyport/contracts'
import { timeOfId } from '../paging/id-time.ts'
import { parseEntry } from './as-found.ts'
import type { EntryQuery, FoundRecord, RecordStore } from './audit-store.ts'
import {
  type BoundedQuery,
  endedAtFirst,
  endedMax,
  findEnded,
  isNarrow,
  type Sifted,
  type SiftedStore,
  sift,
  siftedAtFirst,
} from './sift-entries.ts'

// Reads entries for people: intent and outcome in one, newest first.

/** What is asked for. Times are RFC 3339; `cursor` is the `nextCursor` of the page before. */
export interface EntryFilters {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly auditId?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  /** The id of a tool, or its full name. */
  readonly tool?: string | undefined
  readonly decision?: string | undefined
  readonly operation?: string | undefined
  readonly outcome?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface EntryPage {
  readonly entries: AuditEntry[]
  readonly nextCursor?: string
}

const cursorPattern = /^[0-9a-z]{1,11}$/
const cursorRadix = 36

type EntryStore = Pick<RecordStore, 'listOutcomes' | 'openingsRange'> & SiftedStore

/**
 * Makes the reader of pages. An entry that cannot be read, since somebody changed it, is shown as such.
 * @throws Problem `invalid-input` for a cursor that no page gave
 */
export function createEntryReader(
  store: EntryStore,
): (workspaceId: string, filters: EntryFilters) => Promise<EntryPage> {
  return async (workspaceId, filters) => {
    const { openings, nextSeq } = await findOpenings(store, toQuery(workspaceId, filters))
    const ids = openings
      .filter((record) => record.kind === 'intent')
      .map((record) => record.auditId)
    const outcomes = ids.length === 0 ? [] : await store.listOutcomes(workspaceId, ids)
    // Of several outcomes the latest counts: a call that ended after all corrects `unknown`.
    const byId = new Map(outcomes.map((record) => [record.auditId, record]))
    return {
      entries: openings.map((record) => readEntry(record, byId.get(record.auditId))),
      ...(nextSeq !== undefined && { nextCursor: nextSeq.toString(cursorRadix) }),
    }
  }
}

interface FoundPage {
  readonly openings: readonly FoundRecord[]
  /** The next page begins before it; absent where there is none. */
  readonly nextSeq?: number
}

/** Finds a page by an index that is made for it, or sifts the log for it, a bounded part at a time. */
async function findOpenings(store: EntryStore, query: EntryQuery): Promise<FoundPage> {
  if (query.auditId !== undefined) return await findOne(store, query, timeOfId(query.auditId))
  // With two of them an index leads to one, and of its many the other may fit none.
  const isPlain =
    query.outcome === undefined && query.operation === undefined && narrowing(query) <= 1
  if (isPlain) {
    return pageOf(await store.listOpenings({ ...query, limit: query.limit + 1 }), query.limit)
  }
  const range = await store.openingsRange(query)
  if (range === undefined) return { openings: [] }
  const beforeSeq = Math.min(query.beforeSeq ?? range.last + 1, range.last + 1)
  const within = { ...query, beforeSeq, sinceSeq: range.first, limit: query.limit + 1 }
  const found = await lookThrough(store, within)
  if (found.openings.length > query.limit) return pageOf(found.openings, query.limit)
  const isWhole = found.downTo <= range.first
  return { openings: found.openings, ...(!isWhole && { nextSeq: found.downTo }) }
}

/** Walks an index as far as it leads; else sifts, and asks the index of outcomes where that does not find enough. */
async function lookThrough(store: EntryStore, query: BoundedQuery): Promise<Sifted> {
  const { outcome, limit } = query
  if (isIndexed(query)) return { openings: await store.listOpenings(query), downTo: query.sinceSeq }
  if (outcome === undefined) return await sift(store, query)
  const sifted = await sift(store, query, isNarrow(query) ? siftedAtFirst : endedAtFirst)
  const isEnough = sifted.openings.length >= limit || sifted.downTo <= query.sinceSeq
  if (isEnough) return sifted
  if (outcome === 'sent') return await sift(store, query, endedMax)
  const ended = await findEnded(store, { ...query, outcome })
  const isBetter = ended.openings.length >= limit || ended.downTo < sifted.downTo
  return isBetter ? ended : sifted
}

/**
 * Finds an entry by its id, which tells when it was made: a stretch of the log around that time is looked through, and a
 * longer one where it is not there, since the record follows a moment later, and the database may have been slow.
 */
async function findOne(store: EntryStore, query: EntryQuery, madeMs: number): Promise<FoundPage> {
  for (const { beforeMs, afterMs } of stretches) {
    const fromMs = Math.max(query.fromMs ?? 0, madeMs - beforeMs)
    const toMs = Math.min(query.toMs ?? Number.MAX_SAFE_INTEGER, madeMs + afterMs)
    const openings = await store.listOpenings({ ...query, fromMs, toMs, limit: 1 })
    if (openings.length > 0) return { openings }
  }
  return { openings: [] }
}

const stretches = [
  { beforeMs: 1_000, afterMs: 10_000 },
  { beforeMs: 600_000, afterMs: 3_600_000 },
]

function pageOf(found: readonly FoundRecord[], limit: number): FoundPage {
  const openings = found.slice(0, limit)
  const last = openings.at(-1)
  return found.length > limit && last !== undefined ? { openings, nextSeq: last.seq } : { openings }
}

/** Does an index lead to what is asked for, however rare it is? To one thing among many of another none does. */
const isIndexed = (query: EntryQuery) =>
  query.outcome === 'pending' ||
  query.outcome === 'done' ||
  (query.outcome === undefined && query.operation !== 'execute' && narrowing(query) <= 1)

/** How many of the things that each have an index of their own are asked for. */
const narrowing = (query: EntryQuery) => {
  const { agentId, connectionId, toolId, toolName, decision, operation } = query
  const asked = [agentId, connectionId, toolId, toolName, decision, operation]
  return asked.filter((each) => each !== undefined).length
}

function toQuery(workspaceId: string, filters: EntryFilters): EntryQuery {
  const { limit, auditId, agentId, connectionId, decision, outcome, tool, from, to } = filters
  const { operation } = filters
  const isId = tool?.startsWith('tol_') === true
  return {
    ...{ workspaceId, limit, auditId, agentId, connectionId, decision, operation, outcome },
    toolId: isId ? tool : undefined,
    toolName: isId ? undefined : tool,
    beforeSeq: filters.cursor === undefined ? undefined : readCursor(filters.cursor),
    fromMs: from === undefined ? undefined : Date.parse(from),
    toMs: to === undefined ? undefined : Date.parse(to),
  }
}

function readCursor(cursor: string): number {
  const seq = cursorPattern.test(cursor) ? Number.parseInt(cursor, cursorRadix) : Number.NaN
  if (Number.isSafeInteger(seq)) return seq
  throw new Problem('invalid-input', 'The cursor is not one that this list has given.', {
    next: 'Leave the cursor out to begin at the newest entry.',
    fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier answer' }],
  })
}

/** An entry as it is shown: intent and outcome in one. */
export function readEntry(opening: FoundRecord, outcome: FoundRecord | undefined): AuditEntry {
  const opened = parseEntry(opening.entry) ?? {}
  const closed = outcome === undefined ? undefined : parseEntry(outcome.entry)
  const { kind: _kind, v: _version, ...facts } = opened
  const { kind: _closedKind, v: _closedVersion, id: _id, at: endedAt, ...ending } = closed ?? {}
  const parsed = EntrySchema.safeParse({
    outcome: 'pending',
    ...facts,
    ...ending,
    ...(isRecord(facts.detail) && isRecord(ending.detail)
      ? { detail: { ...facts.detail, ...ending.detail } }
      : {}),
    seq: opening.seq,
    ...(endedAt !== undefined && { endedAt }),
  })
  return parsed.success ? parsed.data : unreadable(opening)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

function unreadable(record: FoundRecord): AuditEntry {
  const atMs = Number.isFinite(record.atMs) ? record.atMs : 0
  return {
    id: record.auditId.slice(0, 64) || 'aud_unreadable',
    seq: record.seq,
    at: new Date(atMs).toISOString(),
    operation: 'unreadable',
    decision: 'none',
    outcome: 'unknown',
    reason: 'This entry cannot be read. Verify the audit log: somebody has changed it.',
  }
}
