import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import {
  createRootKey,
  isRootKeyOf,
  parseRootKey,
  type RootKey,
  rootKeyCheck,
} from '../credentials/root-key.ts'
import { readOrMakeRootKey } from '../credentials/root-key-file.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { startEmbeddedPostgres } from '../store/embedded/start-embedded-postgres.ts'
import { createInstallationStore } from '../store/installation.ts'
import { migrate, readKeyCheck } from '../store/migrate.ts'

// Opens what the house stands on, in the one order that is safe: root key, database, key check, migrations.

const poolConnectionsMax = 10
/** What a data directory with an embedded database in it holds. */
const databaseMarks = ['postgres', 'postgres-location.json']

/** The database, bound to its root key and migrated. */
export interface OpenedStore {
  readonly rootKey: RootKey
  readonly database: Database
  /** For the connection of the change feed. */
  readonly url: string
  /** No other vault can be at work on it: whoever runs an embedded database holds its data directory. */
  readonly isExclusive: boolean
  close(): Promise<void>
}

export interface OpenStoreNeeds {
  readonly config: Config
  readonly migrationsFolder: string
  readonly log: { info(message: string): void; warn(message: string): void }
  readonly randomBytes: (size: number) => Uint8Array
}

/** This database belongs to another root key. Nothing was changed. */
class WrongRootKeyError extends Error {
  override readonly name = 'WrongRootKeyError'
  readonly exitCode = 78
}

/** Opens the store. Throws WrongRootKeyError before anything is changed (S-34), and `store-unavailable`. */
export async function openStore(needs: OpenStoreNeeds): Promise<OpenedStore> {
  const rootKey = createRootKey(readRootKey(needs))
  const server = await openServer(needs)
  try {
    await requireRootKey(server.ownerUrl, rootKey)
    await migrate({
      url: server.ownerUrl,
      migrationsFolder: needs.migrationsFolder,
      ...(server.appRole !== undefined && { appRole: server.appRole }),
    })
    const database = openDatabase({
      url: server.appUrl,
      maxConnections: poolConnectionsMax,
      applicationName: 'sallyport',
    })
    await bind(database, rootKey)
    const close = () => database.close().finally(() => server.stop())
    return {
      rootKey,
      database,
      url: server.appUrl,
      isExclusive: needs.config.databaseUrl === undefined,
      close,
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

function readRootKey({ config, randomBytes }: OpenStoreNeeds): Uint8Array {
  const given = config.rootKey?.reveal()
  if (given !== undefined) return parseRootKey(given)
  const holdsData = databaseMarks.some((name) => existsSync(join(config.dataDir, name)))
  return readOrMakeRootKey(config.dataDir, { holdsData, randomBytes })
}

interface Server {
  readonly ownerUrl: string
  readonly appUrl: string
  readonly appRole?: string
  stop(): Promise<void>
}

async function openServer({ config, log, randomBytes }: OpenStoreNeeds): Promise<Server> {
  if (config.databaseUrl === undefined) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log, randomBytes })
    return { ...embedded, appRole: decodeURIComponent(new URL(embedded.appUrl).username) }
  }
  const appUrl = config.databaseUrl.reveal()
  const ownerUrl = config.databaseMigrationUrl?.reveal() ?? appUrl
  const appRole = decodeURIComponent(new URL(appUrl).username)
  return { ownerUrl, appUrl, appRole, stop: async () => {} }
}

/** Before migrations: a database that holds another key's data is left exactly as it is. */
async function requireRootKey(url: string, rootKey: RootKey): Promise<void> {
  const keyCheck = await readKeyCheck(url)
  if (keyCheck !== undefined && !isRootKeyOf(rootKey, keyCheck)) throw wrongRootKey()
}

/** Two replicas may start on an empty database at once, with different keys: the second one stops here. */
async function bind(database: Database, rootKey: RootKey): Promise<void> {
  const standing = await createInstallationStore(database).insert(rootKeyCheck(rootKey))
  if (isRootKeyOf(rootKey, standing)) return
  await database.close()
  throw wrongRootKey()
}

const wrongRootKey = () =>
  new WrongRootKeyError(
    'The root key is not the one that this database was made with. Nothing was changed. Set SALLYPORT_ROOT_KEY (or SALLYPORT_ROOT_KEY_FILE) to the right key, or put the right root-key file back into the data directory.',
  )
