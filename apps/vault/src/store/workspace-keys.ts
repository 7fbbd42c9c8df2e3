import { eq, sql } from 'drizzle-orm'
import { type Database, guardStore } from './database.ts'
import { workspaceKeys } from './tables.ts'

type WorkspaceKeyRow = Omit<typeof workspaceKeys.$inferSelect, 'createdAt'>

/** Builds the queries on workspaces' wrapped keys. */
export function createWorkspaceKeyStore({ db }: Pick<Database, 'db'>) {
  const { version, wrapped } = workspaceKeys
  const listing = db
    .select({ version, wrapped })
    .from(workspaceKeys)
    .where(eq(workspaceKeys.workspaceId, sql.placeholder('workspaceId')))
    .prepare('workspace_keys_of')

  return guardStore({
    /** All keys of a workspace. */
    list: async (workspaceId: string) => await listing.execute({ workspaceId }),

    /** Adds a key; one of the same workspace and version stays as it is. */
    async insert(row: WorkspaceKeyRow): Promise<void> {
      await db.insert(workspaceKeys).values(row).onConflictDoNothing()
    },
  })
}
