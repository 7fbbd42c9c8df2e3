import { and, eq } from 'drizzle-orm'
import type { MailServerStore } from '../notify/notify-store.ts'
import { type Database, guardStore } from './database.ts'
import { mailServers } from './notify-tables.ts'

/** Builds the queries on how workspaces send mail. */
export function createMailServerStore({ db }: Pick<Database, 'db'>): MailServerStore {
  return guardStore<MailServerStore>({
    async find(workspaceId) {
      const [row] = await db
        .select()
        .from(mailServers)
        .where(eq(mailServers.workspaceId, workspaceId))
      return row
    },

    async put({ workspaceId, ...row }) {
      const written =
        row.version === 1
          ? await db
              .insert(mailServers)
              .values({ workspaceId, ...row })
              .onConflictDoNothing()
              .returning({ workspaceId: mailServers.workspaceId })
          : await db
              .update(mailServers)
              .set(row)
              .where(
                and(
                  eq(mailServers.workspaceId, workspaceId),
                  eq(mailServers.version, row.version - 1),
                ),
              )
              .returning({ workspaceId: mailServers.workspaceId })
      return written.length === 1
    },

    async delete(workspaceId) {
      const deleted = await db
        .delete(mailServers)
        .where(eq(mailServers.workspaceId, workspaceId))
        .returning({ workspaceId: mailServers.workspaceId })
      return deleted.length === 1
    },
  })
}
