import { createHmac, createSecretKey } from 'node:crypto'
import { deriveFromRoot, type RootKey } from './root-key.ts'

/**
 * Builds the function under which tokens are stored and looked up: HMAC-SHA-256 (RFC 2104) of the token's UTF-8
 * under a key of the installation's own, 32 bytes. A dump of the database is of no use for guessing tokens.
 */
export function createTokenHasher(rootKey: RootKey): (token: string) => Uint8Array {
  const key = createSecretKey(deriveFromRoot(rootKey, 'token-hash'))
  return (token) => createHmac('sha256', key).update(token, 'utf8').digest()
}
