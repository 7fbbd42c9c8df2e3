// This room seals secrets and opens them again, and is the only one that holds a key.

import { createSecretKey } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import { encodeVersion, type SealContext } from './associated-data.ts'
import {
  envelopeKeyId,
  nonceBytes,
  openEnvelope,
  type ParentKey,
  sealEnvelope,
  unreadable,
} from './envelope.ts'
import { createRecentMap } from './recent-map.ts'
import { keyBytes } from './root-key.ts'
import type { RootKeys } from './root-keys.ts'

/** A workspace's key as it is stored: wrapped by the root key. */
export interface WrappedWorkspaceKey {
  readonly version: number
  readonly wrapped: Uint8Array
}

/** What the keyring needs of the store. */
export interface WorkspaceKeyStore {
  /** All keys of a workspace, in any order. */
  list(workspaceId: string): Promise<readonly WrappedWorkspaceKey[]>
  /** Adds a key; one that is there already (same workspace and version) stays as it is. */
  insert(row: WrappedWorkspaceKey & { readonly workspaceId: string }): Promise<void>
}

interface KeyringNeeds {
  readonly rootKeys: Pick<RootKeys, 'current' | 'find'>
  readonly workspaceKeys: WorkspaceKeyStore
  readonly randomBytes: (count: number) => Uint8Array
}

/** Seals and opens what the database keeps. All bytes are Uint8Array; the sealed form is in `docs/envelope.md`. */
export interface Keyring {
  /**
   * Makes the first key of a new workspace, for the caller to store in the transaction that makes the workspace.
   * A workspace that has none gets one when something is first sealed in it.
   */
  createWorkspaceKey(workspaceId: string): Promise<WrappedWorkspaceKey>
  /** Makes another version of a workspace's key, for the caller to store. */
  wrapNext(workspaceId: string, version: number): Promise<WrappedWorkspaceKey>
  /** Seals under the workspace's newest key. */
  seal(context: SealContext, plaintext: Uint8Array): Promise<Uint8Array>
  /** Opens what was sealed for exactly this context; else Problem `credential-unreadable` (S-33). */
  open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array>
  /** Reads keys anew before the next use: of one workspace, or of all. What is held goes on opening what it sealed. */
  refresh(workspaceId?: string): void
}

/** By version: the key, or why it cannot be had. One damaged key leaves the others usable. */
type WorkspaceKeys = ReadonlyMap<number, ParentKey | Problem>

interface Held {
  readonly keys: Promise<WorkspaceKeys>
  /** Read before something changed. */
  isStale: boolean
}

/** Workspaces whose keys are kept unwrapped in memory. */
const workspacesMax = 1000

/** Builds the keyring. Each workspace's keys are unwrapped once and then kept as KeyObjects. */
export function createKeyring({ rootKeys, workspaceKeys, randomBytes }: KeyringNeeds): Keyring {
  const held = createRecentMap<Held>(workspacesMax)

  async function wrapNew(workspaceId: string, version: number): Promise<WrappedWorkspaceKey> {
    const parent = await rootKeys.current()
    const plaintext = randomBytes(keyBytes)
    const context = wrappedKeyContext(workspaceId, version)
    const nonce = randomBytes(nonceBytes)
    const wrapped = sealEnvelope({ parent, context, plaintext, nonce })
    plaintext.fill(0)
    return { version, wrapped }
  }

  /** Reads and unwraps the keys of a workspace, once for all who wait; a failure is not remembered. */
  function load(workspaceId: string): Promise<WorkspaceKeys> {
    const before = held.get(workspaceId)
    const keys = readKeys(workspaceId, before?.keys)
    const loading = { keys, isStale: false }
    held.set(workspaceId, loading)
    keys.catch(() => {
      if (held.get(workspaceId) === loading) held.delete(workspaceId)
    })
    return keys
  }

  async function readKeys(
    workspaceId: string,
    before: Promise<WorkspaceKeys> | undefined,
  ): Promise<WorkspaceKeys> {
    const rows = await workspaceKeys.list(workspaceId)
    const read = await Promise.all(
      rows.map(async (row) => [row.version, await unwrap(rootKeys, workspaceId, row)] as const),
    )
    // A row that was read before a rotation ended is still to be opened after it.
    const kept = [...((await before?.catch(() => undefined)) ?? [])]
    return new Map([...kept.filter(([, key]) => !(key instanceof Problem)), ...read])
  }

  const keysOf = (workspaceId: string) => {
    const known = held.get(workspaceId)
    return known === undefined || known.isStale ? load(workspaceId) : known.keys
  }

  async function newestKey(context: SealContext): Promise<ParentKey> {
    const { workspaceId } = context
    const known = newest(await keysOf(workspaceId)) ?? newest(await load(workspaceId))
    if (known !== undefined) return usable(known, context)
    await workspaceKeys.insert({ workspaceId, ...(await wrapNew(workspaceId, 1)) })
    // Read back: another replica may have been first, and then its key is the one that stays.
    return usable(newest(await load(workspaceId)), context)
  }

  return {
    createWorkspaceKey: (workspaceId) => wrapNew(workspaceId, 1),
    wrapNext: wrapNew,

    async seal(context, plaintext) {
      const parent = await newestKey(context)
      return sealEnvelope({ parent, context, plaintext, nonce: randomBytes(nonceBytes) })
    },

    async open(context, sealed) {
      const version = keyVersion(sealed)
      if (version === undefined) throw unreadable(context)
      // A key that is not known here may have been added by another replica since.
      const parent =
        (await keysOf(context.workspaceId)).get(version) ??
        (await load(context.workspaceId)).get(version)
      return openEnvelope(usable(parent, context), context, sealed)
    },

    refresh(workspaceId) {
      for (const one of workspaceId === undefined ? held.values() : [held.get(workspaceId)]) {
        if (one !== undefined) one.isStale = true
      }
    },
  }
}

/** Where a wrapped workspace key belongs. */
export function wrappedKeyContext(workspaceId: string, version: number): SealContext {
  const row = { workspaceId, rowId: workspaceId, rowVersion: version }
  return { table: 'workspace_keys', column: 'wrapped', ...row }
}

async function unwrap(
  rootKeys: Pick<RootKeys, 'find'>,
  workspaceId: string,
  row: WrappedWorkspaceKey,
): Promise<ParentKey | Problem> {
  const context = wrappedKeyContext(workspaceId, row.version)
  const keyId = envelopeKeyId(row.wrapped)
  const wrapping = keyId && (await rootKeys.find(keyId))
  if (wrapping === undefined) return unreadable(context)
  try {
    const bytes = openEnvelope(wrapping, context, row.wrapped)
    const key = createSecretKey(bytes)
    bytes.fill(0)
    return { id: encodeVersion(row.version), key }
  } catch (problem) {
    if (problem instanceof Problem) return problem // It matters when, and only when, this key is needed.
    throw problem
  }
}

/** The key itself. What is thrown is made anew each time: a problem carries the audit entry of one failure. */
function usable(key: ParentKey | Problem | undefined, context: SealContext): ParentKey {
  if (key === undefined || key instanceof Problem) throw unreadable(context, key)
  return key
}

function newest(keys: WorkspaceKeys): ParentKey | Problem | undefined {
  return keys.get(Math.max(...keys.keys()))
}

/** The version of the workspace key that an envelope needs: its key id, read as a number. */
function keyVersion(sealed: Uint8Array): number | undefined {
  const id = envelopeKeyId(sealed)
  return id === undefined ? undefined : Number(Buffer.from(id).readBigUInt64BE())
}
