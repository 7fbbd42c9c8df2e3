import type { ConnectionRecord, ConnectionStore } from '../connections/connection-store.ts'
import { type Database, guardStore } from './database.ts'
import { insertConnection } from './insert-connection.ts'
import { insertToolset, type MadeToolset, tellTaken } from './put-toolset.ts'
import { undoing } from './undoing.ts'

/** As for all writes of toolsets. */
const writeDeadlineMs = 30_000

/**
 * Writes a toolset and the connection that is made for it, both or neither, whatever happens meanwhile. Undefined and `no-app` as
 * of a connection; `exists` where a toolset of the name does.
 */
export const createToolsetWithConnection = (database: Pick<Database, 'transaction'>) =>
  guardStore(
    {
      async insert(
        connection: Parameters<ConnectionStore['insert']>,
        made: MadeToolset,
      ): Promise<ConnectionRecord | 'no-app' | 'exists' | undefined> {
        const outcome = await tellTaken(() =>
          undoing<ConnectionRecord, 'no-app' | undefined>(database, async (tx, give) => {
            const stored = await insertConnection(tx, ...connection)
            if (stored === undefined || stored === 'no-app') return give(stored)
            await insertToolset(tx, made)
            return stored
          }),
        )
        return outcome === 'tool-exists' ? 'exists' : outcome
      },
    },
    writeDeadlineMs,
  ).insert
