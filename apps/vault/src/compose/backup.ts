import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type OpenedBackup, openBackup, writeBackup } from '../backup/backup-file.ts'
import { BackupError, type BackupHeader, writeHeader } from '../backup/backup-header.ts'
import type { FilledSection } from '../backup/sections.ts'
import type { Config } from '../config.ts'
import { isRootKeyOf, type RootKey } from '../credentials/root-key.ts'
import { RootKeyError } from '../credentials/root-key-error.ts'
import { openSealedStream, SealedStreamError, sealStream } from '../credentials/sealed-stream.ts'
import { copyIn, lookForTables, type RestoredTables } from '../store/backup/copy-in.ts'
import { type Snapshot, withSnapshot } from '../store/backup/copy-out.ts'
import { knowsSchema, prepareSchema } from '../store/backup/prepare-schema.ts'
import { recordBackup } from '../store/backup/record-backup.ts'
import { startEmbeddedPostgres } from '../store/embedded/start-embedded-postgres.ts'
import { findMigrations } from './find-migrations.ts'
import { openKeySource } from './open-store.ts'
import { reachDatabase } from './reach-database.ts'

// What an operator does to have a vault a second time: a backup beside the vault that runs, and a vault out of a backup.

/** The audit log's checkpoints outside of the database. */
const checkpointsName = 'audit-checkpoints.jsonl'
const saltBytes = 32

/** Who is told how far it is. */
export interface BackupTold {
  /** Takes what somebody should know, in a sentence. */
  readonly onProgress: (sentence: string) => void
  /** Takes the name of a table that is begun, and which it is, from 1. */
  readonly onTable: (name: string, at: number) => void
}

interface Needs extends BackupTold {
  readonly config: Config
  readonly version: string
}

/** What a backup holds. */
export interface BackupSummary {
  readonly path: string
  readonly createdAt: string
  readonly version: string
  /** In hexadecimal. */
  readonly rootKeyId: string
  /** The KMS that keeps that key; null where the operator does. */
  readonly kms: string | null
  readonly tables: number
  readonly bytes?: number
  readonly rows?: number
}

/** Writes a backup of the database to a new file. Throws BackupError, RootKeyError and `store-unavailable`. */
export async function backUp(path: string, needs: Needs): Promise<BackupSummary> {
  const { config } = needs
  const source = await openKeySource({ config, randomBytes, holdsData: true })
  const server = await reachDatabase(config)
  try {
    // Before the snapshot: a checkpoint of what came after it would say that something was removed.
    const checkpoints = openCheckpoints(config)
    const done = await withSnapshot(server.url, async (snapshot) => {
      const { currentKeyCheck, rootKeys, schemaAt, tables } = snapshot
      const keys = await source.load(rootKeys)
      const rootKey = keys.find((key) => isRootKeyOf(key, currentKeyCheck))
      if (rootKey === undefined) throw noKey()
      const sealing = rootKeys.filter(({ keyCheck }) => isRootKeyOf(rootKey, keyCheck))
      const header = {
        createdAt: new Date().toISOString(),
        version: needs.version,
        schemaAt,
        rootKeys: [...sealing, ...rootKeys.filter((row) => !sealing.includes(row))].map(inHex),
        salt: randomBytes(saltBytes).toString('hex'),
      }
      const line = writeHeader(header)
      const { bytes } = await writeBackup({
        ...{ path, header: line },
        sections: sectionsOf(snapshot, checkpoints, needs),
        seal: sealStream(rootKey, line),
      })
      return { ...summarise(path, header), tables: tables.length, bytes }
    })
    if (done !== undefined) {
      await recordBackup(server.url, new Date(done.createdAt)).catch(() =>
        needs.onProgress(
          'The backup is whole; that it was made could not be written into the database, so the doctor does not know of it.',
        ),
      )
      return done
    }
    throw new BackupError(
      'This database is not one that a vault of this build has served yet. Start the vault on it once, then run this again.',
    )
  } finally {
    await server.stop()
  }
}

/** The checkpoints up to now, in a file that only grows; undefined where there is none. */
function openCheckpoints({ dataDir }: Config): (() => Readable) | undefined {
  const path = join(dataDir, checkpointsName)
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return size === 0 ? undefined : () => createReadStream(path, { end: size - 1 })
}

