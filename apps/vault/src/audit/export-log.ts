import { Problem } from '@sallyport/contracts'
import type { CheckpointRow, FoundHead, FoundStart, RecordStore } from './audit-store.ts'
import { createRecordMac } from './chain.ts'
import { isGenuineStart, writeStart } from './chain-start.ts'
import { signCheckpoint, writeCheckpoint } from './checkpoint.ts'
import {
  type AuditKeyRing,
  type EpochKeys,
  ForeignHead,
  newestOf,
  withNewestKeys,
} from './epochs.ts'
import { keyChangeOperation, readKeyChange } from './key-change.ts'
import { exportFormat } from './verify-export.ts'
import { assertHead } from './write-group.ts'

// Writes a workspace's log as JSON Lines that anybody can verify without the vault; see docs/audit-format.md.

export interface LogExporterNeeds {
  readonly store: RecordStore
  readonly keys: AuditKeyRing
  readonly now: () => number
  readonly appendCheckpoint: (line: string) => Promise<void>
}

/** Records and checkpoints in memory at a time. */
const pageSize = 500
const seqMin = -(2 ** 63)

/**
 * Makes the exporter. It signs a checkpoint at the head first, so that all of the export is covered, and then streams
 * up to that head, a page at a time and only as fast as the reader takes it.
 * @throws Problem `audit-unavailable` (as the stream's error) when the head is not one that the vault has written
 */
export function createLogExporter(
  needs: LogExporterNeeds,
): (workspaceId: string) => AsyncGenerator<string> {
  return (workspaceId) => exportPages(needs, workspaceId)
}

/** A stream of bytes that makes the next part when its reader has taken the one before. */
export function streamOf(parts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await parts.next()
        if (done === true) controller.close()
        else controller.enqueue(Buffer.from(value))
      },
      async cancel() {
        await parts.return(undefined)
      },
    },
    { highWaterMark: 1 },
  )
}

const line = (value: object): string => `${JSON.stringify(value)}\n`

async function* exportPages(needs: LogExporterNeeds, workspaceId: string): AsyncGenerator<string> {
  const { head, keys, start } = await findEnds(needs, workspaceId)
  const earlier = await earlierKeys(needs, { workspaceId, startSeq: start?.seq ?? 0, keys })
  yield line({
    ...{ type: 'header', format: exportFormat, workspaceId, publicKey: publicKeyOf(keys) },
    ...(earlier !== undefined && { earlierKey: publicKeyOf(earlier) }),
    exportedAt: new Date(needs.now()).toISOString(),
  })
  if (start !== undefined) yield line({ type: 'start', ...writeStart(start) })
  const counts = { records: 0, checkpoints: 0 }
  const startSeq = start?.seq
  yield* exportRecords(needs.store, { workspaceId, lastSeq: head?.seq ?? 0, counts, startSeq })
  yield line({ type: 'end', ...counts })
}

/** How often the ends are read where keys are changed meanwhile. */
const readsMax = 3

/** Where the export begins and ends, of one and the same keys: a change of keys signs the start anew. */
async function findEnds(needs: LogExporterNeeds, workspaceId: string): Promise<Ends> {
  await needs.keys.refresh()
  for (let reads = 1; ; reads += 1) {
    const end = await withNewestKeys(needs.keys, async (keys) => {
      const { head } = await needs.store.chainEnd(workspaceId)
      if (head !== undefined && head.seq > 0) await coverHead(needs, keys, head)
      return { head, keys }
    }).catch((error: unknown) => {
      throw error instanceof ForeignHead ? notExportable(error) : error
    })
    const ends = { ...end, start: await needs.store.findStart(workspaceId) }
    if (ends.start === undefined || isGenuineStart(ends.start, end.keys.publicKey)) return ends
    await needs.keys.refresh()
    // Somebody else's: whoever verifies the export finds it.
    if (newestOf(needs.keys).version === end.keys.version || reads === readsMax) return ends
  }
}

interface Ends {
  readonly head: FoundHead | undefined
  /** Of the head. */
  readonly keys: EpochKeys
  readonly start: FoundStart | undefined
}

const publicKeyOf = ({ publicKeyJwk: { kty, crv, x } }: EpochKeys) => ({ kty, crv, x })

/** Changes of keys in one log: there is no more than a few. */
const changesMax = 1_000

