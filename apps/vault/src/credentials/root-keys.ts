import { Buffer } from 'node:buffer'
import type { ParentKey } from './envelope.ts'
import { createWrappingKey, type RootKey, rootKeyCheck, rootKeyId } from './root-key.ts'

/** A root key that the database knows of. */
export interface StoredRootKey {
  readonly id: Uint8Array
  readonly keyCheck: Uint8Array
  /** The key as a KMS encrypted it, and which key of which KMS; null where the operator keeps it. */
  readonly ciphertext: Uint8Array | null
  readonly kms: string | null
}

/** Where root keys come from. */
export interface RootKeySource {
  /**
   * All keys that it can give now, read anew: its own, and of those that the database knows the ones that its KMS has encrypted.
   * Throws a RootKeyError with a sentence.
   */
  load(stored: readonly StoredRootKey[]): Promise<readonly RootKey[]>
}

/** What the ring asks the store. */
export interface RootKeyShelf {
  list(): Promise<readonly StoredRootKey[]>
  /** The check of the one that new keys are wrapped under. */
  findCurrentCheck(): Promise<Uint8Array | undefined>
}

/** The root keys of a running vault. */
export interface RootKeys {
  /** The key under which new ones are wrapped now. */
  current(): Promise<ParentKey>
  /** The key that an envelope names; asks the source where it is not known yet. */
  find(keyId: Uint8Array): Promise<ParentKey | undefined>
  /**
   * Looks for every key that the database knows, forgets every other, and answers the ids of those that are had, in hexadecimal.
   */
  learn(): Promise<readonly string[]>
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/**
 * Builds the ring of root keys: those of the start, and whatever else the source has by the time that it is needed, so that a
 * rotation stops no vault that runs.
 */
export function createRootKeys({
  known,
  source,
  shelf,
}: {
  readonly known: readonly RootKey[]
  readonly source: RootKeySource
  readonly shelf: RootKeyShelf
}): RootKeys {
  const byId = new Map<string, { readonly key: ParentKey; readonly check: string }>()
  const state: { loading: Promise<void> | undefined } = { loading: undefined }
  const keep = (key: RootKey) => {
    byId.set(hex(rootKeyId(key)), { key: createWrappingKey(key), check: hex(rootKeyCheck(key)) })
  }
  const findByCheck = (check: Uint8Array) =>
    [...byId.values()].find((one) => one.check === hex(check))?.key
  known.forEach(keep)

  async function readAnew(): Promise<void> {
    const stored = await shelf.list()
    for (const key of await source.load(stored.filter(({ id }) => !byId.has(hex(id))))) keep(key)
  }
  /** Once for all who wait. */
  const load = () => {
    state.loading ??= readAnew().finally(() => {
      state.loading = undefined
    })
    return state.loading
  }

  return {
    async current() {
      const check = await shelf.findCurrentCheck()
      if (check === undefined) throw new Error('the database is bound to no root key')
      if (findByCheck(check) === undefined) await load()
      const key = findByCheck(check)
      if (key === undefined) throw new Error('the current root key is not known to this vault')
      return key
    },
    async find(keyId) {
      if (!byId.has(hex(keyId))) await load()
      return byId.get(hex(keyId))?.key
    },
    async learn() {
      const stored = await shelf.list()
      if (stored.some(({ id }) => !byId.has(hex(id)))) await load()
      const ids = stored.map(({ id }) => hex(id))
      // Whoever has a key that was replaced, after a leak, and can write to the database gets nothing taken that it wraps.
      for (const id of byId.keys()) if (!ids.includes(id)) byId.delete(id)
      return ids.filter((id) => byId.has(id))
    },
  }
}

/** A ring of one key, for whoever has no other. */
export function onlyRootKey(rootKey: RootKey): RootKeys {
  const wrapping = createWrappingKey(rootKey)
  const id = hex(rootKeyId(rootKey))
  return {
    current: async () => wrapping,
    find: async (keyId) => (hex(keyId) === id ? wrapping : undefined),
    learn: async () => [id],
  }
}
