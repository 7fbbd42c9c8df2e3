import { and, asc, eq, getTableColumns, isNotNull, type SQL, sql } from 'drizzle-orm'
import type { StoredStream, StreamStore } from '../audit-streams/stream-store.ts'
import { auditStreams } from './audit-stream-tables.ts'
import { auditHeads } from './audit-tables.ts'
import { type Database, guardStore, type Transaction } from './database.ts'
import { workspaces } from './tables.ts'

const {
  testedAt: _testedAt,
  leasedBy: _leasedBy,
  leasedUntil: _leasedUntil,
  ...columns
} = getTableColumns(auditStreams)

const inMs = (ms: number): SQL => sql`now() + make_interval(secs => ${ms / 1000}::double precision)`
const isOf = (workspaceId: string, id: string) =>
  and(eq(auditStreams.workspaceId, workspaceId), eq(auditStreams.id, id))
const isHeldBy = (id: string, by: string) =>
  and(eq(auditStreams.id, id), eq(auditStreams.leasedBy, by))
const given = { leasedBy: null, leasedUntil: null }

/** Builds the queries on audit streams. */
export function createAuditStreamStore(
  database: Pick<Database, 'db' | 'sql' | 'transaction'>,
): StreamStore {
  const { db } = database
  return guardStore<StreamStore>({
    insert: (row, bounds) => database.transaction((tx) => insert(tx, row, bounds)),

    list: (workspaceId) =>
      selectProgress(database)
        .where(eq(auditStreams.workspaceId, workspaceId))
        .orderBy(asc(auditStreams.createdAt), asc(auditStreams.id)),

    async find(workspaceId, id) {
      const [row] = await selectProgress(database).where(isOf(workspaceId, id))
      return row
    },

    async update({ workspaceId, id, version }, changes) {
      const changed = await db
        .update(auditStreams)
        .set({ ...changes, version: version + 1, nextAttemptAt: sql`now()` })
        .where(and(isOf(workspaceId, id), eq(auditStreams.version, version)))
        .returning({ id: auditStreams.id })
      return changed.length === 1
    },

    async delete(workspaceId, id) {
      const deleted = await db
        .delete(auditStreams)
        .where(isOf(workspaceId, id))
        .returning({ id: auditStreams.id })
      return deleted.length === 1
    },

    async beginTest({ workspaceId, id }, everyMs) {
      const isRested = sql`(${auditStreams.testedAt} IS NULL OR ${auditStreams.testedAt} <= ${inMs(-everyMs)})`
      const begun = await db
        .update(auditStreams)
        .set({ testedAt: sql`now()` })
        .where(and(isOf(workspaceId, id), isRested))
        .returning({ id: auditStreams.id })
      return begun.length === 1
    },

    ...sending(database),
  })
}

type Sending = Pick<StreamStore, 'claim' | 'advance' | 'fail' | 'release' | 'expireLeases'>

/** Queries of whoever sends: each holds only while the lease does. */
function sending({ db, ...database }: Pick<Database, 'db' | 'transaction'>): Sending {
  return {
    claim: (bounds) => database.transaction((tx) => claim(tx, bounds)),

    async advance({ id, version, by, leaseMs }, { lastSeq, lastCheckpointSeq, delivered }) {
      const [row] = await db
        .update(auditStreams)
        .set({
          ...{ lastSeq, lastCheckpointSeq, failures: 0, lastError: null },
          leasedUntil: inMs(leaseMs),
          ...(delivered && { lastDeliveredAt: sql`now()` }),
        })
        .where(isHeldBy(id, by))
        .returning({ version: auditStreams.version, enabled: auditStreams.enabled })
      return row?.version === version && row.enabled
    },

    async fail({ id, by }, { error, failures, afterMs }) {
      await db
        .update(auditStreams)
        .set({ ...given, lastError: error, failures, nextAttemptAt: inMs(afterMs) })
        .where(isHeldBy(id, by))
    },

    async expireLeases() {
      await db.update(auditStreams).set(given).where(isNotNull(auditStreams.leasedBy))
    },

    async release({ id, by }, afterMs) {
      await db
        .update(auditStreams)
        .set({ ...given, nextAttemptAt: inMs(afterMs) })
        .where(isHeldBy(id, by))
    },
  }
}

function selectProgress({ db }: Pick<Database, 'db'>) {
  const headSeq = sql<number>`coalesce(${auditHeads.seq}, 0)::float8`.mapWith(Number)
  const checkpointsLeft = sql<number>`(
    SELECT count(*) FROM audit_checkpoints checkpoint
    WHERE checkpoint.workspace_id = ${auditStreams.workspaceId}
      AND checkpoint.seq > ${auditStreams.lastCheckpointSeq})`.mapWith(Number)
  return db
    .select({ ...columns, headSeq, checkpointsLeft })
    .from(auditStreams)
    .leftJoin(auditHeads, eq(auditHeads.workspaceId, auditStreams.workspaceId))
}

async function insert(
  tx: Transaction,
  row: Parameters<StreamStore['insert']>[0],
  { streamsMax, from }: Parameters<StreamStore['insert']>[1],
): Promise<boolean> {
  // One after the other: two at once would count past each other.
  await tx
    .select({ id: workspaces.id })
    .from(workspaces)
    .where(eq(workspaces.id, row.workspaceId))
    .for('no key update')
  const kept = await tx.$count(auditStreams, eq(auditStreams.workspaceId, row.workspaceId))
  if (kept >= streamsMax) return false
  const table = from === 'now' ? sql`audit_heads` : sql`audit_starts`
  const begin = sql`coalesce((SELECT seq FROM ${table} WHERE workspace_id = ${row.workspaceId}), 0)`
  await tx.insert(auditStreams).values({ ...row, lastSeq: begin, lastCheckpointSeq: begin })
  return true
}

async function claim(
  tx: Transaction,
  { by, leaseMs, streamsMax }: Parameters<StreamStore['claim']>[0],
): Promise<StoredStream[]> {
  const due = tx
    .select({ id: auditStreams.id })
    .from(auditStreams)
    .where(
      sql`${auditStreams.enabled} AND ${auditStreams.nextAttemptAt} <= now()
        AND (${auditStreams.leasedUntil} IS NULL OR ${auditStreams.leasedUntil} <= now())
        AND (('entries' = ANY (${auditStreams.sends}) AND EXISTS (
          SELECT 1 FROM audit_heads head
          WHERE head.workspace_id = ${auditStreams.workspaceId} AND head.seq > ${auditStreams.lastSeq}))
        OR ('checkpoints' = ANY (${auditStreams.sends}) AND EXISTS (
          SELECT 1 FROM audit_checkpoints checkpoint
          WHERE checkpoint.workspace_id = ${auditStreams.workspaceId}
            AND checkpoint.seq > ${auditStreams.lastCheckpointSeq})))`,
    )
    .orderBy(asc(auditStreams.nextAttemptAt))
    .limit(streamsMax)
    .for('update', { skipLocked: true })
  return await tx
    .update(auditStreams)
    .set({ leasedBy: by, leasedUntil: inMs(leaseMs) })
    .where(sql`${auditStreams.id} IN (${due})`)
    .returning(columns)
}
