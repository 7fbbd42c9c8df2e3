import { type AuditEntry, AuditEntry as EntrySchema, Problem } from '@sallyport/contracts'
import type { EntryQuery, FoundRecord, RecordStore } from './audit-store.ts'
import { parseEntry } from './chain-walk.ts'

// Reads entries for people: intent and outcome in one, newest first.

/** What is asked for. Times are RFC 3339; `cursor` is the `nextCursor` of the page before. */
export interface EntryFilters {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly decision?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export interface EntryPage {
  readonly entries: AuditEntry[]
  readonly nextCursor?: string
}

const cursorPattern = /^[0-9a-z]{1,11}$/
const cursorRadix = 36

/**
 * Makes the reader of pages. An entry that cannot be read, since somebody changed it, is shown as such.
 * @throws Problem `invalid-input` for a cursor that no page gave
 */
export function createEntryReader(
  store: Pick<RecordStore, 'listOpenings' | 'listOutcomes'>,
): (workspaceId: string, filters: EntryFilters) => Promise<EntryPage> {
  return async (workspaceId, filters) => {
    const { limit } = filters
    const found = await store.listOpenings(toQuery(workspaceId, filters))
    const openings = found.slice(0, limit)
    const ids = openings
      .filter((record) => record.kind === 'intent')
      .map((record) => record.auditId)
    const outcomes = ids.length === 0 ? [] : await store.listOutcomes(workspaceId, ids)
    // Of several outcomes the latest counts: a call that ended after all corrects `unknown`.
    const byId = new Map(outcomes.map((record) => [record.auditId, record]))
    const last = openings.at(-1)
    return {
      entries: openings.map((record) => readEntry(record, byId.get(record.auditId))),
      ...(found.length > limit &&
        last !== undefined && { nextCursor: last.seq.toString(cursorRadix) }),
    }
  }
}

function toQuery(workspaceId: string, filters: EntryFilters): EntryQuery {
  const { agentId, connectionId, decision, from, to } = filters
  return {
    workspaceId,
    limit: filters.limit + 1,
    beforeSeq: filters.cursor === undefined ? undefined : readCursor(filters.cursor),
    agentId,
    connectionId,
    decision,
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

function readEntry(opening: FoundRecord, outcome: FoundRecord | undefined): AuditEntry {
  const opened = parseEntry(opening.entry) ?? {}
  const closed = outcome === undefined ? undefined : parseEntry(outcome.entry)
  const { kind: _kind, v: _version, ...facts } = opened
  const { kind: _closedKind, v: _closedVersion, id: _id, at: endedAt, ...ending } = closed ?? {}
  const parsed = EntrySchema.safeParse({
    outcome: 'pending',
    ...facts,
    ...ending,
    seq: opening.seq,
    ...(endedAt !== undefined && { endedAt }),
  })
  return parsed.success ? parsed.data : unreadable(opening)
}

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
