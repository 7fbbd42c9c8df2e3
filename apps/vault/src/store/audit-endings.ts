import { type EntryQuery, ofOutcome, ofQuery, seqMax } from './audit-openings-query.ts'
import { recordColumns, type StoredRecord } from './audit-read.ts'
import type { Database } from './database.ts'

// Entries that did not end well, by the index of their outcomes: few of many, so nothing else leads to them.

/** A record that says an outcome: it closes an entry, or opens one that has its outcome from the beginning. */
export interface StoredEnding {
  readonly seq: number
  readonly kind: string
  readonly auditId: string
}

export interface AuditEndingStore {
  /** Records with the query's outcome, newest first; not for `sent` and `pending`, which are in no index. */
  listEndings(query: EntryQuery & { readonly outcome: string }): Promise<StoredEnding[]>
  /**
   * The entries that these records belong to, as far as they fit the query, newest first; up to `distanceMax` records before. One that
   * stands more than a thousand records before is looked for by when its id was made.
   */
  openingsOfEndings(
    query: EntryQuery & { readonly outcome: string },
    endings: readonly (StoredEnding & { readonly madeMs: number })[],
    distanceMax: number,
  ): Promise<StoredRecord[]>
  /** The number of the last of so many openings before a number, without regard to their outcome; undefined where there are fewer. */
  seqOfNth(query: EntryQuery, nth: number): Promise<number | undefined>
}

/** Most calls take so short that their intents stand nearer, and walking there costs less than any index. */
const nearRecordsMax = 1_000
/** An intent's own time and that in its id are of one clock: between them, the call was decided. */
const madeBeforeMs = 1_000
const madeAfterMs = 30_000
const msPerSecond = 1000

/** Builds the queries. */
export function createAuditEndingStore({ sql }: Pick<Database, 'sql'>): AuditEndingStore {
  return {
    async listEndings({ workspaceId, outcome, beforeSeq, sinceSeq, limit }) {
      // In the words of the index audit_records_by_outcome.
      return await sql<StoredEnding[]>`
        select seq::float8 as seq, kind, audit_id as "auditId" from audit_records
        where workspace_id = ${workspaceId}
          and split_part(split_part(entry, ',"outcome":"', 2), '"', 1) = ${outcome}
          and split_part(split_part(entry, ',"outcome":"', 2), '"', 1) <> 'sent'
          and split_part(split_part(entry, ',"outcome":"', 2), '"', 1) <> ''
          and audit_records.seq < ${beforeSeq ?? seqMax}::bigint
          and audit_records.seq >= ${sinceSeq ?? 0}::bigint
        order by audit_records.seq desc limit ${limit}`
    },

    async openingsOfEndings(query, endings, distanceMax) {
      if (endings.length === 0) return []
      const { workspaceId, outcome } = query
      const of = (name: 'seq' | 'kind' | 'auditId' | 'madeMs') =>
        endings.map((ending) => String(ending[name]))
      const made = (afterMs: number) =>
        sql`to_timestamp((ending.made_ms::float8 + ${afterMs}::float8) / ${msPerSecond}::float8)`
      // What is between an intent and its outcome is walked backwards, and only as far as the intent: OFFSET keeps it so. The sum
      // keeps PostgreSQL from the index by number where that by time leads to fewer.
      return await sql<StoredRecord[]>`
        with opened as (
          select opening.* from unnest(
            ${of('seq')}::text[], ${of('kind')}::text[], ${of('auditId')}::text[], ${of('madeMs')}::text[]
          ) as ending (seq, kind, audit_id, made_ms)
          cross join lateral (
            (select passed.* from (
              select * from audit_records
              where workspace_id = ${workspaceId}
                and audit_records.seq <= ending.seq::bigint
                and audit_records.seq >= ending.seq::bigint - case when ending.kind = 'outcome'
                  then ${nearRecordsMax}::bigint else 0 end
              order by audit_records.seq desc offset 0) passed
            where passed.audit_id = ending.audit_id and passed.kind <> 'outcome' limit 1)
            union all
            (select far.* from audit_records far
            where ending.kind = 'outcome' and far.audit_id = ending.audit_id
              and far.workspace_id = ${workspaceId} and far.kind <> 'outcome'
              and far.at >= ${made(-madeBeforeMs)} and far.at <= ${made(madeAfterMs)}
              and far.seq + 0 < ending.seq::bigint - ${nearRecordsMax}::bigint
              and far.seq + 0 >= ending.seq::bigint - ${distanceMax}::bigint limit 1)
            limit 1) opening
        )
        select distinct on (audit_records.seq) ${recordColumns(sql)} from opened as audit_records
        where ${ofQuery(sql, query)} ${ofOutcome(sql, workspaceId, outcome)}
          and audit_records.seq < ${query.beforeSeq ?? seqMax}::bigint
          and audit_records.seq >= ${query.sinceSeq ?? 0}::bigint
        order by audit_records.seq desc`
    },

    async seqOfNth(query, nth) {
      const [row] = await sql<{ seq: number }[]>`
        select audit_records.seq::float8 as seq from audit_records
        where ${ofQuery(sql, query)} and audit_records.seq < ${query.beforeSeq ?? seqMax}::bigint
        order by audit_records.seq desc offset ${nth - 1} limit 1`
      return row?.seq
    },
  }
}
