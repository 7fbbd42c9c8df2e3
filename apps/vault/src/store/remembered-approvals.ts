import {
  and,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNull,
  lt,
  or,
  type SQL,
  sql,
} from 'drizzle-orm'
import type { NewRemembered, RememberedStore } from '../approvals/remembered-store.ts'
import { type Database, type Executor, guardStore, type Transaction } from './database.ts'
import { rememberedApprovals as remembered } from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { agents, approvals, connections } from './tables.ts'

// Owners' answers that count for more than one request. All times are the database's.

const { sealed, revokedBy: _revokedBy, ...columns } = getTableColumns(remembered)

/** Whoever gave the answer can still give one: they are a member, and their role lets them. */
const isBacked = sql`exists (select from ${owners} where ${owners.id} = ${remembered.createdBy}
  and ${owners.workspaceId} = ${remembered.workspaceId} and ${owners.role} <> 'auditor')`

/** One whose credential is another one by now, or that nobody stands behind any more, covers nothing. */
const status = sql<'active' | 'used_up' | 'expired' | 'revoked'>`case
  when ${remembered.revokedAt} is not null or ${connections.version} is distinct from ${remembered.connectionVersion}
    or ${connections.status} = 'revoked' or not ${isBacked} then 'revoked'
  when ${remembered.used} >= ${remembered.uses} then 'used_up'
  when ${remembered.expiresAt} <= now() then 'expired' else 'active' end`

const named = {
  ...columns,
  sealed,
  status,
  agentName: sql<string>`coalesce(${agents.name}, '')`,
  connectionLabel: sql<string>`coalesce(${connections.label}, '')`,
  connectionService: sql<string>`coalesce(${connections.service}, '')`,
}

const isUsable = () =>
  and(
    isNull(remembered.revokedAt),
    gt(remembered.expiresAt, sql`now()`),
    lt(remembered.used, remembered.uses),
    isBacked,
  )

/** Builds the queries. */
export function createRememberedStore({ db }: Pick<Database, 'db'>): RememberedStore {
  return guardStore<RememberedStore>({
    async findUsable(like, max) {
      return await db
        .select(columns)
        .from(remembered)
        .where(
          and(
            eq(remembered.policyId, like.policyId),
            eq(remembered.method, like.method),
            eq(remembered.path, like.path),
            eq(remembered.origin, like.origin),
            eq(remembered.agentId, like.agentId),
            eq(remembered.connectionId, like.connectionId),
            eq(remembered.connectionVersion, like.connectionVersion),
            or(eq(remembered.scope, 'fields'), eq(remembered.digest, like.digest)),
            isUsable(),
          ),
        )
        // The same bytes first, then what was answered last.
        .orderBy(sql`${remembered.scope} = 'exact' desc`, desc(remembered.createdAt))
        .limit(max)
    },

    async find(workspaceId, id) {
      const [row] = await selectNamed(db).where(
        and(eq(remembered.workspaceId, workspaceId), eq(remembered.id, id)),
      )
      return row
    },

    list: async (workspaceId, { limit, after, policyId, agentId, connectionId, status: wanted }) =>
      selectNamed(db)
        .where(
          and(
            eq(remembered.workspaceId, workspaceId),
            policyId === undefined ? undefined : eq(remembered.policyId, policyId),
            agentId === undefined ? undefined : eq(remembered.agentId, agentId),
            connectionId === undefined ? undefined : eq(remembered.connectionId, connectionId),
            wanted === undefined ? undefined : sql`${status} = ${wanted}`,
            afterRow(remembered, after),
          ),
        )
        .orderBy(...newestFirst(remembered))
        .limit(limit),

    async revoke(workspaceId, id, ownerId) {
      const revoked = await db
        .update(remembered)
        .set({ revokedAt: sql`now()`, revokedBy: ownerId })
        .where(
          and(
            eq(remembered.workspaceId, workspaceId),
            eq(remembered.id, id),
            isNull(remembered.revokedAt),
          ),
        )
        .returning({ id: remembered.id })
      return revoked.length > 0
    },
  })
}

const selectNamed = (db: Executor) =>
  db
    .select(named)
    .from(remembered)
    .leftJoin(agents, eq(agents.id, remembered.agentId))
    .leftJoin(connections, eq(connections.id, remembered.connectionId))

/** Writes down what an approval is to count for; all but that is the approval's own. In the transaction that approves it. */
export async function insertRemembered(
  tx: Transaction,
  approvalId: string,
  {
    drawnUp,
    createdBy,
  }: {
    readonly drawnUp: NewRemembered
    readonly createdBy: { readonly ownerId: string; readonly email: string }
  },
): Promise<void> {
  const [from] = await tx.select().from(approvals).where(eq(approvals.id, approvalId))
  if (from === undefined) throw new Error('a locked approval is gone')
  const { expiresInMinutes, fingerprints, fields, ...made } = drawnUp
  await tx.insert(remembered).values({
    ...made,
    fields: [...fields],
    fingerprints: { ...fingerprints },
    ...{ workspaceId: from.workspaceId, policyId: from.policyId, agentId: from.agentId },
    ...{ connectionId: from.connectionId, connectionVersion: from.connectionVersion },
    ...{ approvalId, method: from.method, origin: from.origin, path: from.path },
    ...{ digest: from.digest, freshSignIn: from.freshSignIn, ownersNeeded: from.ownersNeeded },
    ...{ createdBy: createdBy.ownerId, createdByEmail: createdBy.email },
    expiresAt: sql`now() + make_interval(mins => ${expiresInMinutes}::int)`,
  })
}

type Of =
  | { readonly agentId: string }
  | { readonly connectionId: string }
  | { readonly policyId: string }
  | { readonly approvalId: string }

/** Ends those of what was taken away; in the transaction that takes it away, locked by id as by those who count uses. */
export async function endRemembered(tx: Executor, of: Of): Promise<void> {
  const open = tx
    .select({ id: remembered.id })
    .from(remembered)
    .where(and(isOf(of), isNull(remembered.revokedAt)))
    .orderBy(remembered.id)
    .for('update')
  await tx
    .update(remembered)
    .set({ revokedAt: sql`now()` })
    .where(and(inArray(remembered.id, open), isNull(remembered.revokedAt)))
}

function isOf(of: Of): SQL | undefined {
  if ('agentId' in of) return eq(remembered.agentId, of.agentId)
  if ('connectionId' in of) return eq(remembered.connectionId, of.connectionId)
  if ('policyId' in of) return eq(remembered.policyId, of.policyId)
  return eq(remembered.approvalId, of.approvalId)
}
