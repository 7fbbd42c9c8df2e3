import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { encodeText, lengthPrefixed } from './associated-data.ts'
import { createRecentMap } from './recent-map.ts'
import { deriveFromRoot, type RootKey } from './root-key.ts'

const workspacesMax = 1000
/** Enough that no two texts of a lifetime meet, and too little to be worth keeping a dictionary of. */
const fingerprintBytes = 16

/**
 * Builds the keyed hash by which parts of requests are compared and not kept: HMAC-SHA-256 (RFC 2104) of the parts, each
 * behind its length, under a key of the workspace's own; 16 bytes in base64url. Texts are taken as UTF-16, so that half a
 * character is no fault.
 */
export function createFingerprinter(
  rootKey: RootKey,
): (workspaceId: string, parts: readonly string[]) => string {
  const keys = createRecentMap<KeyObject>(workspacesMax)
  const keyOf = (workspaceId: string) => {
    const known = keys.get(workspaceId)
    if (known !== undefined) return known
    const narrowedTo = lengthPrefixed(encodeText(workspaceId))
    const key = createSecretKey(deriveFromRoot(rootKey, 'approval-fingerprint', { narrowedTo }))
    keys.set(workspaceId, key)
    return key
  }
  return (workspaceId, parts) =>
    createHmac('sha256', keyOf(workspaceId))
      .update(lengthPrefixed(...parts.map((part) => Buffer.from(part, 'utf16le'))))
      .digest()
      .subarray(0, fingerprintBytes)
      .toString('base64url')
}
