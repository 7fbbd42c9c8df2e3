import { recordColumns, type StoredRecord } from './audit-read.ts'
import type { Database } from './database.ts'

// The intents of outcomes, for whoever follows the log: no index leads to them by id, but their ids say when they were made.

export interface AuditOpeningStore {
  /** The records that open these entries, as far as they were made between these times. */
  openingsOf(
    workspaceId: string,
    auditIds: readonly string[],
    between: { readonly fromMs: number; readonly toMs: number },
  ): Promise<StoredRecord[]>
}

const msPerSecond = 1000

/** Builds the query. */
export function createAuditOpeningStore({ sql }: Pick<Database, 'sql'>): AuditOpeningStore {
  return {
    async openingsOf(workspaceId, auditIds, { fromMs, toMs }) {
      return await sql<StoredRecord[]>`
        select ${recordColumns(sql)} from audit_records
        where workspace_id = ${workspaceId} and kind <> 'outcome'
          and at >= to_timestamp(${fromMs / msPerSecond}::float8)
          and at <= to_timestamp(${toMs / msPerSecond}::float8)
          and audit_id = any(${[...auditIds]}::text[])`
    },
  }
}
