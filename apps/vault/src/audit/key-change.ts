import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { parseEntry } from './as-found.ts'

// The record with which a chain goes over to newer keys. It is the first one under the new MAC key, so that what stands before it is
// fast from then on, whoever has the old keys; and it announces the new public key, signed with the old one.

const changeLabel = 'sallyport-audit-key-change-v1'
/** Of the record, as for anything that is done to the vault. */
export const keyChangeOperation = 'rotateAuditKeys'

/** Where the record stands: its number, and the hash of the one before. */
export interface ChangePlace {
  readonly workspaceId: string
  readonly seq: number
  readonly previous: Uint8Array
}

/** What the record says. */
export interface KeyChange {
  readonly fromVersion: number
  readonly toVersion: number
  /** Ed25519: what signs from here on. */
  readonly publicKey: KeyObject
  readonly signature: Uint8Array
}

/** The bytes that are signed: a label and the members, each with a line feed after it. */
export function changeBytes(
  { workspaceId, seq, previous }: ChangePlace,
  { fromVersion, toVersion, x }: { fromVersion: number; toVersion: number; x: string },
): Uint8Array {
  const hash = Buffer.from(previous).toString('hex')
  const parts = [changeLabel, workspaceId, seq, hash, fromVersion, toVersion, x]
  return Buffer.from(parts.map((part) => `${part}\n`).join(''))
}

/** Reads the record's text; undefined for any other record. Says nothing about the signature. */
export function readKeyChange(entry: string): KeyChange | undefined {
  // Nearly every record is another: it costs no parsing.
  if (!entry.includes(`"operation":"${keyChangeOperation}"`)) return undefined
  const { kind, operation, detail } = parseEntry(entry) ?? {}
  if (kind !== 'event' || operation !== keyChangeOperation) return undefined
  if (typeof detail !== 'object' || detail === null) return undefined
  const { fromVersion, toVersion, publicKey, signature }: Partial<Record<string, unknown>> = {
    ...detail,
  }
  if (!isVersion(fromVersion) || !isVersion(toVersion) || toVersion <= fromVersion) return undefined
  if (typeof publicKey !== 'string' || typeof signature !== 'string') return undefined
  const key = readPublicKey({ kty: 'OKP', crv: 'Ed25519', x: publicKey })
  if (key === undefined) return undefined
  return { fromVersion, toVersion, publicKey: key, signature: Buffer.from(signature, 'base64url') }
}

const isVersion = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1

/** Whether the key that was in force before signed exactly this change at this place. */
export function isGenuineChange(
  change: KeyChange,
  place: ChangePlace,
  publicKey: KeyObject,
): boolean {
  const { fromVersion, toVersion } = change
  const x = change.publicKey.export({ format: 'jwk' }).x ?? ''
  const bytes = changeBytes(place, { fromVersion, toVersion, x })
  return verify(null, bytes, publicKey, change.signature)
}

/** Reads an Ed25519 key as it stands in an export (RFC 8037); undefined for anything else. */
export function readPublicKey(value: unknown): KeyObject | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { kty, crv, x }: Partial<Record<string, unknown>> = { ...value }
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return undefined
  try {
    return createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  } catch {
    return undefined // `x` is not a key.
  }
}
