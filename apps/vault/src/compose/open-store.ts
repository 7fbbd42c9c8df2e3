import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { type AuditKeyRing, openAuditKeys } from '../credentials/audit-key-ring.ts'
import {
  type InstallationSecrets,
  makeSecrets,
  openSecrets,
} from '../credentials/installation-secrets.ts'
import { createWrappingKey, isRootKeyOf, type RootKey } from '../credentials/root-key.ts'
import { startRootKeyHolder } from '../credentials/root-key-holder.ts'
import {
  createRootKeySource,
  type NewRootKey,
  type OwnRootKeySource,
  storedFor,
} from '../credentials/root-key-source.ts'
import { createRootKeys, type RootKeys } from '../credentials/root-keys.ts'
import { standingOf } from '../credentials/standing.ts'
import { queueSchema } from '../jobs/job-schema.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { startEmbeddedPostgres } from '../store/embedded/start-embedded-postgres.ts'
import { type KeyBinding, readKeyBinding } from '../store/key-binding.ts'
import { migrate } from '../store/migrate.ts'
import { type Binding, createRootKeyStore } from '../store/root-keys.ts'

// Opens what the house stands on, in the one order that is safe: root key, database, key check, migrations.

const poolConnectionsMax = 10
const vaultIdBytes = 12
/** What a data directory with an embedded database in it holds. */
const databaseMarks = ['postgres', 'postgres-location.json']

/** The database, bound to its root key and migrated. */
export interface OpenedStore {
  readonly rootKeys: RootKeys
  readonly secrets: InstallationSecrets
  readonly auditKeys: AuditKeyRing
  readonly database: Database
  /** For the connection of the change feed. */
  readonly url: string
  /** No other vault can be at work on it: whoever runs an embedded database holds its data directory. */
  readonly isExclusive: boolean
  /** There may be a new root key. */
  noticeRootKey(): void
  close(): Promise<void>
}

export interface OpenStoreNeeds {
  readonly config: Config
  readonly migrationsFolder: string
  readonly log: { info(message: string): void; warn(message: string): void }
  readonly randomBytes: (size: number) => Uint8Array
  /** Called when the database is on its way, and what has to be right before it is. */
  readonly whileOpening?: () => void
}

/** This database belongs to another root key. Nothing was changed. */
class WrongRootKeyError extends Error {
  override readonly name = 'WrongRootKeyError'
  readonly exitCode = 78
}

/**
 * Opens the store. Throws WrongRootKeyError and RootKeyError before anything is changed (S-34), and `store-unavailable`.
 */
