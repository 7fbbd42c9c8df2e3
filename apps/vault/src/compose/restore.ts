import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OpenedBackup, openBackup } from '../backup/backup-file.ts'
import { BackupError } from '../backup/backup-header.ts'
import type { Config } from '../config.ts'
import type { RootKey } from '../credentials/root-key.ts'
import { openSealedStream } from '../credentials/sealed-stream.ts'
import { copyIn, lookForTables, type RestoredTables } from '../store/backup/copy-in.ts'
import { knowsSchema, prepareSchema } from '../store/backup/prepare-schema.ts'
import { startEmbeddedPostgres } from '../store/embedded/start-embedded-postgres.ts'
import {
  type BackupNeeds,
  type BackupSummary,
  checkpointsName,
  explainBroken,
  findKey,
  readThrough,
  summarise,
} from './backup.ts'
import { findMigrations } from './find-migrations.ts'
import { recordRestore } from './record-restore.ts'

// A vault out of a backup.

/**
 * Makes a vault out of a backup, in a database and a data directory that hold none. The backup is read to its end before anything is
 * changed. `freezes`: the agents of every workspace stand still until an owner has looked. Throws BackupError, RootKeyError and `store-unavailable`.
 */
export async function restore(
  path: string,
  needs: BackupNeeds & { readonly freezes: boolean },
): Promise<BackupSummary> {
  const { config, onProgress } = needs
  const backup = await openBackup(path)
  const { schemaAt, version } = backup.header
  const migrationsFolder = findMigrations()
  if (!knowsSchema(migrationsFolder, schemaAt)) {
    throw new BackupError(
      `The backup was made by version ${version}, whose tables this build does not know. Restore it with that version or a later one.`,
    )
  }
  const rootKey = await findKey(backup, config)
  onProgress('The backup is read once to its end …')
  const { tables } = await readThrough(backup, rootKey)
  const server = await openEmpty(config)
  try {
    await requireEmpty(server.url)
    await prepareSchema({ url: server.url, migrationsFolder, schemaAt })
    const kept = { isThere: false }
    const state = { begun: 0 }
    const rows = await copyIn(server.url, {
      tables: tablesOf(backup, { rootKey, config, kept }),
      freezes: needs.freezes,
      onTable: (name) => {
        state.begun += 1
        needs.onTable(name, state.begun)
      },
    }).catch((error: unknown) => {
      throw explainBroken(error)
    })
    if (rows === undefined) throw occupied()
    if (kept.isThere) await putCheckpoints(config, onProgress)
    await recordRestore(
      { url: server.url, migrationsFolder, config, onProgress },
      { schemaAt, madeAt: backup.header.createdAt, madeByVersion: version, freezes: needs.freezes },
    )
    const total = [...rows.values()].reduce((sum, count) => sum + count, 0)
    return { ...summarise(path, backup.header), tables, rows: total }
  } finally {
    await server.stop()
  }
}

async function openEmpty(config: Config): Promise<{ url: string; stop(): Promise<void> }> {
  const url = config.databaseMigrationUrl ?? config.databaseUrl
  if (url !== undefined) return { url: url.reveal(), stop: async () => {} }
  const log = { info: () => {}, warn: () => {} }
  const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log, randomBytes })
  return { url: embedded.ownerUrl, stop: embedded.stop }
}

async function requireEmpty(url: string): Promise<void> {
  const found = await lookForTables(url)
  if (found === 'empty') return
  if (found === 'vault') throw occupied()
  throw new BackupError(
    'There are tables of something else in this database. Give the vault a database of its own.',
  )
}

const occupied = () =>
  new BackupError(
    'There is a vault in this database already, and a restore replaces nothing. Give it an empty database (DATABASE_URL) or an empty data directory (SALLYPORT_DATA_DIR).',
  )

async function* tablesOf(
  backup: OpenedBackup,
  given: {
    readonly rootKey: RootKey
    readonly config: Config
    readonly kept: { isThere: boolean }
  },
): RestoredTables {
  const unseal = openSealedStream(given.rootKey, backup.line)
  for await (const { section, content } of backup.sections(unseal)) {
    if ('table' in section) {
      yield { name: section.table, columns: section.columns, rows: content }
    } else if (section.file === checkpointsName) {
      // Beside a database of its own a vault has no data directory before its first start.
      await mkdir(given.config.dataDir, { recursive: true, mode: 0o700 })
      await writeFile(restoredPath(given.config), content, { mode: 0o600 })
      given.kept.isThere = true
    }
  }
}

const restoredPath = ({ dataDir }: Config) => join(dataDir, `${checkpointsName}.restored`)

/** Checkpoints that are there already are of a log that went on after the backup: they are kept under another name. */
async function putCheckpoints(
  config: Config,
  onProgress: (sentence: string) => void,
): Promise<void> {
  const path = join(config.dataDir, checkpointsName)
  if (existsSync(path)) {
    const aside = `${path}.before-${new Date().toISOString().replaceAll(':', '')}`
    await rename(path, aside)
    onProgress(`${path} was of a log that the backup does not hold; it is ${aside} now.`)
  }
  await rename(restoredPath(config), path)
}
