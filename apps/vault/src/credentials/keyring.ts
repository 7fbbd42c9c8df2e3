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
import { deriveFromRoot, keyBytes, keyIdBytes, type RootKey } from './root-key.ts'

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
  readonly rootKey: RootKey
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
  /** Seals under the workspace's newest key. */
  seal(context: SealContext, plaintext: Uint8Array): Promise<Uint8Array>
  /** Opens what was sealed for exactly this context; else Problem `credential-unreadable` (S-33). */
  open(context: SealContext, sealed: Uint8Array): Promise<Uint8Array>
}

/** By version: the key, or why it cannot be had. One damaged key leaves the others usable. */
type WorkspaceKeys = ReadonlyMap<number, ParentKey | Problem>

/** Workspaces whose keys are kept unwrapped in memory. */
const workspacesMax = 1000

/** Builds the keyring. Each workspace's keys are unwrapped once and then kept as KeyObjects. */
export function createKeyring({ rootKey, workspaceKeys, randomBytes }: KeyringNeeds): Keyring {
  const wrapping = wrappingKey(rootKey)
  const loaded = createRecentMap<Promise<WorkspaceKeys>>(workspacesMax)

  function wrapNew(workspaceId: string, version: number): WrappedWorkspaceKey {
    const plaintext = randomBytes(keyBytes)
    const context = wrappedKeyContext(workspaceId, version)
    const nonce = randomBytes(nonceBytes)
    const wrapped = sealEnvelope({ parent: wrapping, context, plaintext, nonce })
    plaintext.fill(0)
    return { version, wrapped }
  }

  /** Reads and unwraps the keys of a workspace, once for all who wait; a failure is not remembered. */
  function load(workspaceId: string): Promise<WorkspaceKeys> {
    const loading = workspaceKeys.list(workspaceId).then((rows) => {
      return new Map(rows.map((row) => [row.version, unwrap(wrapping, workspaceId, row)]))
    })
    loaded.set(workspaceId, loading)
    loading.catch(() => {
      if (loaded.get(workspaceId) === loading) loaded.delete(workspaceId)
    })
    return loading
  }

  const keysOf = (workspaceId: string) => loaded.get(workspaceId) ?? load(workspaceId)

  async function newestKey(context: SealContext): Promise<ParentKey> {
    const { workspaceId } = context
    const known = newest(await keysOf(workspaceId)) ?? newest(await load(workspaceId))
    if (known !== undefined) return usable(known, context)
    await workspaceKeys.insert({ workspaceId, ...wrapNew(workspaceId, 1) })
    // Read back: another replica may have been first, and then its key is the one that stays.
    return usable(newest(await load(workspaceId)), context)
  }

  return {
    createWorkspaceKey: async (workspaceId) => wrapNew(workspaceId, 1),

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
  }
}

function wrappingKey(rootKey: RootKey): ParentKey {
  const bytes = deriveFromRoot(rootKey, 'workspace-key-wrapping')
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { id: deriveFromRoot(rootKey, 'root-key-id', { length: keyIdBytes }), key }
}

function wrappedKeyContext(workspaceId: string, version: number): SealContext {
  const row = { workspaceId, rowId: workspaceId, rowVersion: version }
  return { table: 'workspace_keys', column: 'wrapped', ...row }
}

function unwrap(
  wrapping: ParentKey,
  workspaceId: string,
  row: WrappedWorkspaceKey,
): ParentKey | Problem {
  const context = wrappedKeyContext(workspaceId, row.version)
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
