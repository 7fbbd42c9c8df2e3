import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { type KeyStatus, readKeyStatus } from '../credentials/key-status.ts'
import { createKeyring } from '../credentials/keyring.ts'
import { RootKeyError } from '../credentials/root-key-error.ts'
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
import { newAuditId, type OperatorPlace, openRecorder, openRing } from './operator-log.ts'
import { reachDatabase } from './reach-database.ts'
import { type AuditRotation, rotateAudit } from './rotate-audit.ts'

// What an operator does to keys, beside the vaults that run or while none does.

const poolConnectionsMax = 3

type Tell = (sentence: string) => void

/** What an operator can do. Each throws RootKeyError, and `store-unavailable`. Rotations stand in the audit log of each workspace. */
export interface OperatorKeys {
  status(): Promise<KeyStatus>
  rotateRoot(onProgress: Tell): Promise<RootRotation>
  /** `workspaceIds` undefined: all of them. */
  rotateWorkspaces(
    workspaceIds: readonly string[] | undefined,
    onProgress: Tell,
  ): Promise<readonly WorkspaceRotation[]>
  /** The secrets that audit chains and checkpoints are made with; the others stay (docs/keys.md). */
  rotateSecrets(): Promise<AuditRotation>
  /**
   * The HMAC keys of a workspace's audit chain, in base64: they prove records, and the newest could forge them. One a line, behind its
   * version where there are several.
   */
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
    const at = { database, source }
    return {
      status: () =>
        readKeyStatus(
          { ...rotationStore(database), sealedUnder: createResealingStore(database).usage },
          source,
        ),
      rotateRoot: (onProgress) => alone(server.url, () => rotateTheRoot(at, onProgress)),
      rotateWorkspaces: (workspaceIds, onProgress) =>
        alone(server.url, () => rotateAll(at, { workspaceIds, onProgress })),
      rotateSecrets: () => alone(server.url, () => rotateSecrets(at)),
      auditKey: (workspaceId) => readAuditKey(at, workspaceId),
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

async function rotateTheRoot(at: OperatorPlace, onProgress: Tell): Promise<RootRotation> {
  const store = rotationStore(at.database)
  return rotateRoot({
    ...{ source: at.source, store, randomBytes, sleep, onProgress },
    async record({ from, to }) {
      const tell = await openRecorder(at, onProgress)
      for (const { id } of await store.listWorkspaces()) {
        await tell({ workspaceId: id, operation: 'rotateRootKey', detail: { from, to } })
      }
    },
  })
}

async function rotateAll(
  at: OperatorPlace,
  of: { workspaceIds: readonly string[] | undefined; onProgress: Tell },
): Promise<readonly WorkspaceRotation[]> {
  const { database } = at
  const { workspaceIds, onProgress } = of
  const known = (await createRootRotationStore(database).listWorkspaces()).map(({ id }) => id)
  const unknown = workspaceIds?.find((id) => !known.includes(id))
  if (unknown !== undefined) throw new RootKeyError(`There is no workspace ${unknown}.`)
  const workspaceKeys = createWorkspaceKeyStore(database)
  const { rootKeys } = await openRing(at)
  const keyring = createKeyring({ rootKeys, workspaceKeys, randomBytes })
  const store = {
    ...createResealingStore(database),
    columns: sealedColumns,
    listKeys: workspaceKeys.list,
    insertKey: workspaceKeys.insert,
  }
  const tell = await openRecorder(at, onProgress)
  const done: WorkspaceRotation[] = []
  for (const workspaceId of workspaceIds ?? known) {
    const needs = {
      ...{ store, keyring, sleep },
      onProgress: (resealed: number) =>
        onProgress(`${workspaceId}: ${resealed} values sealed anew.`),
      record: (versions: { from: number; to: number }) =>
        tell({
          ...{ workspaceId, operation: 'rotateWorkspaceKey' },
          detail: { fromVersion: versions.from, toVersion: versions.to },
        }),
    }
    done.push(await rotateWorkspace(needs, workspaceId))
  }
  return done
}

async function rotateSecrets(at: OperatorPlace): Promise<AuditRotation> {
  const opened = await openRing(at)
  return rotateAudit({
    ...opened,
    ...{ database: at.database, newAuditId, now: Date.now, randomBytes },
  })
}

async function readAuditKey(at: OperatorPlace, workspaceId: string): Promise<string> {
  const workspaces = await createRootRotationStore(at.database).listWorkspaces()
  if (!workspaces.some(({ id }) => id === workspaceId)) {
    throw new RootKeyError(`There is no workspace ${workspaceId}.`)
  }
  const { ring } = await openRing(at)
  const keys = ring.epochs().map(({ version, macKey }) => ({
    version,
    key: macKey(workspaceId).export().toString('base64'),
  }))
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return only.key
  return keys.map(({ version, key }) => `${version} ${key}`).join('\n')
}
