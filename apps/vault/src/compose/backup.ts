import { randomBytes } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type OpenedBackup, openBackup, writeBackup } from '../backup/backup-file.ts'
import { BackupError, type BackupHeader, writeHeader } from '../backup/backup-header.ts'
import type { FilledSection } from '../backup/sections.ts'
import type { Config } from '../config.ts'
import { isRootKeyOf, type RootKey } from '../credentials/root-key.ts'
import { RootKeyError } from '../credentials/root-key-error.ts'
import { openSealedStream, SealedStreamError, sealStream } from '../credentials/sealed-stream.ts'
import { type Snapshot, withSnapshot } from '../store/backup/copy-out.ts'
import { recordBackup } from '../store/backup/record-backup.ts'
import { openKeySource } from './open-store.ts'
import { reachDatabase } from './reach-database.ts'

// A backup beside the vault that runs.

/** The audit log's checkpoints outside of the database. */
export const checkpointsName = 'audit-checkpoints.jsonl'
const saltBytes = 32

/** Who is told how far it is. */
export interface BackupTold {
  /** Takes what somebody should know, in a sentence. */
  readonly onProgress: (sentence: string) => void
  /** Takes the name of a table that is begun, and which it is, from 1. */
  readonly onTable: (name: string, at: number) => void
}

export interface BackupNeeds extends BackupTold {
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
export async function backUp(path: string, needs: BackupNeeds): Promise<BackupSummary> {
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
  { onTable }: BackupNeeds,
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
export async function checkBackup(path: string, needs: BackupNeeds): Promise<BackupSummary> {
  const backup = await openBackup(path)
  const rootKey = await findKey(backup, needs.config)
  return { ...summarise(path, backup.header), ...(await readThrough(backup, rootKey)) }
}

/** The root key that seals a backup, as this environment has it. Throws RootKeyError where it has another. */
export async function findKey({ header }: OpenedBackup, config: Config): Promise<RootKey> {
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

/** Reads a backup to its end. Throws BackupError. */
export async function readThrough(
  backup: OpenedBackup,
  rootKey: RootKey,
): Promise<{ readonly tables: number }> {
  let tables = 0
  try {
    for await (const { section } of backup.sections(openSealedStream(rootKey, backup.line))) {
      if ('table' in section) tables += 1
    }
  } catch (error) {
    throw explainBroken(error)
  }
  return { tables }
}

/** A sealed stream that is broken, or what decompresses it, says nothing to an operator. */
export function explainBroken(error: unknown): unknown {
  const isBroken =
    error instanceof SealedStreamError ||
    (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
  if (!isBroken) return error
  return new BackupError('The backup was changed, or is not whole. Nothing was changed here.')
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

export const summarise = (path: string, header: Omit<BackupHeader, 'format'>) => ({
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
