import type { AuditEntry } from '@sallyport/contracts'
import { timeOfId } from '../paging/id-time.ts'
import type { FoundRecord, RecordStore } from './audit-store.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { recordLine } from './export-log.ts'
import { ocsfEvent } from './formats/ocsf.ts'
import { readEntry } from './list-entries.ts'

// Reads the next part of a log for whoever follows it: in the order of the chain, in bounded parts, without a gap.

/** What is asked for. Numbers are of the last record and the last checkpoint that the reader has. */
export interface BatchRequest {
  readonly workspaceId: string
  readonly afterSeq: number
  readonly afterCheckpointSeq: number
  readonly sends: readonly ('entries' | 'checkpoints')[]
  readonly format: 'jsonl' | 'ocsf'
  readonly rowsMax: number
  /** Reached by at most one line; a line has less than 16 KiB. */
  readonly bytesMax: number
}

/** One line of a batch: JSON without a line feed. */
export interface BatchLine {
  readonly seq: number
  readonly kind: 'entry' | 'checkpoint'
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly refused: boolean
  readonly json: string
}

/** The next part. `lines` may be empty though `lastSeq` has moved: what has no line of its own was passed. */
export interface Batch {
  readonly lines: readonly BatchLine[]
  readonly lastSeq: number
  readonly lastCheckpointSeq: number
  /** There is more. */
  readonly isFull: boolean
  /** When the oldest record of it was made; undefined where there is none. */
  readonly oldestAtMs: number | undefined
}

type BatchStore = Pick<RecordStore, 'recordsFrom' | 'checkpointsFrom' | 'openingsOf'>

/** Makes the reader of batches. Checkpoints follow the records that they speak of. */
export function createBatchReader(store: BatchStore, version: string) {
  return async (request: BatchRequest): Promise<Batch> => {
    const { workspaceId, afterSeq, rowsMax, sends } = request
    const wantsEntries = sends.includes('entries')
    const found = wantsEntries ? await store.recordsFrom(workspaceId, afterSeq + 1, rowsMax) : []
    const records = withinBytes(found, request.bytesMax)
    const lastSeq = records.at(-1)?.seq ?? afterSeq
    const checkpoints = await checkpointsOf(store, request, wantsEntries ? lastSeq : undefined)
    const entries =
      request.format === 'jsonl'
        ? records.map(chainLine)
        : await eventLines(store, { workspaceId, version, records })
    const lines = [...entries, ...checkpoints].sort(
      (a, b) => a.seq - b.seq || Number(a.kind === 'checkpoint') - Number(b.kind === 'checkpoint'),
    )
    const atMs = [...records, ...checkpoints].map((one) => one.atMs)
    return {
      lines,
      lastSeq,
      lastCheckpointSeq: checkpoints.at(-1)?.seq ?? request.afterCheckpointSeq,
      isFull:
        found.length === rowsMax || records.length < found.length || checkpoints.length === rowsMax,
      oldestAtMs: atMs.length === 0 ? undefined : Math.min(...atMs),
    }
  }
}

function withinBytes(found: readonly FoundRecord[], bytesMax: number): readonly FoundRecord[] {
  let bytes = 0
  const end = found.findIndex((record) => {
    bytes += Buffer.byteLength(record.entry)
    return bytes >= bytesMax
  })
  return end < 0 ? found : found.slice(0, end + 1)
}

const chainLine = (record: FoundRecord): BatchLine => ({
  seq: record.seq,
  kind: 'entry',
  atMs: record.atMs,
  refused: record.kind === 'refusal',
  json: recordLine(record).trimEnd(),
})

async function checkpointsOf(
  store: BatchStore,
  { workspaceId, afterCheckpointSeq, sends, rowsMax }: BatchRequest,
  upTo: number | undefined,
): Promise<BatchLine[]> {
  if (!sends.includes('checkpoints')) return []
  const found = await store.checkpointsFrom(workspaceId, afterCheckpointSeq + 1, rowsMax)
  return found
    .filter(({ seq }) => upTo === undefined || seq <= upTo)
    .map((checkpoint) => ({
      ...{ seq: checkpoint.seq, kind: 'checkpoint', atMs: checkpoint.atMs, refused: false },
      json: JSON.stringify({ type: 'checkpoint', ...writeCheckpoint(checkpoint) }),
    }))
}

/** One event for each record that ends an entry: an intent has its event when its outcome is known. */
async function eventLines(
  store: BatchStore,
  {
    workspaceId,
    version,
    records,
  }: { workspaceId: string; version: string; records: readonly FoundRecord[] },
): Promise<BatchLine[]> {
  const intents = new Map(
    records.filter(({ kind }) => kind === 'intent').map((record) => [record.auditId, record]),
  )
  const ended = records.filter(({ kind }) => kind !== 'intent')
  const missing = ended.filter((one) => one.kind === 'outcome' && !intents.has(one.auditId))
  for (const one of await openingsOf(store, workspaceId, missing)) intents.set(one.auditId, one)
  return ended.map((record) => {
    const opening = record.kind === 'outcome' ? intents.get(record.auditId) : record
    const outcome = record.kind === 'outcome' ? record : undefined
    // Of two events of one entry the later one counts, so its number is that of the record that ends it.
    const entry: AuditEntry = {
      ...(opening === undefined ? readOrphan(record) : readEntry(opening, outcome)),
      seq: record.seq,
    }
    return {
      ...{ seq: record.seq, kind: 'entry', atMs: record.atMs },
      refused: entry.outcome === 'refused',
      json: JSON.stringify(ocsfEvent(entry, { workspaceId, version })),
    }
  })
}

/** An outcome whose intent retention has removed. */
const readOrphan = (record: FoundRecord): AuditEntry => ({
  ...readEntry(record, undefined),
  operation: 'unknown',
  decision: 'none',
})

/** Between the making of an id and its record in the chain. */
const recordedAfterMs = 3_600_000
const clockDifferenceMs = 600_000

/** The intents of these outcomes: their ids say when they were made. */
async function openingsOf(
  store: BatchStore,
  workspaceId: string,
  outcomes: readonly FoundRecord[],
): Promise<readonly FoundRecord[]> {
  if (outcomes.length === 0) return []
  const auditIds = outcomes.map(({ auditId }) => auditId)
  const times = auditIds.map(timeOfId)
  return await store.openingsOf(workspaceId, auditIds, {
    fromMs: Math.min(...times) - clockDifferenceMs,
    toMs: Math.max(...times) + recordedAfterMs,
  })
}
