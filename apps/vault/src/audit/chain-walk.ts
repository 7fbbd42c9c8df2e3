import type { FoundRecord } from './audit-store.ts'
import { chainHash, genesisHash } from './chain.ts'

// Checks records one after the other. The table's verifier and the export's share it, so both name the same fault.

/** What is wrong, and the lowest sequence number that is not as the vault wrote it. */
export interface ChainFault {
  readonly firstBad: number
  readonly reason: string
}

/** The part of a record that the chain covers. */
export type ChainedRecord = Pick<FoundRecord, 'seq' | 'entry' | 'hash' | 'mac'>

export interface ChainWalk {
  /** Takes the next record: undefined when it is the genuine successor. After a fault the walk has not moved. */
  step(record: ChainedRecord): ChainFault | undefined
  /** The last genuine record's number and hash. */
  end(): { readonly seq: number; readonly hash: Uint8Array; readonly mac: Uint8Array | undefined }
}

/**
 * Starts before a workspace's first record, or after the last one that retention has removed, which the caller has checked. Without `mac` only the hashes are checked: enough up to a signed
 * checkpoint, since nobody can sign another.
 */
export function createChainWalk(
  workspaceId: string,
  mac?: (seq: number, hash: Uint8Array) => Uint8Array,
  start?: { readonly seq: number; readonly hash: Uint8Array; readonly mac: Uint8Array },
): ChainWalk {
  let seq = start?.seq ?? 0
  let hash = start?.hash ?? genesisHash(workspaceId)
  let lastMac = start?.mac
  return {
    step(record) {
      const expected = seq + 1
      if (record.seq > expected) return fault(expected, `Record ${expected} is missing.`)
      if (record.seq !== expected) return fault(record.seq, `Record ${record.seq} is out of place.`)
      const nextHash = chainHash(hash, record.entry)
      if (!equal(nextHash, record.hash)) {
        return fault(expected, `Record ${expected} does not follow from the record before it.`)
      }
      if (mac !== undefined && !equal(mac(expected, nextHash), record.mac)) {
        return fault(expected, `Record ${expected} was not written by this vault.`)
      }
      seq = expected
      hash = nextHash
      lastMac = record.mac
      return undefined
    },
    end: () => ({ seq, hash, mac: lastMac }),
  }
}

const fault = (firstBad: number, reason: string): ChainFault => ({ firstBad, reason })

// Nothing here is secret: a verifier has all that it compares, so constant time is not needed.
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.from(one.buffer, one.byteOffset, one.length).equals(other)
}

/** Checks that the columns which are searched say what the record itself says. */
export function checkColumns(record: FoundRecord): ChainFault | undefined {
  const said = parseEntry(record.entry)
  const matches =
    said !== undefined &&
    said.id === record.auditId &&
    said.kind === record.kind &&
    said.at === isoOf(record.atMs) &&
    (said.agentId ?? null) === record.agentId &&
    (said.connectionId ?? null) === record.connectionId &&
    (said.decision ?? null) === record.decision
  if (matches) return undefined
  return fault(record.seq, `The columns of record ${record.seq} do not say what the record says.`)
}

function isoOf(ms: number): string | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** Parses the text of a record; undefined when it is not a JSON object. */
export function parseEntry(entry: string): Partial<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(entry)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined // SyntaxError: the text is no JSON.
  }
}
