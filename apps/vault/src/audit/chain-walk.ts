import { equal, parseEntry } from './as-found.ts'
import type { FoundRecord } from './audit-store.ts'
import { chainHash, genesisHash } from './chain.ts'
import { findVersion, type RecordMac } from './epoch-macs.ts'
import { type KeyChange, readKeyChange } from './key-change.ts'

// Checks records one after the other. The table's verifier and the export's share it, so both name the same fault.

/** What is wrong, and the lowest sequence number that is not as the vault wrote it. */
export interface ChainFault {
  readonly firstBad: number
  readonly reason: string
}

/** The part of a record that the chain covers. */
export type ChainedRecord = Pick<FoundRecord, 'seq' | 'entry' | 'hash' | 'mac'>

/** Where a walk has got to. */
interface WalkEnd {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array | undefined
}

export interface ChainWalk {
  /** Takes the next record: undefined when it is the genuine successor. After a fault the walk has not moved. */
  step(record: ChainedRecord): ChainFault | undefined
  /** The last genuine record's number and hash. */
  end(): WalkEnd
  /** The version of the keys that were in force at a record that was walked over; undefined where no MAC has told. */
  versionAt(seq: number): number | undefined
  /** Where there are newer keys than those in which the chain ends: it went over to them, and that was removed. */
  lacksNewer(): ChainFault | undefined
}

/** What a chain is walked with. */
interface WalkOptions {
  /** By the version of the keys. Without it only the hashes are checked: enough up to a signed checkpoint, since nobody can sign another. */
  readonly macs?: ReadonlyMap<number, RecordMac> | undefined
  /** The last record that retention has removed, which the caller has checked; without it the walk starts before the first record. */
  readonly start?:
    | { readonly seq: number; readonly hash: Uint8Array; readonly mac: Uint8Array }
    | undefined
}

/** Walks along one workspace's chain. Keys only ever change at a record that says so, and only to newer ones. */
export function createChainWalk(workspaceId: string, options: WalkOptions = {}): ChainWalk {
  const { macs, start } = options
  let last: WalkEnd = start ?? { seq: 0, hash: genesisHash(workspaceId), mac: undefined }
  const versions: { fromSeq: number; version: number }[] = []
  const began = start && macs && findVersion(macs, start)
  if (began !== undefined) versions.push({ fromSeq: 0, version: began })

  /** The version whose MAC the record has to bear; a chain may begin with any. */
  function wantedVersion(record: ChainedRecord, change: KeyChange | undefined) {
    const inForce = versions.at(-1)?.version
    if (change === undefined) return inForce ?? findVersion(macs ?? new Map(), record)
    return inForce === undefined || inForce === change.fromVersion ? change.toVersion : undefined
  }

  return {
    step(record) {
      const expected = last.seq + 1
      const misplaced = placeFault(record, expected)
      if (misplaced !== undefined) return misplaced
      const hash = chainHash(last.hash, record.entry)
      if (!equal(hash, record.hash)) {
        return fault(expected, `Record ${expected} does not follow from the record before it.`)
      }
      if (macs !== undefined) {
        const change = readKeyChange(record.entry)
        const version = wantedVersion(record, change)
        if (version !== undefined && !macs.has(version)) return notGiven(expected, version)
        const mac = version === undefined ? undefined : macs.get(version)?.(expected, hash)
        if (version === undefined || mac === undefined || !equal(mac, record.mac)) {
          return fault(expected, `Record ${expected} was not written by this vault.`)
        }
        if (versions.at(-1)?.version !== version) versions.push({ fromSeq: expected, version })
      }
      last = { seq: expected, hash, mac: record.mac }
      return undefined
    },
    end: () => last,
    versionAt: (seq) => versions.findLast(({ fromSeq }) => fromSeq <= seq)?.version,
    lacksNewer() {
      const ended = versions.at(-1)?.version
      if (ended === undefined || macs === undefined || ended === Math.max(...macs.keys())) {
        return undefined
      }
      const from = last.seq + 1
      return fault(
        from,
        `The newest records, from ${from} on, are missing: the vault has newer keys than those of record ${last.seq}.`,
      )
    },
  }
}

function placeFault(record: ChainedRecord, expected: number): ChainFault | undefined {
  if (record.seq > expected) return fault(expected, `Record ${expected} is missing.`)
  if (record.seq !== expected) return fault(record.seq, `Record ${record.seq} is out of place.`)
  return undefined
}

const notGiven = (seq: number, version: number) =>
  fault(seq, `Record ${seq} is of version ${version} of the audit keys, which was not given.`)

const fault = (firstBad: number, reason: string): ChainFault => ({ firstBad, reason })

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
