import { Buffer } from 'node:buffer'
import { nonceBytes, openEnvelope, type ParentKey, sealEnvelope } from './envelope.ts'
import { secretContext } from './installation-secrets.ts'
import { wrappedKeyContext } from './keyring.ts'
import { createWrappingKey, isRootKeyOf, type RootKey, rootKeyId } from './root-key.ts'
import { RootKeyError } from './root-key-error.ts'
import type { OwnRootKeySource } from './root-key-source.ts'
import type { RootKeyShelf, StoredRootKey } from './root-keys.ts'

/** A key that is wrapped by a root key: of a workspace, or a secret of the installation. */
type WrappedRow = { readonly version: number; readonly wrapped: Uint8Array } & (
  | { readonly workspaceId: string }
  | { readonly purpose: string }
)

/** What the rotation asks of the store. */
export interface RootRotationStore extends RootKeyShelf {
  usage(): Promise<ReadonlyMap<string, { workspaceKeys: number; secrets: number }>>
  add(row: StoredRootKey): Promise<void>
  drop(id: Uint8Array): Promise<void>
  listWrapped(id: Uint8Array): Promise<readonly WrappedRow[]>
  replace(row: WrappedRow, wrapped: Uint8Array): Promise<void>
  /** False while a row names the old one. */
  finish(old: Uint8Array, next: Uint8Array): Promise<boolean>
  /** Vaults that may be serving, with the ids of the root keys that each has. */
  listVaults(): Promise<readonly { readonly id: string; readonly rootKeyIds: readonly string[] }[]>
}

/** What became of it. */
export interface RootRotation {
  /** Ids in hexadecimal. */
  readonly from: string
  readonly to: string
  readonly rewrapped: number
  /** Nothing had to be done: the key that was to come is the present one. */
  readonly wasDone: boolean
  /** What is left for the operator to do. */
  readonly next: string
}

interface Needs {
  readonly source: OwnRootKeySource
  readonly store: RootRotationStore
  readonly randomBytes: (count: number) => Uint8Array
  readonly sleep: (ms: number) => Promise<unknown>
  /** Writes down that the key is replaced: just before it is, so that a run that is killed has said so. Ids in hexadecimal. */
  readonly record: (keys: { readonly from: string; readonly to: string }) => Promise<void>
  /** Told of each step, in a sentence. */
  readonly onProgress: (sentence: string) => void
}

/** Vaults hear of a new key at once, and say so within seconds; one that was killed counts for fifteen. */
const vaultsWaitMsMax = 20_000
const vaultsPollMs = 250
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/**
 * Replaces the root key while vaults run: only what it wraps is wrapped anew, row by row, each in the place of exactly what was read;
 * that the new key is the current one is written last, together with forgetting the old one. It can end at any moment: the next run
 * goes on with the same key. Nothing is wrapped before every vault that may be serving has the new key.
 * Throws RootKeyError where a key is missing, here or at a vault.
 */
export async function rotateRoot(needs: Needs): Promise<RootRotation> {
  const { source, store, onProgress } = needs
  const old = await currentKey(needs)
  const from = hex(rootKeyId(old))
  const next = await chooseNext(needs, old)
  if (next === undefined) {
    return { from, to: from, rewrapped: 0, wasDone: true, next: source.settle(old) }
  }
  const id = rootKeyId(next)
  onProgress(`The root key ${from} is replaced by ${hex(id)}.`)
  const keys = { from: createWrappingKey(old), to: createWrappingKey(next) }
  let rewrapped = 0
  let isRecorded = false
  for (;;) {
    await awaitVaults(needs, hex(id))
    const rows = await store.listWrapped(keys.from.id)
    for (const row of rows) await rewrap(needs, row, keys)
    rewrapped += rows.length
    if (rows.length > 0) {
      onProgress(`${rewrapped} keys are wrapped by the new root key.`)
      continue
    }
    if (!isRecorded) await needs.record({ from, to: hex(id) })
    isRecorded = true
    if (await store.finish(keys.from.id, id)) break
  }
  return { from, to: hex(id), rewrapped, wasDone: false, next: source.settle(next) }
}

async function currentKey({ source, store }: Needs): Promise<RootKey> {
  const check = await store.findCurrentCheck()
  if (check === undefined) throw new RootKeyError('This database holds no vault yet.')
  const key = (await source.load(await store.list())).find((one) => isRootKeyOf(one, check))
  if (key !== undefined) return key
  throw new RootKeyError(
    'The root key is not the one that this database was made with. Nothing was changed. This command needs the environment of the vault.',
  )
}

/** The key that a run before began with, else a new one; undefined where it is the present one already. */
async function chooseNext(needs: Needs, old: RootKey): Promise<RootKey | undefined> {
  const { source, store, onProgress } = needs
  const used = await store.usage()
  for (const row of await store.list()) {
    if (isRootKeyOf(old, row.keyCheck)) continue
    const known = (await source.load([row])).find((key) => isRootKeyOf(key, row.keyCheck))
    if (known !== undefined) {
      onProgress('A rotation that was begun before is gone on with.')
      return known
    }
    if (used.has(hex(row.id))) {
      throw new RootKeyError(
        `A rotation to the root key ${hex(row.id)} was begun and has to be ended first, and that key is not here. Nothing was changed.`,
      )
    }
    await store.drop(row.id)
  }
  const { key, stored } = await source.next()
  if (isRootKeyOf(old, stored.keyCheck)) return undefined
  await store.add(stored)
  return key
}

async function rewrap(
  { store, randomBytes }: Needs,
  row: WrappedRow,
  { from, to }: { readonly from: ParentKey; readonly to: ParentKey },
): Promise<void> {
  const context =
    'purpose' in row ? secretContext(row) : wrappedKeyContext(row.workspaceId, row.version)
  const plaintext = openEnvelope(from, context, row.wrapped)
  const nonce = randomBytes(nonceBytes)
  await store.replace(row, sealEnvelope({ parent: to, context, plaintext, nonce }))
  plaintext.fill(0)
}

/** A vault without the new key could open nothing that is wrapped by it. */
async function awaitVaults({ store, sleep, onProgress }: Needs, id: string): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += vaultsPollMs) {
    const vaults = await store.listVaults()
    const without = vaults.filter(({ rootKeyIds }) => !rootKeyIds.includes(id)).length
    if (without === 0) return
    if (waitedMs === 0) {
      onProgress(`${without} of ${vaults.length} running vaults do not have the new key yet.`)
    }
    if (waitedMs >= vaultsWaitMsMax) {
      throw new RootKeyError(
        `${without} of ${vaults.length} running vaults do not have the new root key ${id}. Give it to each of them (SALLYPORT_ROOT_KEY_NEXT, or SALLYPORT_KMS), start them again, and run this again: it goes on where it stopped.`,
      )
    }
    await sleep(vaultsPollMs)
  }
}
