import { type KeyObject, verify } from 'node:crypto'
import type { AuditStart } from '@sallyport/contracts'
import { hashPattern, isText, signaturePattern, workspacePattern } from './checkpoint.ts'

// Where a chain starts since retention removed what was before: the last record that was removed, signed by the vault, so that
// nobody else can take entries away and say that it was retention.

const startLabel = 'sallyport-audit-start-v1'

/** The last record that was removed. */
export interface StartRow {
  readonly workspaceId: string
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
  /** When it was removed; milliseconds since the epoch. */
  readonly atMs: number
  readonly signature: Uint8Array
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The bytes that are signed: a label and the members, each with a line feed after it. */
function startBytes(start: Omit<StartRow, 'signature'>): Uint8Array {
  const { workspaceId, seq, hash, mac, atMs } = start
  const at = new Date(atMs).toISOString()
  const parts = [startLabel, workspaceId, seq, hex(hash), hex(mac), at]
  return Buffer.from(parts.map((part) => `${part}\n`).join(''))
}

/** Signs a start. The caller has verified the chain up to it: a signature makes it so for everybody else. */
export function signStart(
  last: Pick<StartRow, 'workspaceId' | 'seq' | 'hash' | 'mac'>,
  atMs: number,
  sign: (bytes: Uint8Array) => Uint8Array,
): StartRow {
  const { workspaceId, seq, hash, mac } = last
  const unsigned = { workspaceId, seq, hash, mac, atMs: Math.floor(atMs) }
  return { ...unsigned, signature: sign(startBytes(unsigned)) }
}

/** Whether the vault with this key (Ed25519) signed exactly this. */
export function isGenuineStart(start: StartRow, publicKey: KeyObject): boolean {
  if (!Number.isFinite(start.atMs) || Math.abs(start.atMs) > 8.64e15) return false // The range of Date.
  return verify(null, startBytes(start), publicKey, start.signature)
}

/** As it is answered and exported: hash and MAC in hex, the signature in base64url. */
export function writeStart(start: StartRow): AuditStart {
  return {
    workspaceId: start.workspaceId,
    seq: start.seq,
    hash: hex(start.hash),
    mac: hex(start.mac),
    at: new Date(start.atMs).toISOString(),
    signature: Buffer.from(start.signature).toString('base64url'),
  }
}

/** Reads what `writeStart` wrote; undefined for anything else. Says nothing about the signature. */
export function readStart(value: Partial<Record<keyof AuditStart, unknown>>): StartRow | undefined {
  const { workspaceId, seq, hash, mac, at, signature } = value
  if (!isText(workspaceId, workspacePattern) || !isText(signature, signaturePattern)) {
    return undefined
  }
  if (!isText(hash, hashPattern) || !isText(mac, hashPattern) || typeof at !== 'string') {
    return undefined
  }
  const atMs = Date.parse(at)
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 1) return undefined
  if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== at) return undefined
  return {
    ...{ workspaceId, seq, atMs },
    hash: Buffer.from(hash, 'hex'),
    mac: Buffer.from(mac, 'hex'),
    signature: Buffer.from(signature, 'base64url'),
  }
}