/** The keys that were in force at the first record, where others came since. */
async function earlierKeys(
  { store, keys: ring }: LogExporterNeeds,
  of: { readonly workspaceId: string; readonly startSeq: number; readonly keys: EpochKeys },
): Promise<EpochKeys | undefined> {
  const { workspaceId, startSeq, keys } = of
  const changes = await store.listOpenings({
    ...{ workspaceId, operation: keyChangeOperation, limit: changesMax, sinceSeq: startSeq + 1 },
  })
  const first = changes.at(-1)
  const from = first && readKeyChange(first.entry)?.fromVersion
  const found = ring.epochs().find(({ version }) => version === from)
  return found === undefined || found.version >= keys.version ? undefined : found
}

/** Signs a checkpoint at the head. Both are of the same keys: older ones have no word on what newer ones wrote. */
async function coverHead(needs: LogExporterNeeds, keys: EpochKeys, head: FoundHead): Promise<void> {
  assertHead(head, createRecordMac(keys.macKey(head.workspaceId), head.workspaceId))
  const last = await needs.store.lastCheckpoint(head.workspaceId)
  if (last !== undefined && last.seq >= head.seq) return
  const checkpoint = signCheckpoint(head, needs.now(), (bytes) => keys.sign(bytes))
  await needs.appendCheckpoint(JSON.stringify(writeCheckpoint(checkpoint)))
  await needs.store.insertCheckpoint(checkpoint)
}

interface ExportRange {
  readonly workspaceId: string
  readonly lastSeq: number
  /** The last record that retention had removed when it began. */
  readonly startSeq: number | undefined
  readonly counts: { records: number; checkpoints: number }
}

async function* exportRecords(store: RecordStore, range: ExportRange): AsyncGenerator<string> {
  const { workspaceId, lastSeq, counts, startSeq } = range
  let from = seqMin
  for (;;) {
    const found = await store.recordsFrom(workspaceId, from, pageSize)
    const page = found.filter((record) => record.seq <= lastSeq)
    const lastOfPage = page.at(-1)
    const isGap = (page[0]?.seq ?? 0) > Math.max(from, (startSeq ?? 0) + 1)
    if (isGap && (await hasMoved(store, range))) throw removedMeanwhile()
    if (lastOfPage === undefined) return
    const checkpoints = await checkpointsBetween(store, workspaceId, [from, lastOfPage.seq])
    const lines: string[] = []
    for (const record of page) {
      lines.push(recordLine(record))
      const checkpoint = checkpoints.get(record.seq)
      if (checkpoint === undefined) continue
      lines.push(line({ type: 'checkpoint', ...writeCheckpoint(checkpoint) }))
      counts.checkpoints += 1
    }
    counts.records += page.length
    yield lines.join('')
    from = lastOfPage.seq + 1
  }
}

/** A record as a line of an export, with its line feed. */
export function recordLine(record: {
  readonly seq: number
  readonly hash: Uint8Array
  readonly mac: Uint8Array
  readonly entry: string
}): string {
  return line({
    type: 'record',
    seq: record.seq,
    hash: Buffer.from(record.hash).toString('hex'),
    mac: Buffer.from(record.mac).toString('hex'),
    entry: record.entry,
  })
}

/** The checkpoints at the records of one page: a record has one at most, so a page of them is enough. */
async function checkpointsBetween(
  store: RecordStore,
  workspaceId: string,
  [from, to]: readonly [number, number],
): Promise<Map<number, CheckpointRow>> {
  const found = await store.checkpointsFrom(workspaceId, from, pageSize)
  const inPage = found.filter((checkpoint) => checkpoint.seq <= to)
  return new Map(inPage.map((checkpoint) => [checkpoint.seq, checkpoint]))
}

/** Has retention removed more since the export began? */
async function hasMoved(
  store: RecordStore,
  { workspaceId, startSeq }: ExportRange,
): Promise<boolean> {
  const now = await store.findStart(workspaceId)
  return now?.seq !== startSeq
}

/** Also where a change of keys has left it out: nothing is signed that would vouch for it. */
const notExportable = (cause: ForeignHead) =>
  new Problem(
    'audit-unavailable',
    'The audit log cannot be exported so that it can be verified: it was changed from outside.',
    {
      next: 'The operator runs the verification of the audit log, which names the first bad entry. As csv or ocsf its entries can be exported as they stand.',
      cause,
    },
  )

const removedMeanwhile = () =>
  new Problem(
    'audit-unavailable',
    'Retention removed old entries while they were being exported.',
    {
      next: 'Export the log again.',
    },
  )
