import { and, eq, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { AlertStore, StoredAlert } from '../alerts/alert-store.ts'
import { type Database, guardStore } from './database.ts'
import { alertSettings, alerts } from './notify-tables.ts'
import { afterRow, newestFirst } from './page-after.ts'
import { agents, connections } from './tables.ts'

const columns = {
  id: alerts.id,
  kind: alerts.kind,
  agentId: alerts.agentId,
  agentName: agents.name,
  connectionId: alerts.connectionId,
  connectionLabel: connections.label,
  sentence: alerts.sentence,
  observed: alerts.observed,
  usual: alerts.usual,
  threshold: alerts.threshold,
  agentDisabled: alerts.agentDisabled,
  createdAt: alerts.createdAt,
  lastAt: alerts.lastAt,
  acknowledgedAt: alerts.acknowledgedAt,
  acknowledgedBy: alerts.acknowledgedBy,
  acknowledgedByEmail: alerts.acknowledgedByEmail,
}

/** Builds the queries that owners make about alerts. */
export function createAlertStore(database: Pick<Database, 'db'>): AlertStore {
  const { db } = database
  const select = () =>
    db
      .select(columns)
      .from(alerts)
      .innerJoin(
        agents,
        and(eq(agents.id, alerts.agentId), eq(agents.workspaceId, alerts.workspaceId)),
      )
      .leftJoin(
        connections,
        and(
          eq(connections.id, alerts.connectionId),
          eq(connections.workspaceId, alerts.workspaceId),
        ),
      )
  return guardStore<AlertStore>({
    async list(workspaceId, { limit, after, status, kind, agentId }): Promise<StoredAlert[]> {
      const conditions: (SQL | undefined)[] = [
        eq(alerts.workspaceId, workspaceId),
        status === 'open' ? isNull(alerts.acknowledgedAt) : undefined,
        status === 'acknowledged' ? isNotNull(alerts.acknowledgedAt) : undefined,
        kind === undefined ? undefined : eq(alerts.kind, kind),
        agentId === undefined ? undefined : eq(alerts.agentId, agentId),
        afterRow(alerts, after),
      ]
      return await select()
        .where(and(...conditions))
        .orderBy(...newestFirst(alerts))
        .limit(limit)
    },

    async countOpen(workspaceId, max) {
      const open = db
        .select({ id: alerts.id })
        .from(alerts)
        .where(and(eq(alerts.workspaceId, workspaceId), isNull(alerts.acknowledgedAt)))
        .limit(max)
        .as('open')
      const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(open)
      return row?.count ?? 0
    },

    async find(workspaceId, alertId) {
      const [row] = await select().where(
        and(eq(alerts.workspaceId, workspaceId), eq(alerts.id, alertId)),
      )
      return row
    },

    ...writes(database),

    async findSettings(workspaceId) {
      const [row] = await db
        .select({ settings: alertSettings.settings })
        .from(alertSettings)
        .where(eq(alertSettings.workspaceId, workspaceId))
      return row?.settings
    },
  })
}

function writes({
  db,
}: Pick<Database, 'db'>): Pick<AlertStore, 'acknowledge' | 'acknowledgeAll' | 'putSettings'> {
  const open = (workspaceId: string) =>
    and(eq(alerts.workspaceId, workspaceId), isNull(alerts.acknowledgedAt))
  return {
    async acknowledge(workspaceId, alertId, { ownerId, email, at }) {
      const changed = await db
        .update(alerts)
        .set({ acknowledgedAt: at, acknowledgedBy: ownerId, acknowledgedByEmail: email })
        .where(and(open(workspaceId), eq(alerts.id, alertId)))
        .returning({ id: alerts.id })
      return changed.length === 1
    },

    async acknowledgeAll(workspaceId, { ownerId, email, at }, agentId) {
      const changed = await db
        .update(alerts)
        .set({ acknowledgedAt: at, acknowledgedBy: ownerId, acknowledgedByEmail: email })
        .where(
          and(open(workspaceId), agentId === undefined ? undefined : eq(alerts.agentId, agentId)),
        )
        .returning({ id: alerts.id })
      return changed.length
    },

    async putSettings(workspaceId, settings) {
      await db
        .insert(alertSettings)
        .values({ workspaceId, settings })
        .onConflictDoUpdate({
          target: alertSettings.workspaceId,
          set: { settings, updatedAt: sql`now()` },
        })
    },
  }
}
