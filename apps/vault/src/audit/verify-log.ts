import type { AuditCheckpoint, AuditStart } from '@sallyport/contracts'
import { equal } from './as-found.ts'
import type { CheckpointRow, FoundStart, RecordStore } from './audit-store.ts'
import { isGenuineStart, writeStart } from './chain-start.ts'
import { type ChainFault, type ChainWalk, checkColumns, createChainWalk } from './chain-walk.ts'
import { isGenuine, readCheckpointLine, writeCheckpoint } from './checkpoint.ts'
import { findVersion, macsOf } from './epoch-macs.ts'
import { type AuditKeyRing, type EpochKeys, newestOf } from './epochs.ts'

// Verifies a workspace's chain where it stands: every record, its columns, the head, and all checkpoints.

/** What a verification found. `checked` counts the records before the first bad one. */
export interface AuditVerification {
  readonly ok: boolean
  readonly checked: number
  readonly firstBad?: number
  readonly reason?: string
  readonly lastCheckpoint?: AuditCheckpoint
  /** Where the chain starts since retention removed what was before. */
  readonly start?: AuditStart
}

export interface LogVerifierNeeds {
  readonly store: RecordStore
  readonly keys: AuditKeyRing
  /** The lines of the append-only file, oldest first. */
  readonly readCheckpoints: () => AsyncIterable<string>
}

/** Records and checkpoints in memory at a time. */
const pageSize = 500
/** The lowest number that the column can hold: a row hidden below 1 is found too. */
const seqMin = -(2 ** 63)

/**
 * Makes the verifier. It reads in pages and holds one at a time. It names the first bad sequence number for any edit,
 * insertion, deletion or exchange, and finds the newest entries removed as far as a checkpoint speaks of them (S-37).
 */
export function createLogVerifier(
  needs: LogVerifierNeeds,
): (workspaceId: string) => Promise<AuditVerification> {
  return async (workspaceId) => {
    await needs.keys.refresh()
    for (let tries = 1; ; tries += 1) {
      const start = await needs.store.findStart(workspaceId)
      const epochs = needs.keys.epochs()
      const found = await verifyFrom({ ...needs, epochs }, workspaceId, start)
      if (found.ok || tries === triesMax) return found
      // Retention may have removed more while it was being read, or keys were changed: then it is read again.
      await needs.keys.refresh()
      const now = await needs.store.findStart(workspaceId)
      const hasNewer = needs.keys.epochs().length > epochs.length
      if (now?.seq === start?.seq && !hasNewer) return found
    }
  }
}

interface Verifying extends LogVerifierNeeds {
  readonly epochs: readonly EpochKeys[]
}

async function verifyFrom(
  needs: Verifying,
  workspaceId: string,
  start: FoundStart | undefined,
): Promise<AuditVerification> {
  const macs = macsOf(needs.epochs, workspaceId)
  // Each change of keys signs it anew, so that it is the newest ones that say what is missing.
  const { publicKey } = newestOf({ epochs: () => needs.epochs })
  if (start !== undefined && !isStart(start, { macs, publicKey })) {
    return { ok: false, checked: 0, firstBad: 1, reason: notGenuineStart }
  }
  const walk = createChainWalk(workspaceId, { macs, start })
  const chainFault = await walkTable(needs.store, workspaceId, walk)
  const found = await checkCheckpoints(needs, walk, { workspaceId, start })
  const fault = chainFault ?? earlier(found.fault, walk.lacksNewer())
  const last = fault === undefined ? walk.end().seq : Math.min(walk.end().seq, fault.firstBad - 1)
  return {
    ok: fault === undefined,
    checked: Math.max(0, last - (start?.seq ?? 0)),
    ...fault,
    ...(found.last !== undefined && { lastCheckpoint: writeCheckpoint(found.last) }),
    ...(start !== undefined && { start: writeStart(start) }),
  }
}

const triesMax = 3
const notGenuineStart =
  'What says that retention removed the first records was not written by this vault.'

const isStart = (
  start: FoundStart,
  { macs, publicKey }: { macs: ReturnType<typeof macsOf>; publicKey: EpochKeys['publicKey'] },
): boolean => isGenuineStart(start, publicKey) && findVersion(macs, start) !== undefined

