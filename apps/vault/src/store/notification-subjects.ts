import { and, eq, sql } from 'drizzle-orm'
import type { Subject, SubjectStore } from '../notify/notify-store.ts'
import { approvalColumns } from './approval-columns.ts'
import { type Database, guardStore } from './database.ts'
import { alerts } from './notify-tables.ts'
import { owners } from './owner-tables.ts'
import { agents, approvals, capabilityRequests, connections, workspaces } from './tables.ts'

type Ref = { readonly workspaceId: string; readonly subjectId: string }
type Of<K extends Subject['kind']> = Extract<Subject, { kind: K }> | undefined

/** Builds the queries that read what a message is about, as it is now. */
export function createNotificationSubjectStore({ db }: Pick<Database, 'db'>): SubjectStore {
  return guardStore<SubjectStore>({
    async read({ kind, ...ref }) {
      switch (kind) {
        case 'approval':
          return readApproval(db, ref)
        case 'capability':
          return readCapability(db, ref)
        case 'needs_reauth':
          return readConnection(db, ref)
        case 'freeze':
          return readWorkspace(db, ref)
        default:
          return readAlert(db, ref, kind)
      }
    },
  })
}

type Db = Database['db']

async function readApproval(db: Db, { workspaceId, subjectId }: Ref): Promise<Of<'approval'>> {
  const { id, status, method, host, path, reason, agentReason } = approvalColumns
  const { expiresAt, freshSignIn, ownersNeeded } = approvalColumns
  const [row] = await db
    .select({
      ...{ id, status, method, host, path, reason, agentReason },
      ...{ expiresAt, freshSignIn, ownersNeeded },
      agentName: agents.name,
      connectionLabel: connections.label,
      tool: sql<string | null>`${approvals.tool} ->> 'name'`,
    })
    .from(approvals)
    .innerJoin(agents, eq(agents.id, approvals.agentId))
    .innerJoin(connections, eq(connections.id, approvals.connectionId))
    .where(and(eq(approvals.workspaceId, workspaceId), eq(approvals.id, subjectId)))
  return row && { kind: 'approval', ...row }
}

async function readCapability(db: Db, { workspaceId, subjectId }: Ref): Promise<Of<'capability'>> {
  const { id, status, actionTemplateId, reason } = capabilityRequests
  const [row] = await db
    .select({ id, status, actionTemplateId, agentReason: reason, agentName: agents.name })
    .from(capabilityRequests)
    .innerJoin(agents, eq(agents.id, capabilityRequests.agentId))
    .where(and(eq(capabilityRequests.workspaceId, workspaceId), eq(id, subjectId)))
  return row && { kind: 'capability', ...row }
}

async function readConnection(
  db: Db,
  { workspaceId, subjectId }: Ref,
): Promise<Of<'needs_reauth'>> {
  const { id, status, label, service, statusReason } = connections
  const [row] = await db
    .select({ id, status, label, service, reason: statusReason })
    .from(connections)
    .where(and(eq(connections.workspaceId, workspaceId), eq(id, subjectId)))
  return row && { kind: 'needs_reauth', ...row }
}

async function readWorkspace(db: Db, { workspaceId, subjectId }: Ref): Promise<Of<'freeze'>> {
  const { id, name, frozenAt, frozenBy } = workspaces
  const [row] = await db
    .select({ id, name, frozenAt, frozenByEmail: owners.email })
    .from(workspaces)
    .leftJoin(owners, and(eq(owners.id, frozenBy), eq(owners.workspaceId, id)))
    .where(and(eq(id, workspaceId), eq(id, subjectId)))
  return row && { kind: 'freeze', ...row }
}

async function readAlert(
  db: Db,
  { workspaceId, subjectId }: Ref,
  kind: 'limit_reached' | 'unusual_activity',
): Promise<Of<'limit_reached' | 'unusual_activity'>> {
  const { id, sentence, agentDisabled, acknowledgedAt } = alerts
  const [row] = await db
    .select({
      ...{ id, sentence, agentDisabled, acknowledgedAt, alertKind: alerts.kind },
      agentName: agents.name,
      connectionLabel: connections.label,
    })
    .from(alerts)
    .innerJoin(agents, eq(agents.id, alerts.agentId))
    .leftJoin(connections, eq(connections.id, alerts.connectionId))
    .where(and(eq(alerts.workspaceId, workspaceId), eq(id, subjectId)))
  if (row === undefined) return undefined
  const { acknowledgedAt: at, ...rest } = row
  return { kind, ...rest, isAcknowledged: at !== null }
}
