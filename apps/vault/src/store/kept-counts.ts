// Counts what waits in the database, over all workspaces, for whoever watches the vault.
import type { Database } from './database.ts'

/** Counting ends there: what is more is as bad. */
const countMax = 100_000

/** What stands in the database. */
export interface KeptCounts {
  readonly pendingApprovals: number
  readonly openIntents: number
  /** Enabled ones, by their status. */
  readonly mcpServers: Readonly<Record<string, number>>
  /** When the newest finished backup was begun, in seconds since the epoch; 0 where there was none. */
  readonly backedUpAtSeconds: number
}

/** Counts once, in a few index scans. */
export async function countKept({ sql }: Pick<Database, 'sql'>): Promise<KeptCounts> {
  const [[counted], servers] = await Promise.all([
    sql<{ approvals: number; intents: number; backup: number }[]>`
      SELECT
        (SELECT count(*) FROM (
          SELECT 1 FROM approvals WHERE status = 'pending' AND expires_at > now() LIMIT ${countMax}
        ) AS pending)::int AS approvals,
        (SELECT count(*) FROM (SELECT 1 FROM audit_open LIMIT ${countMax}) AS open)::int AS intents,
        coalesce((SELECT extract(epoch FROM backed_up_at) FROM installation), 0)::float8 AS backup`,
    sql<{ status: string; count: number }[]>`
      SELECT status, count(*)::int AS count FROM mcp_servers WHERE enabled GROUP BY status`,
  ])
  return {
    pendingApprovals: counted?.approvals ?? 0,
    openIntents: counted?.intents ?? 0,
    backedUpAtSeconds: counted?.backup ?? 0,
    mcpServers: Object.fromEntries(servers.map(({ status, count }) => [status, count])),
  }
}
