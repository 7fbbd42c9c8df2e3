import type { SetupStore } from '../identity/setup.ts'
import type { Database } from './database.ts'
import { createInstallationStore } from './installation.ts'
import { owners } from './owner-tables.ts'
import { findProfile } from './owners.ts'
import { insertSession } from './sessions.ts'
import { workspaceKeys, workspaces } from './tables.ts'

/** The queries of the first run. */
export function createSetupStore(database: Database): SetupStore {
  const installation = createInstallationStore(database)
  return {
    async read() {
      const row = await installation.find()
      return {
        isSetUp: row !== undefined && row.setUpAt !== null,
        tokenHash: row?.setupTokenHash ?? undefined,
      }
    },

    async writeToken(hash) {
      await installation.setSetupTokenHash(hash)
    },

    setUp: ({ setupTokenHash, workspace, owner, session }) =>
      database.transaction(async (tx) => {
        if (!(await installation.consumeSetupToken(setupTokenHash, tx))) return undefined
        const { id: workspaceId, name, key } = workspace
        const createdAt = new Date(session.createdAtMs)
        await tx.insert(workspaces).values({ id: workspaceId, name, createdAt })
        await tx.insert(workspaceKeys).values({ workspaceId, ...key })
        await tx.insert(owners).values({ ...owner, workspaceId, role: 'owner', createdAt })
        await insertSession(tx, owner.id, session)
        return findProfile(tx, owner.id)
      }),
  }
}
