import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  sign,
} from 'node:crypto'
import { encodeText, lengthPrefixed } from './associated-data.ts'
import { createRecentMap } from './recent-map.ts'
import { deriveFromRoot, type RootKey } from './root-key.ts'

/** The keys of the audit log: one per workspace for its chain, one for all for the checkpoints. */
export interface AuditKeys {
  /** The HMAC-SHA-256 key of a workspace's chain. */
  macKey(workspaceId: string): KeyObject
  /** Ed25519 (RFC 8032), 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
  readonly publicKey: KeyObject
  /** The same as an RFC 8037 JWK, for exports. */
  readonly publicKeyJwk: JsonWebKey
}

/** RFC 8410: the PKCS #8 header of an Ed25519 private key, before its 32 bytes of seed. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex')
const workspacesMax = 1000

/**
 * Derives the audit log's keys from the secret for its chains and the one for its checkpoints; the same ones always give the same
 * keys. Where the installation is older than its secrets, both are the root key that it had then.
 */
export function createAuditKeys(rootKey: RootKey, signing: RootKey = rootKey): AuditKeys {
  const macKeys = createRecentMap<KeyObject>(workspacesMax)
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Header, deriveFromRoot(signing, 'audit-signing')]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(privateKey)
  return {
    macKey(workspaceId) {
      const known = macKeys.get(workspaceId)
      if (known !== undefined) return known
      const narrowedTo = lengthPrefixed(encodeText(workspaceId))
      const key = createSecretKey(deriveFromRoot(rootKey, 'audit-mac', { narrowedTo }))
      macKeys.set(workspaceId, key)
      return key
    },
    sign: (bytes) => sign(null, bytes, privateKey),
    publicKey,
    publicKeyJwk: publicKey.export({ format: 'jwk' }),
  }
}
