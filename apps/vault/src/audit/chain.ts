import { createHash, createHmac, hash, type KeyObject } from 'node:crypto'
import type { RecordDraft } from './entry.ts'

// The arithmetic of the chain; docs/audit-format.md describes the same byte by byte.

/** Where a chain has got to: its last record's number, hash and MAC. Number 0 is the empty chain. */
export interface ChainHead {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
}

/** Records with their places in the chain. */
export interface StampedGroup {
  readonly rows: readonly RecordDraft[]
  /** What follows from each record, 32 bytes each, end to end. */
  readonly hashes: Uint8Array
  readonly macs: Uint8Array
  /** The head after the last of them. */
  readonly head: ChainHead
}

const genesisLabel = 'sallyport-audit-genesis-v1'
/** The bytes of a hash, and of a MAC. */
export const hashBytes = 32
const lengthBytes = 4
const seqBytes = 8
const utf8BytesPerCharMax = 3
const twoTo32 = 2 ** 32
/** Digests are taken as text and written to where they belong: a buffer of its own for each costs as much as its hash. */
const digestEncoding = 'binary'

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
  return Buffer.from(createEntryHash()(previous, entry), digestEncoding)
}

function createEntryHash(): (previous: Uint8Array, entry: string) => string {
  let input = Buffer.allocUnsafe(1024)
  return (previous, entry) => {
    const bytesMax = hashBytes + lengthBytes + entry.length * utf8BytesPerCharMax
    if (input.length < bytesMax) input = Buffer.allocUnsafe(bytesMax)
    input.set(previous.subarray(0, hashBytes), 0)
    const length = input.write(entry, hashBytes + lengthBytes)
    input.writeUInt32BE(length, hashBytes)
    return hash('sha256', input.subarray(0, hashBytes + lengthBytes + length), digestEncoding)
  }
}

/** Makes the MAC function of one workspace: HMAC-SHA-256 over its length-prefixed id, the number (64 bits) and the hash. */
export function createRecordMac(
  key: KeyObject,
  workspaceId: string,
): (seq: number, hash: Uint8Array) => Uint8Array {
  const mac = createMacText(key, workspaceId)
  return (seq, hash) => Buffer.from(mac(seq, hash), digestEncoding)
}

function createMacText(
  key: KeyObject,
  workspaceId: string,
): (seq: number, hash: Uint8Array) => string {
  const prefix = lengthPrefixed(workspaceId)
  const input = Buffer.concat([prefix, Buffer.alloc(seqBytes + hashBytes)])
  return (seq, hash) => {
    input.writeUInt32BE(Math.floor(seq / twoTo32), prefix.length)
    input.writeUInt32BE(seq % twoTo32, prefix.length + lengthBytes)
    input.set(hash.subarray(0, hashBytes), prefix.length + seqBytes)
    return createHmac('sha256', key).update(input).digest(digestEncoding)
  }
}

/** The head of a chain that has no record yet. */
export function genesisHead(key: KeyObject, workspaceId: string): ChainHead {
  const hash = genesisHash(workspaceId)
  return { seq: 0, hash, mac: createRecordMac(key, workspaceId)(0, hash) }
}

/** Makes the function that gives one workspace's drafts their places after a head, in order. */
export function createStamp(
  key: KeyObject,
  workspaceId: string,
): (head: ChainHead, drafts: readonly RecordDraft[]) => StampedGroup {
  const macOf = createMacText(key, workspaceId)
  return (head, drafts) => {
    const hashOf = createEntryHash()
    const hashes = Buffer.allocUnsafe(drafts.length * hashBytes)
    const macs = Buffer.allocUnsafe(drafts.length * hashBytes)
    let last = head
    drafts.forEach((draft, i) => {
      const from = i * hashBytes
      const end = from + hashBytes
      const seq = last.seq + 1
      hashes.write(hashOf(last.hash, draft.entry), from, digestEncoding)
      const hash = hashes.subarray(from, end)
      macs.write(macOf(seq, hash), from, digestEncoding)
      last = { seq, hash, mac: macs.subarray(from, end) }
    })
    return { rows: drafts, hashes, macs, head: last }
  }
}
