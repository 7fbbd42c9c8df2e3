import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { WorkspaceStore as OwnersStore } from '../workspaces/workspaces.ts'
import { type Database, guardStore } from './database.ts'
import { owners } from './owner-tables.ts'
import { workspaces } from './tables.ts'

/** The queries on workspaces. */
export interface WorkspaceStore extends OwnersStore {
  /** For the request path, by a prepared statement. */
  findSnapshot(workspaceId: string): Promise<{ readonly isFrozen: boolean } | undefined>
}

/** Builds the queries on workspaces. */
export function createWorkspaceStore({ db }: Pick<Database, 'db'>): WorkspaceStore {
  const snapshot = db
    .select({ frozenAt: workspaces.frozenAt })
    .from(workspaces)
    .where(eq(workspaces.id, sql.placeholder('id')))
    .prepare('workspace_snapshot')
  return guardStore<WorkspaceStore>({
    async findSnapshot(id) {
      const [row] = await snapshot.execute({ id })
      return row && { isFrozen: row.frozenAt !== null }
    },

    async find(workspaceId) {
      const { id, name, frozenAt, frozenBy } = workspaces
      const [row] = await db
        .select({ id, name, frozenAt, frozenBy, frozenByEmail: owners.email })
        .from(workspaces)
        .leftJoin(owners, and(eq(owners.id, frozenBy), eq(owners.workspaceId, id)))
        .where(eq(id, workspaceId))
      return row
    },

    async rename(workspaceId, name) {
      await db.update(workspaces).set({ name }).where(eq(workspaces.id, workspaceId))
    },

    async freeze(workspaceId, { ownerId, at }) {
      const changed = await db
        .update(workspaces)
        .set({ frozenAt: at, frozenBy: ownerId })
        .where(and(eq(workspaces.id, workspaceId), isNull(workspaces.frozenAt)))
        .returning({ id: workspaces.id })
      return changed.length === 1
    },

    async unfreeze(workspaceId) {
      const changed = await db
        .update(workspaces)
        .set({ frozenAt: null, frozenBy: null })
        .where(and(eq(workspaces.id, workspaceId), isNotNull(workspaces.frozenAt)))
        .returning({ id: workspaces.id })
      return changed.length === 1
    },
  })
}
