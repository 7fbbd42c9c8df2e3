import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import { encodeAssociatedData, encodeRecordSalt, type SealContext } from './associated-data.ts'
import { keyBytes, keyIdBytes } from './root-key.ts'

// The sealed form of one value, byte by byte as docs/envelope.md describes it:
// format (1) · key id (8) · nonce (12) · ciphertext · tag (16).

const format = 1
/** Bytes of an AES-GCM nonce: 96 bits, the size that NIST SP 800-38D recommends. */
export const nonceBytes = 12
const tagBytes = 16
const headerBytes = 1 + keyIdBytes + nonceBytes
const cipher = 'aes-256-gcm'
const recordKeyInfo = Buffer.from('sallyport/v1/record-key', 'utf8')

/** A key that record keys are derived from, with the id by which envelopes name it. */
export interface ParentKey {
  readonly id: Uint8Array
  readonly key: KeyObject
}

/** What is sealed, for where, with what. `nonce` is 12 random bytes that were never used before. */
interface Sealing {
  readonly parent: ParentKey
  readonly context: SealContext
  readonly plaintext: Uint8Array
  readonly nonce: Uint8Array
}

/** Seals a value for its context: AES-256-GCM under a key of the record's own. */
export function sealEnvelope({ parent, context, plaintext, nonce }: Sealing): Uint8Array {
  if (nonce.length !== nonceBytes) throw new RangeError('a nonce must have 12 bytes')
  const encrypt = createCipheriv(cipher, recordKey(parent, context), nonce, {
    authTagLength: tagBytes,
  })
  encrypt.setAAD(encodeAssociatedData(context, parent.id))
  const ciphertext = [encrypt.update(plaintext), encrypt.final()]
  return Buffer.concat([
    Buffer.from([format]),
    parent.id,
    nonce,
    ...ciphertext,
    encrypt.getAuthTag(),
  ])
}

/**
 * Opens a sealed value. Throws Problem `credential-unreadable`, one and the same for every cause, when it was not
 * sealed with this key for exactly this context or when any bit of it has changed.
 */
export function openEnvelope(
  parent: ParentKey,
  context: SealContext,
  sealed: Uint8Array,
): Uint8Array {
  const keyId = envelopeKeyId(sealed)
  if (keyId === undefined || Buffer.compare(keyId, parent.id) !== 0) throw unreadable(context)
  try {
    const nonce = sealed.subarray(1 + keyIdBytes, headerBytes)
    const decrypt = createDecipheriv(cipher, recordKey(parent, context), nonce, {
      authTagLength: tagBytes,
    })
    decrypt.setAAD(encodeAssociatedData(context, parent.id))
    decrypt.setAuthTag(sealed.subarray(-tagBytes))
    const plaintext = decrypt.update(sealed.subarray(headerBytes, -tagBytes))
    decrypt.final() // Throws unless the tag is right; nothing of the plaintext is used before.
    return plaintext
  } catch (cause) {
    throw unreadable(context, cause)
  }
}

/** The id of the key that a sealed value needs; undefined where the bytes are not an envelope of this format. */
export function envelopeKeyId(sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < headerBytes + tagBytes || sealed[0] !== format) return undefined
  return sealed.subarray(1, 1 + keyIdBytes)
}

/** The one problem of everything that does not open. The log, and only the log, gets to know which row it was. */
export function unreadable(context: SealContext, cause?: unknown): Problem {
  const where = `${context.table}.${context.column} of ${context.rowId}, version ${context.rowVersion}`
  return new Problem('credential-unreadable', 'A stored secret cannot be opened.', {
    next: 'An operator has to restore the database and the root key that belong together, or an owner enters the secret again.',
    cause: new Error(`the sealed value in ${where} does not open`, { cause }),
  })
}

function recordKey(parent: ParentKey, context: SealContext): KeyObject {
  const bytes = Buffer.from(
    hkdfSync('sha256', parent.key, encodeRecordSalt(context), recordKeyInfo, keyBytes),
  )
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}
