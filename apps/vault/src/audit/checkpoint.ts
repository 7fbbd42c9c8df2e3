import { type KeyObject, verify } from 'node:crypto'
import type { AuditCheckpoint } from '@sallyport/contracts'
import type { CheckpointRow, FoundHead } from './audit-store.ts'

// A checkpoint says, signed, that a chain had this head at this time: what proves that newer entries were removed.

const checkpointLabel = 'sallyport-audit-checkpoint-v1'
export const hashPattern = /^[0-9a-f]{64}$/
export const signaturePattern = /^[A-Za-z0-9_-]{86}$/
/** A workspace id stands between line feeds in the signed bytes, so it may hold none. */
export const workspacePattern = /^[\x21-\x7e]{1,64}$/

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The bytes that are signed: a label and the members, each with a line feed after it. */
function checkpointBytes(checkpoint: Omit<CheckpointRow, 'signature'>): Uint8Array {
  const { workspaceId, seq, count, hash, mac, atMs } = checkpoint
  const at = new Date(atMs).toISOString()
  const parts = [checkpointLabel, workspaceId, seq, count, hex(hash), hex(mac), at]
  return Buffer.from(parts.map((part) => `${part}\n`).join(''))
}

/** Signs a head. The caller has checked that the head is genuine: a signature makes it so for everybody else. */
export function signCheckpoint(
  head: FoundHead,
  atMs: number,
  sign: (bytes: Uint8Array) => Uint8Array,
): CheckpointRow {
  const { workspaceId, seq, hash, mac } = head
  // Records are numbered from 1 without a gap, so the number of the last is their count.
  const unsigned = { workspaceId, seq, count: seq, hash, mac, atMs: Math.floor(atMs) }
  return { ...unsigned, signature: sign(checkpointBytes(unsigned)) }
}

/** Whether the vault with this key (Ed25519) signed exactly this. */
export function isGenuine(checkpoint: CheckpointRow, publicKey: KeyObject): boolean {
  if (checkpoint.count !== checkpoint.seq || !Number.isFinite(checkpoint.atMs)) return false
  if (Math.abs(checkpoint.atMs) > 8.64e15) return false // The range of Date.
  return verify(null, checkpointBytes(checkpoint), publicKey, checkpoint.signature)
}

/** As it is answered, exported and written to the file: hash and MAC in hex, the signature in base64url. */
export function writeCheckpoint(checkpoint: CheckpointRow): AuditCheckpoint {
  return {
    workspaceId: checkpoint.workspaceId,
    seq: checkpoint.seq,
    count: checkpoint.count,
    hash: hex(checkpoint.hash),
    mac: hex(checkpoint.mac),
    at: new Date(checkpoint.atMs).toISOString(),
    signature: Buffer.from(checkpoint.signature).toString('base64url'),
  }
}

/** Reads what `writeCheckpoint` wrote; undefined for anything else. Says nothing about the signature. */
export function readCheckpoint(value: unknown): CheckpointRow | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found: Partial<Record<keyof AuditCheckpoint, unknown>> = value
  const { workspaceId, seq, count, hash, mac, at, signature } = found
  if (!isText(workspaceId, workspacePattern)) return undefined
  if (!isText(hash, hashPattern) || !isText(mac, hashPattern)) return undefined
  if (!isText(signature, signaturePattern)) return undefined
  if (typeof at !== 'string' || typeof seq !== 'number' || typeof count !== 'number') {
    return undefined
  }
  const atMs = Date.parse(at)
  if (!Number.isSafeInteger(seq) || seq < 1 || Number.isNaN(atMs)) return undefined
  if (new Date(atMs).toISOString() !== at) return undefined
  return {
    workspaceId,
    seq,
    count,
    hash: Buffer.from(hash, 'hex'),
    mac: Buffer.from(mac, 'hex'),
    atMs,
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Is it a text of that form? */
export function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

/** Reads a line of the append-only file; undefined for what is not a checkpoint, e.g. a line that a crash cut off. */
export function readCheckpointLine(line: string): CheckpointRow | undefined {
  try {
    return readCheckpoint(JSON.parse(line))
  } catch {
    return undefined // SyntaxError: the line is no JSON.
  }
}
