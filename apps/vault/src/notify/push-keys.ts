import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import { z } from 'zod'
import type { NotifySealer } from './sealed-channel.ts'

/** A workspace's key for web push as it is stored. */
export interface StoredPushKey {
  readonly workspaceId: string
  readonly publicKey: string
  readonly sealed: Uint8Array
}

export interface PushKeyStore {
  find(workspaceId: string): Promise<StoredPushKey | undefined>
  /** Inserts where there is none, and answers the one that stands. */
  insert(key: StoredPushKey): Promise<StoredPushKey>
}

/** A key pair of P-256 for VAPID (RFC 8292), both parts base64url. */
const KeyPair = z.strictObject({ publicKey: z.string(), privateKey: z.string() })
export type KeyPair = z.infer<typeof KeyPair>

/** The keys that workspaces sign their push messages with. */
export interface PushKeys {
  /** What browsers subscribe with. Made at the first call. Problem: `credential-unreadable`. */
  publicKey(workspaceId: string): Promise<string>
  /** What messages are signed with. Problem: `credential-unreadable`. */
  find(workspaceId: string): Promise<KeyPair>
}

const contextOf = (workspaceId: string) => ({
  ...{ table: 'push_keys', column: 'sealed', workspaceId },
  ...{ rowId: workspaceId, rowVersion: 1 },
})

/** Builds the keeping of keys. A key lasts: with another one every subscription would be void. */
export function createPushKeys(needs: {
  readonly store: PushKeyStore
  readonly keyring: NotifySealer
  readonly generate: () => Promise<KeyPair>
}): PushKeys {
  const { store, keyring, generate } = needs
  const find = async (workspaceId: string): Promise<KeyPair> => {
    const stored = (await store.find(workspaceId)) ?? (await make(workspaceId))
    const plaintext = await keyring.open(contextOf(workspaceId), stored.sealed)
    // Both parts are read from the seal: what stands beside it is to be shown.
    const pair = KeyPair.safeParse(JSON.parse(Buffer.from(plaintext).toString('utf8')))
    if (pair.success) return pair.data
    throw new Problem('credential-unreadable', 'The key for web push cannot be read.', {
      next: 'An operator can look at what happened to the row of push_keys.',
    })
  }
  const make = async (workspaceId: string): Promise<StoredPushKey> => {
    const { publicKey, privateKey } = await generate()
    const plaintext = Buffer.from(JSON.stringify({ publicKey, privateKey }))
    const sealed = await keyring.seal(contextOf(workspaceId), plaintext)
    return store.insert({ workspaceId, publicKey, sealed })
  }
  return {
    publicKey: async (workspaceId) => (await find(workspaceId)).publicKey,
    find,
  }
}
