import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { createAuditKeys } from '../credentials/audit-keys.ts'
import { openSecrets } from '../credentials/installation-secrets.ts'
import { createKeyring } from '../credentials/keyring.ts'
import { isRootKeyOf } from '../credentials/root-key.ts'
import { RootKeyError } from '../credentials/root-key-error.ts'
import type { OwnRootKeySource } from '../credentials/root-key-source.ts'
import { createRootKeys } from '../credentials/root-keys.ts'
import { type RootRotation, rotateRoot } from '../credentials/rotate-root.ts'
import { rotateWorkspace, type WorkspaceRotation } from '../credentials/rotate-workspace.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { readKeyBinding } from '../store/key-binding.ts'
import { createResealingStore } from '../store/resealing.ts'
import { createRootKeyStore } from '../store/root-keys.ts'
import { createRootRotationStore, withRotationLock } from '../store/root-rotation.ts'
import { sealedColumns } from '../store/sealed-columns.ts'
import { createWorkspaceKeyStore } from '../store/workspace-keys.ts'
import { openKeySource } from './open-store.ts'
import { reachDatabase } from './reach-database.ts'

// What an operator does to keys, beside the vaults that run or while none does.

const poolConnectionsMax = 3

/** Which keys there are, and how much hangs on each. */
export interface KeyStatus {
  readonly rootKeys: readonly {
    readonly id: string
    readonly isCurrent: boolean
    /** This command, with the environment that it has, could read it. */
    readonly isKnown: boolean
    readonly kms: string | null
    readonly workspaceKeys: number
    readonly secrets: number
  }[]
  readonly workspaces: readonly {
    readonly id: string
    readonly name: string
    /** By version: how many values are sealed under it. */
    readonly keys: readonly { readonly version: number; readonly rows: number }[]
  }[]
  readonly vaults: readonly { readonly id: string; readonly rootKeyIds: readonly string[] }[]
}

/** What an operator can do. Each throws RootKeyError, and `store-unavailable`. */
export interface OperatorKeys {
  status(): Promise<KeyStatus>
  rotateRoot(onProgress: (sentence: string) => void): Promise<RootRotation>
  /** `workspaceIds` undefined: all of them. */
  rotateWorkspaces(
    workspaceIds: readonly string[] | undefined,
    onProgress: (sentence: string) => void,
  ): Promise<readonly WorkspaceRotation[]>
  /** The HMAC key of a workspace's audit chain, in base64: it proves records, and could forge them. */
  auditKey(workspaceId: string): Promise<string>
  close(): Promise<void>
}

/** Opens the keys of an installation with the environment of its vaults. Changes nothing. */
export async function openOperatorKeys(config: Config): Promise<OperatorKeys> {
  const server = await reachDatabase(config)
  try {
    await requireBuild(server.url)
    const source = await openKeySource({ config, randomBytes })
    const database = openDatabase({
      url: server.url,
      maxConnections: poolConnectionsMax,
      applicationName: 'sallyport keys',
    })
    if (server.isExclusive) await createRootKeyStore(database).withdrawAll()
    return {
      status: () => readStatus(database, source),
      rotateRoot: (onProgress) =>
        alone(server.url, () =>
          rotateRoot({ source, store: rotationStore(database), randomBytes, sleep, onProgress }),
        ),
      rotateWorkspaces: (workspaceIds, onProgress) =>
        alone(server.url, () => rotateAll({ database, source, onProgress }, workspaceIds)),
      auditKey: (workspaceId) => readAuditKey({ database, source }, workspaceId),
      close: () => database.close().finally(() => server.stop()),
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

const rotationStore = (database: Database) => ({
  ...createRootKeyStore(database),
  ...createRootRotationStore(database),
})

async function requireBuild(url: string): Promise<void> {
  const { keyCheck, rootKeys } = await readKeyBinding(url)
  if (keyCheck !== undefined && rootKeys.length > 0) return
  throw new RootKeyError(
    'This database is not one that a vault of this build has served yet. Start the vault on it once, then run this again. Nothing was changed.',
  )
}

async function alone<T>(url: string, work: () => Promise<T>): Promise<T> {
  const done = await withRotationLock(url, work)
  if (done !== undefined) return done.value
  throw new RootKeyError('Another `sallyport keys rotate` is at work. Nothing was changed.')
}

async function rotateAll(
  of: {
    database: Database
    source: OwnRootKeySource
    onProgress: (sentence: string) => void
  },
  workspaceIds: readonly string[] | undefined,
): Promise<readonly WorkspaceRotation[]> {
  const { database, source, onProgress } = of
  const known = (await createRootRotationStore(database).listWorkspaces()).map(({ id }) => id)
  const unknown = workspaceIds?.find((id) => !known.includes(id))
  if (unknown !== undefined) throw new RootKeyError(`There is no workspace ${unknown}.`)
  const shelf = createRootKeyStore(database)
  const workspaceKeys = createWorkspaceKeyStore(database)
  const keyring = createKeyring({
    rootKeys: createRootKeys({ known: await source.load(await shelf.list()), source, shelf }),
    workspaceKeys,
    randomBytes,
  })
  const store = {
    ...createResealingStore(database),
    columns: sealedColumns,
    listKeys: workspaceKeys.list,
    insertKey: workspaceKeys.insert,
  }
  const done: WorkspaceRotation[] = []
  for (const workspaceId of workspaceIds ?? known) {
    const told = (resealed: number) => onProgress(`${workspaceId}: ${resealed} values sealed anew.`)
    done.push(await rotateWorkspace({ store, keyring, sleep, onProgress: told }, workspaceId))
  }
  return done
}

async function readAuditKey(
  { database, source }: { database: Database; source: OwnRootKeySource },
  workspaceId: string,
): Promise<string> {
  const workspaces = await createRootRotationStore(database).listWorkspaces()
  if (!workspaces.some(({ id }) => id === workspaceId)) {
    throw new RootKeyError(`There is no workspace ${workspaceId}.`)
  }
  const shelf = createRootKeyStore(database)
  const { find } = createRootKeys({ known: [], source, shelf })
  const secrets = await openSecrets(await shelf.listSecrets(), find)
  return createAuditKeys(secrets['audit-mac']).macKey(workspaceId).export().toString('base64')
}

async function readStatus(database: Database, source: OwnRootKeySource): Promise<KeyStatus> {
  const store = rotationStore(database)
  const resealing = createResealingStore(database)
  const [rows, current, used, vaults, workspaces] = await Promise.all([
    store.list(),
    store.findCurrentCheck(),
    store.usage(),
    store.listVaults(),
    store.listWorkspaces(),
  ])
  const keys = await source.load(rows)
  return {
    rootKeys: rows.map(({ id, keyCheck, kms }) => {
      const named = Buffer.from(id).toString('hex')
      return {
        id: named,
        isCurrent: current !== undefined && Buffer.compare(current, keyCheck) === 0,
        isKnown: keys.some((key) => isRootKeyOf(key, keyCheck)),
        kms,
        ...(used.get(named) ?? { workspaceKeys: 0, secrets: 0 }),
      }
    }),
    workspaces: await Promise.all(
      workspaces.map(async ({ id, name, versions }) => {
        const rowsOf = await resealing.usage(id)
        return {
          id,
          name,
          keys: versions.map((version) => ({ version, rows: rowsOf.get(version) ?? 0 })),
        }
      }),
    ),
    vaults,
  }
}