async function* sectionsOf(
  { tables, rows }: Snapshot,
  checkpoints: (() => Readable) | undefined,
  { onTable }: Needs,
): AsyncGenerator<FilledSection> {
  if (checkpoints !== undefined) {
    yield { section: { file: checkpointsName }, content: checkpoints() }
  }
  for (const [index, table] of tables.entries()) {
    onTable(table.name, index + 1)
    yield {
      section: { table: table.name, columns: table.columns },
      content: await rows(table),
    }
  }
}

/** Reads a backup from its beginning to its end, and changes nothing. Throws BackupError and RootKeyError. */
export async function checkBackup(path: string, needs: Needs): Promise<BackupSummary> {
  const backup = await openBackup(path)
  const rootKey = await findKey(backup, needs.config)
  return { ...summarise(path, backup.header), ...(await readThrough(backup, rootKey)) }
}

/**
 * Makes a vault out of a backup, in a database and a data directory that hold none. The backup is read to its end before anything is
 * changed. `freezes`: the agents of every workspace stand still until an owner has looked. Throws BackupError, RootKeyError and `store-unavailable`.
 */
export async function restore(
  path: string,
  needs: Needs & { readonly freezes: boolean },
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
      throw explain(error)
    })
    if (rows === undefined) throw occupied()
    if (kept.isThere) await putCheckpoints(config, onProgress)
    const total = [...rows.values()].reduce((sum, count) => sum + count, 0)
    return { ...summarise(path, backup.header), tables, rows: total }
  } finally {
    await server.stop()
  }
}

async function findKey({ header }: OpenedBackup, config: Config): Promise<RootKey> {
  const rows = header.rootKeys.map(({ id, keyCheck, ciphertext, kms }) => ({
    id: Buffer.from(id, 'hex'),
    keyCheck: Buffer.from(keyCheck, 'hex'),
    ciphertext: ciphertext === null ? null : Buffer.from(ciphertext, 'hex'),
    kms,
  }))
  const [needed] = rows
  const source = await openKeySource({ config, randomBytes, holdsData: true })
  const keys = await source.load(rows)
  const key = keys.find((one) => needed !== undefined && isRootKeyOf(one, needed.keyCheck))
  if (key !== undefined) return key
  const where = needed?.kms == null ? '' : `, which ${needed.kms} keeps,`
  throw new RootKeyError(
    `The backup is sealed by the root key ${header.rootKeys[0]?.id}${where} and that is not the one that is here. Nothing was changed. Set SALLYPORT_ROOT_KEY (or SALLYPORT_ROOT_KEY_FILE, or SALLYPORT_KMS) as it was for the vault that was backed up.`,
  )
}

async function readThrough(
  backup: OpenedBackup,
  rootKey: RootKey,
): Promise<{ readonly tables: number }> {
  let tables = 0
  try {
    for await (const { section } of backup.sections(openSealedStream(rootKey, backup.line))) {
      if ('table' in section) tables += 1
    }
  } catch (error) {
    throw explain(error)
  }
  return { tables }
}

/** A sealed stream that is broken, or what decompresses it, says nothing to an operator. */
function explain(error: unknown): unknown {
  const isBroken =
    error instanceof SealedStreamError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
  if (!isBroken) return error
  return new BackupError('The backup was changed, or is not whole. Nothing was changed here.')
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

const inHex = ({
  id,
  keyCheck,
  ciphertext,
  kms,
}: Snapshot['rootKeys'][number]): BackupHeader['rootKeys'][number] => ({
  id: Buffer.from(id).toString('hex'),
  keyCheck: Buffer.from(keyCheck).toString('hex'),
  ciphertext: ciphertext === null ? null : Buffer.from(ciphertext).toString('hex'),
  kms,
})

const summarise = (path: string, header: Omit<BackupHeader, 'format'>) => ({
  path,
  createdAt: header.createdAt,
  version: header.version,
  rootKeyId: header.rootKeys[0]?.id ?? '',
  kms: header.rootKeys[0]?.kms ?? null,
})

const noKey = () =>
  new RootKeyError(
    'The root key is not the one that this database was made with. Nothing was written. This command needs the environment of the vault.',
  )