export async function openStore(needs: OpenStoreNeeds): Promise<OpenedStore> {
  const source = await openKeySource(needs)
  const opening = openServer(needs)
  needs.whileOpening?.()
  const server = await opening
  try {
    const binding = await readKeyBinding(server.ownerUrl)
    const known = await requireRootKeys(source, binding)
    // Of a database that holds nothing yet, too, before anything is made: a KMS may refuse.
    const first = binding.keyCheck === undefined ? await source.first() : undefined
    await migrate({
      url: server.ownerUrl,
      migrationsFolder: needs.migrationsFolder,
      ...(server.appRole !== undefined && { appRole: server.appRole }),
      auditRetentionDays: needs.config.auditRetentionDays,
      // The queue of jobs is there only where it is nowhere else, and where there is somebody to share it with.
      ...(hasQueue(needs.config) && { furtherSchema: queueSchema }),
    })
    const database = openDatabase({
      url: server.appUrl,
      maxConnections: poolConnectionsMax,
      applicationName: 'sallyport',
    })
    const closing = async (error: unknown) => {
      await database.close()
      throw error
    }
    const { ownerUrl } = server
    const opened = await unlock({ needs, source, known, first, database, ownerUrl }).catch(closing)
    const holder = await announceRootKeys(opened.rootKeys, { database, needs }).catch(closing)
    const close = async () => {
      await holder.stop()
      await database.close().finally(() => server.stop())
    }
    return {
      ...opened,
      noticeRootKey: holder.notice,
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

/** Finds where root keys come from. Throws RootKeyError where there is nothing that could be one. */
export async function openKeySource({
  config,
  randomBytes,
  holdsData = databaseMarks.some((name) => existsSync(join(config.dataDir, name))),
}: Pick<OpenStoreNeeds, 'config' | 'randomBytes'> & {
  /** No key is to be made. */
  readonly holdsData?: boolean
}): Promise<OwnRootKeySource> {
  const { rootKey, rootKeyFile, rootKeyNext, kms } = config.keys
  // Loaded only where there is one.
  const composed = kms && (await import('./kms.ts')).composeKms(kms)
  return createRootKeySource({
    dataDir: config.dataDir,
    holdsData,
    given: rootKey?.reveal(),
    givenFile: rootKeyFile,
    givenNext: rootKeyNext?.reveal(),
    kms: composed,
    randomBytes,
  })
}

const hasQueue = ({ databaseUrl, redisUrl }: Config) =>
  databaseUrl !== undefined && redisUrl === undefined

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

/**
 * Before migrations: a database that holds another key's data, or something under a key that is not here, is left exactly as it
 * is. Answers the keys that are here.
 */
async function requireRootKeys(
  source: OwnRootKeySource,
  binding: KeyBinding,
): Promise<readonly RootKey[]> {
  const known = await source.load(binding.rootKeys)
  const standing = standingOf(known, binding)
  if (standing.is === 'other') throw wrongRootKey(standing.kms)
  if (standing.is === 'unfinished') throw unfinished(standing.missingId)
  return known
}

/** Binds the database to its root key where nobody has, and opens its secrets. */
async function unlock(given: {
  needs: OpenStoreNeeds
  source: OwnRootKeySource
  known: readonly RootKey[]
  first: NewRootKey | undefined
  database: Database
  ownerUrl: string
}): Promise<Pick<OpenedStore, 'rootKeys' | 'secrets' | 'auditKeys'>> {
  const { source, known, first, database, ownerUrl } = given
  const { randomBytes } = given.needs
  const shelf = createRootKeyStore(database)
  const older = (check: Uint8Array): Binding | undefined => {
    const key = known.find((one) => isRootKeyOf(one, check))
    return key && bindingOf({ rootKey: storedFor(key), key, given: key, randomBytes })
  }
  const fresh = first && bindingOf({ rootKey: first.stored, key: first.key, randomBytes })
  // The role of the running vault makes no root key known.
  const isBound = first === undefined && (await shelf.list()).length > 0
  const standing = isBound
    ? await shelf.findCurrentCheck()
    : await bindAsOwner(ownerUrl, { fresh, older })
  // Two replicas may start on an empty database at once: with a KMS the second one takes the first one's key.
  const ring = createRootKeys({
    known: first === undefined ? known : [...known, first.key],
    source,
    shelf,
  })
  const stored = (await shelf.list()).find((row) => isEqual(row.keyCheck, standing))
  if (stored === undefined || (await ring.find(stored.id)) === undefined) throw wrongRootKey()
  const secrets = await openSecrets(await shelf.listSecrets(), ring.find)
  const auditKeys = await openAuditKeys({ listSecrets: shelf.listSecrets, find: ring.find })
  return { rootKeys: ring, secrets, auditKeys }
}

async function bindAsOwner(
  url: string,
  binding: { fresh: Binding | undefined; older: (check: Uint8Array) => Binding | undefined },
): Promise<Uint8Array | undefined> {
  const owner = openDatabase({ url, maxConnections: 1, applicationName: 'sallyport start' })
  try {
    return await createRootKeyStore(owner).bind(binding.fresh, binding.older)
  } finally {
    await owner.close()
  }
}

/** Rotations wait for what this vault says. */
async function announceRootKeys(
  rootKeys: RootKeys,
  { database, needs }: { database: Database; needs: OpenStoreNeeds },
) {
  const vaultId = Buffer.from(needs.randomBytes(vaultIdBytes)).toString('hex')
  const store = createRootKeyStore(database)
  if (needs.config.databaseUrl === undefined) await store.withdrawAll()
  return startRootKeyHolder({
    rootKeys,
    announce: (ids) => store.announce(vaultId, ids),
    withdraw: () => store.withdraw(vaultId),
    onFailure: (error) =>
      needs.log.warn(
        `which root keys this vault has could not be told: ${error instanceof Error ? error.message : 'unknown'}`,
      ),
  })
}

function bindingOf(of: {
  rootKey: Binding['rootKey']
  key: RootKey
  given?: RootKey
  randomBytes: OpenStoreNeeds['randomBytes']
}): Binding {
  const { rootKey, key, given, randomBytes } = of
  const parent = createWrappingKey(key)
  return {
    rootKey,
    secrets: makeSecrets({ parent, ...(given !== undefined && { given }), randomBytes }),
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array | undefined) =>
  b !== undefined && Buffer.compare(a, b) === 0

/** `kms`: who has encrypted the right one. */
const wrongRootKey = (kms?: string | null) =>
  new WrongRootKeyError(
    typeof kms === 'string'
      ? `The root key is not the one that this database was made with: that one is kept by ${kms}. Nothing was changed. Set SALLYPORT_KMS and SALLYPORT_KMS_KEY (SALLYPORT_KMS_MOUNT) to just that.`
      : 'The root key is not the one that this database was made with. Nothing was changed. Set SALLYPORT_ROOT_KEY (or SALLYPORT_ROOT_KEY_FILE) to the right key, or put the right root-key file back into the data directory.',
  )

const unfinished = (id: Uint8Array) =>
  new WrongRootKeyError(
    `The root key is being replaced, and the other key (${Buffer.from(id).toString('hex')}) is not here. Nothing was changed. Give both (SALLYPORT_ROOT_KEY and SALLYPORT_ROOT_KEY_NEXT, or root-key.next beside root-key) until \`sallyport keys rotate root\` has ended.`,
  )
