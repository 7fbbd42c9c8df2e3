import { createHash } from 'node:crypto'
import { attempt } from './attempt.ts'
import { openStream } from './sealed-stream.ts'
import type { Sent, StreamPart } from './sender.ts'
import type { LogBatch, StreamNeeds } from './stream-needs.ts'
import type { StoredStream } from './stream-store.ts'

/** A lease outlasts an attempt and its record by far; a crash costs no more than this. */
export const leaseMs = 60_000
const rowsMax = 500
const bytesMax = 512 * 1024
/** Parts for one stream before others have their turn; after so long no further one is begun, however slow the other side is. */
const partsMax = 20
const turnMs = 20_000
const firstWaitMs = 5_000
const waitMsMax = 600_000
const askedMsMax = 3_600_000
/** What failed together does not come back together. */
const jitterShare = 0.2
/** Attempts in a row that have to fail before it stands in the audit log, once. */
export const toldAfterFailures = 5

interface Following {
  readonly by: string
  readonly stop: AbortSignal
}

/**
 * Sends what a claimed stream has still to send, part by part, each only after the one before was taken, and gives the stream
 * back. The place in the log moves after the other side took a part and never otherwise: nothing is skipped.
 */
export async function follow(
  needs: StreamNeeds,
  claimed: StoredStream,
  { by, stop }: Following,
): Promise<void> {
  let stream = claimed
  const endMs = needs.now() + turnMs
  for (let parts = 0; parts < partsMax && !stop.aborted && needs.now() < endMs; parts += 1) {
    const batch = await readBatch(needs, stream)
    const waitMs = await gatherMs(needs, stream, batch)
    if (waitMs > 0) {
      await needs.store.release({ id: stream.id, by }, waitMs)
      return
    }
    if (batch.lines.length > 0) {
      const sent = await attempt(needs, stream, { part: partOf(stream, batch), stop })
      if (!sent.taken) {
        // What was cut off by the vault's own end is tried by the next one at once.
        if (stop.aborted) break
        await recordFailure(needs, stream, { by, sent })
        return
      }
    }
    const { lastSeq, lastCheckpointSeq } = batch
    const hasMoved = lastSeq > stream.lastSeq || lastCheckpointSeq > stream.lastCheckpointSeq
    if (!hasMoved) break
    const to = { lastSeq, lastCheckpointSeq, delivered: batch.lines.length > 0 }
    if (!(await needs.store.advance({ ...stream, by, leaseMs }, to))) break
    stream = { ...stream, lastSeq, lastCheckpointSeq, failures: 0 }
    if (!batch.isFull) break
  }
  await needs.store.release({ id: stream.id, by }, 0)
}

const readBatch = ({ audit }: StreamNeeds, stream: StoredStream): Promise<LogBatch> =>
  audit.readBatch({
    ...{ workspaceId: stream.workspaceId, sends: stream.sends, format: stream.format },
    ...{ afterSeq: stream.lastSeq, afterCheckpointSeq: stream.lastCheckpointSeq },
    ...{ rowsMax, bytesMax },
  })

/** How long a part that is not full yet waits for more: objects in a bucket are better few than small. */
async function gatherMs(
  { keyring, now }: StreamNeeds,
  stream: StoredStream,
  { isFull, oldestAtMs }: LogBatch,
): Promise<number> {
  if (isFull || oldestAtMs === undefined || stream.kind !== 's3') return 0
  // What does not open fails when it is sent, and is told then.
  const target = await openStream(keyring, stream).then(
    (opened) => opened.target,
    () => undefined,
  )
  if (target?.kind !== 's3') return 0
  const everyMs = target.everySeconds * 1000
  // A clock that was set back must not hold it up for longer than was asked for.
  return Math.min(everyMs, oldestAtMs + everyMs - now())
}

const seqDigits = 12
const padded = (seq: number) => String(seq).padStart(seqDigits, '0')
const digestChars = 16

/**
 * Named by the stretch of the chain that it covers, checkpoints alone by theirs, and by what is in it: no two with other content share a
 * name, whichever stream they are of, and whether or not the vault was restored from a backup in between and numbers on from there.
 */
function partOf(
  stream: StoredStream,
  { lines, lastSeq, oldestAtMs, ...batch }: LogBatch,
): StreamPart {
  const { workspaceId, id } = stream
  const holdsEntries = lastSeq > stream.lastSeq
  const [first, last] = holdsEntries
    ? [stream.lastSeq + 1, lastSeq]
    : [stream.lastCheckpointSeq + 1, batch.lastCheckpointSeq]
  const range = `${padded(first)}-${padded(last)}`
  const digest = digestOf(lines)
  return {
    ...{ workspaceId, lines },
    id: `${id}.${first}-${last}.${digest}`,
    name: `${workspaceId}-${holdsEntries ? '' : 'checkpoints-'}${range}-${digest}`,
    atMs: oldestAtMs ?? 0,
  }
}

function digestOf(lines: StreamPart['lines']): string {
  const hash = createHash('sha256')
  for (const { json } of lines) hash.update(json).update('\n')
  return hash.digest('hex').slice(0, digestChars)
}

async function recordFailure(
  needs: StreamNeeds,
  stream: StoredStream,
  { by, sent }: { readonly by: string; readonly sent: Sent & { readonly taken: false } },
): Promise<void> {
  const failures = stream.failures + 1
  const [byte = 0] = needs.randomBytes(1)
  const afterMs = waitAfter(failures, { random: byte / 256, ...sent })
  const error = sent.message
  await needs.store.fail({ id: stream.id, by }, { error, failures, afterMs })
  if (failures !== toldAfterFailures) return
  const { id: streamId, workspaceId, kind } = stream
  await needs.audit.record({
    ...{ auditId: needs.newId('audit'), workspaceId, operation: 'sendAuditStream' },
    ...{ outcome: 'failed', reason: `The audit stream is not taken: ${error}` },
    detail: { streamId, kind, failures, lastSeq: stream.lastSeq },
  })
}

/** In ms: it doubles, and ends at ten minutes, or at an hour where the other side asks for it. `random` is in [0, 1). */
export function waitAfter(
  failures: number,
  given: { readonly random: number; readonly retryAfterSeconds?: number | undefined },
): number {
  const planned = Math.min(firstWaitMs * 2 ** Math.min(failures - 1, 16), waitMsMax)
  const asked = Math.min((given.retryAfterSeconds ?? 0) * 1000, askedMsMax)
  return Math.round(Math.max(planned * (1 + jitterShare * given.random), asked))
}
