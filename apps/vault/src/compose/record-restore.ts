import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import { isNewestSchema } from '../store/backup/prepare-schema.ts'
import { openDatabase } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'
import { createRootRotationStore } from '../store/root-rotation.ts'
import { openKeySource } from './open-store.ts'
import { openRecorder } from './operator-log.ts'

interface Needs {
  /** Of the role that owns the tables. */
  readonly url: string
  readonly migrationsFolder: string
  readonly config: Config
  readonly onProgress: (sentence: string) => void
}

interface Restore {
  /** The newest migration that its tables have seen. */
  readonly schemaAt: number
  /** RFC 3339, as the backup says. */
  readonly madeAt: string
  readonly madeByVersion: string
  readonly freezes: boolean
}

/**
 * Says in the audit log of each workspace that it goes on from a backup. A build writes records into tables as it knows them, so they
 * are brought there first. The vault is there by now: what fails here is told by `onProgress`, and undoes nothing.
 */
export async function recordRestore(needs: Needs, restored: Restore): Promise<void> {
  const { url, migrationsFolder, config, onProgress } = needs
  const database = openDatabase({ url, maxConnections: 1, applicationName: 'sallyport restore' })
  try {
    if (!isNewestSchema(migrationsFolder, restored.schemaAt)) {
      onProgress('The tables are brought to what this build works with …')
    }
    await migrate({ url, migrationsFolder, auditRetentionDays: config.auditRetentionDays })
    const source = await openKeySource({ config, randomBytes, holdsData: true })
    const tell = await openRecorder({ database, source }, onProgress)
    const { madeAt, madeByVersion, freezes } = restored
    const detail = { madeAt, madeByVersion, frozen: freezes }
    for (const { id } of await createRootRotationStore(database).listWorkspaces()) {
      await tell({ workspaceId: id, operation: 'restoreBackup', detail })
    }
  } catch (error) {
    onProgress(
      `The vault is restored. That it was could not be written into all of its audit logs: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    await database.close()
  }
}
