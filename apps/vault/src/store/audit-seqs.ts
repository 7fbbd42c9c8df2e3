import { type Database, guardStore } from './database.ts'

/** How far audit logs have got. */
export interface AuditSeqStore {
  /** The number of the newest record of each of these workspaces; one without a record is left out. One query. */
  readSeqs(workspaceIds: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Builds the query. */
export function createAuditSeqStore({ sql }: Pick<Database, 'sql'>): AuditSeqStore {
  return guardStore<AuditSeqStore>({
    async readSeqs(workspaceIds) {
      const rows = await sql<{ workspaceId: string; seq: number }[]>`
        select workspace_id as "workspaceId", seq::float8 as seq from audit_heads
        where workspace_id = any(${[...workspaceIds]}::text[])`
      return new Map(rows.map(({ workspaceId, seq }) => [workspaceId, seq]))
    },
  })
}
