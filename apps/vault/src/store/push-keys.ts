import { eq } from 'drizzle-orm'
import type { PushKeyStore } from '../notify/push-keys.ts'
import { type Database, guardStore } from './database.ts'
import { pushKeys } from './notify-tables.ts'

/** Builds the queries on the keys that workspaces sign push messages with. */
export function createPushKeyStore({ db }: Pick<Database, 'db'>): PushKeyStore {
  const find: PushKeyStore['find'] = async (workspaceId) => {
    const [row] = await db.select().from(pushKeys).where(eq(pushKeys.workspaceId, workspaceId))
    return row
  }
  return guardStore<PushKeyStore>({
    find,
    async insert(key) {
      await db.insert(pushKeys).values(key).onConflictDoNothing()
      return (await find(key.workspaceId)) ?? key
    },
  })
}