async function walkTable(
  store: RecordStore,
  workspaceId: string,
  walk: ChainWalk,
): Promise<ChainFault | undefined> {
  // What is appended from here on is left to the next verification.
  const { head, lastSeq } = await store.chainEnd(workspaceId)
  const headSeq = head?.seq ?? 0
  let from = seqMin
  for (;;) {
    const page = await store.recordsFrom(workspaceId, from, pageSize)
    for (const record of page) {
      if (record.seq > headSeq) break
      const fault = walk.step(record) ?? checkColumns(record)
      if (fault !== undefined) return fault
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize || last.seq > headSeq) break
    from = last.seq + 1
  }
  const end = walk.end()
  if (end.seq < headSeq) return missing(end.seq)
  if (lastSeq > headSeq) {
    return {
      firstBad: headSeq + 1,
      reason: `Record ${headSeq + 1} stands beyond the chain's head.`,
    }
  }
  if (head !== undefined && !equal(end.hash, head.hash)) {
    return { firstBad: headSeq, reason: 'The head of the chain is not its last record.' }
  }
  return undefined
}

function missing(lastSeq: number): ChainFault {
  return {
    firstBad: lastSeq + 1,
    reason: `The newest records, from ${lastSeq + 1} on, are missing.`,
  }
}

async function checkCheckpoints(
  needs: Verifying,
  walk: ChainWalk,
  { workspaceId, start }: { workspaceId: string; start: FoundStart | undefined },
): Promise<{ fault: ChainFault | undefined; last: CheckpointRow | undefined }> {
  let fault: ChainFault | undefined
  let last: CheckpointRow | undefined
  const sources = [
    storedCheckpoints(needs.store, workspaceId),
    filedCheckpoints(needs.readCheckpoints(), workspaceId),
  ]
  for (const source of sources) {
    for await (const page of source) {
      // What those saw that are of before the start is not there any more.
      const standing = page.filter(({ seq }) => seq > (start?.seq ?? 0))
      const found = await checkPage({ ...needs, walk }, workspaceId, standing)
      if (found !== undefined && (fault === undefined || found.firstBad < fault.firstBad)) {
        fault = found
      }
      for (const checkpoint of page) {
        if (last === undefined || checkpoint.seq > last.seq) last = checkpoint
      }
    }
  }
  return { fault, last }
}

async function checkPage(
  needs: Verifying & { readonly walk: ChainWalk },
  workspaceId: string,
  page: readonly CheckpointRow[],
): Promise<ChainFault | undefined> {
  // Read after the checkpoints: a record stands before any checkpoint that speaks of it.
  const seqs = page.map((checkpoint) => checkpoint.seq)
  const records = await needs.store.recordsAt(workspaceId, seqs)
  const bySeq = new Map(records.map((record) => [record.seq, record]))
  for (const checkpoint of page) {
    const { seq } = checkpoint
    if (!isGenuine(checkpoint, publicKeyAt(needs, seq))) {
      return {
        firstBad: seq,
        reason: `The checkpoint at record ${seq} was not signed by this vault.`,
      }
    }
    const record = bySeq.get(seq)
    if (record === undefined) {
      const { lastSeq } = await needs.store.chainEnd(workspaceId)
      return missing(Math.min(lastSeq, seq - 1))
    }
    if (!equal(record.hash, checkpoint.hash) || !equal(record.mac, checkpoint.mac)) {
      return { firstBad: seq, reason: `Record ${seq} is not the one that its checkpoint saw.` }
    }
  }
  return undefined
}

/** Of the keys that were in force at a record; what is said of records that are not there has to be of the newest. */
function publicKeyAt({ epochs, walk }: Verifying & { readonly walk: ChainWalk }, seq: number) {
  const version = seq <= walk.end().seq ? walk.versionAt(seq) : undefined
  const keys = epochs.find((one) => one.version === version) ?? newestOf({ epochs: () => epochs })
  return keys.publicKey
}

function earlier(
  one: ChainFault | undefined,
  other: ChainFault | undefined,
): ChainFault | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return other.firstBad < one.firstBad ? other : one
}

async function* storedCheckpoints(
  store: RecordStore,
  workspaceId: string,
): AsyncGenerator<readonly CheckpointRow[]> {
  let from = seqMin
  for (;;) {
    const page = await store.checkpointsFrom(workspaceId, from, pageSize)
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return
    from = last.seq + 1
  }
}

/** Lines that are no checkpoint are passed over: a crash may have cut one off, and what is added later still counts. */
async function* filedCheckpoints(
  lines: AsyncIterable<string>,
  workspaceId: string,
): AsyncGenerator<readonly CheckpointRow[]> {
  let page: CheckpointRow[] = []
  for await (const line of lines) {
    const checkpoint = readCheckpointLine(line)
    if (checkpoint?.workspaceId !== workspaceId) continue
    page.push(checkpoint)
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
