import { createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Bytes of the root key, and of every key that is derived from it. */
export const keyBytes = 32
/** Bytes of the id by which an envelope names the key that it needs. */
export const keyIdBytes = 8

const salt = Buffer.from('sallyport/v1', 'utf8')

/** What keys are derived for. Each is the end of an HKDF info, so that no key serves two purposes. */
type RootPurpose =
  | 'workspace-key-wrapping'
  | 'token-hash'
  | 'audit-mac'
  | 'audit-signing'
  | 'key-check'
  | 'root-key-id'
  | 'approval-fingerprint'
  | 'backup'

/**
 * The key above all keys. It holds a KeyObject, so that neither a log nor JSON can print it, and only this room
 * looks inside. Treat it as opaque.
 */
export interface RootKey {
  readonly key: KeyObject
}

/**
 * Reads a root key as an operator writes it: 32 bytes in base64 or base64url, white space around it forgiven.
 * Throws a RangeError that says what is wrong and never repeats the text.
 */
export function parseRootKey(text: string): Uint8Array {
  const trimmed = text.trim()
  const bytes = Buffer.from(trimmed, 'base64')
  // Node skips what is not base64; the way back shows whether it did.
  const canonical = trimmed.replaceAll('-', '+').replaceAll('_', '/').replace(/=$/, '')
  if (bytes.length !== keyBytes || bytes.toString('base64').slice(0, -1) !== canonical) {
    throw new RangeError(
      'must be 32 random bytes in base64 (44 characters), such as `openssl rand -base64 32` prints',
    )
  }
  return new Uint8Array(bytes)
}

/** Takes 32 bytes of key; throws a RangeError for any other number of them. */
export function createRootKey(bytes: Uint8Array): RootKey {
  if (bytes.length !== keyBytes) throw new RangeError('the root key must have 32 bytes')
  return Object.freeze({ key: createSecretKey(bytes) })
}

/**
 * HKDF-SHA-256 (RFC 5869) of the root key: salt `sallyport/v1`, info `sallyport/v1/<purpose>` and whatever
 * narrows the purpose down. `docs/envelope.md` describes it for third parties.
 */
export function deriveFromRoot(
  rootKey: RootKey,
  purpose: RootPurpose,
  options: { readonly narrowedTo?: Uint8Array; readonly length?: number } = {},
): Buffer {
  const { narrowedTo = Buffer.alloc(0), length = keyBytes } = options
  const info = Buffer.concat([Buffer.from(`sallyport/v1/${purpose}`, 'utf8'), narrowedTo])
  return Buffer.from(hkdfSync('sha256', rootKey.key, salt, info, length))
}

/** A value that tells two root keys apart and says nothing about either: what `installation.key_check` keeps. */
export function rootKeyCheck(rootKey: RootKey): Uint8Array {
  return deriveFromRoot(rootKey, 'key-check')
}

/** Is this the root key that `keyCheck` was made of? Takes the same time for every answer. */
export function isRootKeyOf(rootKey: RootKey, keyCheck: Uint8Array): boolean {
  const own = rootKeyCheck(rootKey)
  return own.length === keyCheck.length && timingSafeEqual(own, keyCheck)
}

/** The eight bytes by which whatever it wraps names a root key. */
export function rootKeyId(rootKey: RootKey): Uint8Array {
  return deriveFromRoot(rootKey, 'root-key-id', { length: keyIdBytes })
}

/** The key under which a root key wraps others, with the id by which they name it. */
export function createWrappingKey(rootKey: RootKey): { id: Uint8Array; key: KeyObject } {
  const bytes = deriveFromRoot(rootKey, 'workspace-key-wrapping')
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { id: rootKeyId(rootKey), key }
}
