import { createHash, createHmac, type KeyObject } from 'node:crypto'
import type { RecordDraft } from './entry.ts'

// The arithmetic of the chain; docs/audit-format.md describes the same byte by byte.

/** Where a chain has got to: its last record's number, hash and MAC. Number 0 is the empty chain. */
export interface ChainHead {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

/** A record with its place in the chain. */
export interface StampedRecord extends RecordDraft {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

const genesisLabel = 'sallyport-audit-genesis-v1'
const hashBytes = 32
const lengthBytes = 4
const seqBytes = 8

function lengthPrefixed(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const out = Buffer.allocUnsafe(lengthBytes + length)
  out.writeUInt32BE(length, 0)
  out.write(text, lengthBytes)
  return out
}

/** The hash that a workspace's first record follows: bound to the workspace, so no chain fits another's place. */
export function genesisHash(workspaceId: string): Uint8Array {
  return createHash('sha256').update(genesisLabel).update(lengthPrefixed(workspaceId)).digest()
}

/** SHA-256 of the hash before, the entry's length in bytes (32 bits, big endian) and the entry in UTF-8. */
export function chainHash(previous: Uint8Array, entry: string): Uint8Array {
  const length = Buffer.byteLength(entry)
  const input = Buffer.allocUnsafe(hashBytes + lengthBytes + length)
  input.set(previous.subarray(0, hashBytes), 0)
  input.writeUInt32BE(length, hashBytes)
  input.write(entry, hashBytes + lengthBytes)
  return createHash('sha256').update(input).digest()
}

/** Makes the MAC function of one workspace: HMAC-SHA-256 over its length-prefixed id, the number (64 bits) and the hash. */
export function createRecordMac(
  key: KeyObject,
  workspaceId: string,
): (seq: number, hash: Uint8Array) => Uint8Array {
  const prefix = lengthPrefixed(workspaceId)
  return (seq, hash) => {
    const input = Buffer.allocUnsafe(prefix.length + seqBytes + hashBytes)
    prefix.copy(input)
    input.writeBigUInt64BE(BigInt(seq), prefix.length)
    input.set(hash.subarray(0, hashBytes), prefix.length + seqBytes)
    return createHmac('sha256', key).update(input).digest()
  }
}

/** The head of a chain that has no record yet. */
export function genesisHead(key: KeyObject, workspaceId: string): ChainHead {
  const hash = genesisHash(workspaceId)
  return { seq: 0, hash, mac: createRecordMac(key, workspaceId)(0, hash) }
}

/** Gives drafts their places after `head`, in order. */
export function stampRecords(
  head: ChainHead,
  drafts: readonly RecordDraft[],
  mac: (seq: number, hash: Uint8Array) => Uint8Array,
): StampedRecord[] {
  let { seq, hash } = head
  return drafts.map((draft) => {
    seq += 1
    hash = chainHash(hash, draft.entry)
    return {
      auditId: draft.auditId,
      kind: draft.kind,
      at: draft.at,
      agentId: draft.agentId,
      connectionId: draft.connectionId,
      decision: draft.decision,
      entry: draft.entry,
      seq,
      hash,
      mac: mac(seq, hash),
    }
  })
}
