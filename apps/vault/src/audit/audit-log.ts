import { type AuditBacklog, createAuditQueue, type GroupTold } from './audit-queue.ts'
import type {
  BeginAnswer,
  ChainStore,
  CheckpointRow,
  FoundHead,
  RecordStore,
  RetentionStore,
  Spending,
} from './audit-store.ts'
import { createRecordMac } from './chain.ts'
import { signCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { closeUnknown } from './close-unknown.ts'
import {
  type AuditEnd,
  type AuditEvent,
  type AuditIntent,
  type AuditRefusal,
  draftEvent,
  draftIntent,
  draftOutcome,
  draftRefusal,
} from './entry.ts'
import { type AuditKeyRing, type EpochKeys, ForeignHead, withNewestKeys } from './epochs.ts'
import { createExporter, type ExportRequest } from './export.ts'
import { createIsoClock } from './iso-clock.ts'
import type { LimitReservation, WindowTaking } from './limit-reservation.ts'
import { type LimitsUsed, useOfLimits } from './limits-used.ts'
import { createEntryReader, type EntryFilters, type EntryPage } from './list-entries.ts'
import { createLogPruner } from './prune-log.ts'
import { type Batch, type BatchRequest, createBatchReader } from './read-batch.ts'
import { type AuditVerification, createLogVerifier } from './verify-log.ts'
import { assertHead, createGroupWriter } from './write-group.ts'

// The audit room: records every attempt before it is made and how it ended, so that nobody can change it unnoticed.

export interface AuditLog {
  /**
   * Records an intent, reserves the limits and uses the approval up in the same transaction; durable when it resolves.
   * Where a limit or the approval refuses, a refusal is recorded instead, under the same id, and nothing is spent.
   * @throws Problem `audit-unavailable` or `overloaded`: nothing may be sent. Should the record stand after all, it is
   *   closed as `unknown`
   */
  begin(
    intent: AuditIntent,
    reservation?: LimitReservation,
    spending?: Spending,
  ): Promise<BeginAnswer>
  /** Records how an intent ended, with the next group; nobody waits for it. Gives its place under `concurrent` back. */
  end(end: AuditEnd): void
  /** Records an attempt that is not sent; durable when it resolves. Throws as `begin` does. */
  refuse(refusal: AuditRefusal): Promise<void>
  /** Records something done to the vault itself; durable when it resolves. Throws as `begin` does. */
  record(event: AuditEvent): Promise<void>
  /** A page of entries, newest first. @throws Problem `invalid-input` for a wrong cursor */
  list(workspaceId: string, filters: EntryFilters): Promise<EntryPage>
  verify(workspaceId: string): Promise<AuditVerification>
  /**
   * The chain as JSON Lines that `verifyExport` takes, or entries in another form.
   * @throws Problem `invalid-input` for filters of the chain: a part of it cannot be verified
   */
  export(workspaceId: string, request?: ExportRequest): ReadableStream<Uint8Array>
  /** The next part of the log for whoever follows it, in order and without a gap. */
  readBatch(request: BatchRequest): Promise<Batch>
  /** Signs the heads that moved since they were last signed. Answers how many; 0 also while another replica does. */
  checkpoint(): Promise<number>
  /** Closes intents whose deadline has passed as `unknown`. Answers how many. Safe on several replicas at once. */
  closeUnknown(): Promise<number>
  /**
   * Closes every open intent as `unknown`, deadline or not: at the start of a vault that has the database to itself, all
   * of them are of a process that is gone.
   */
  closeAbandoned(): Promise<number>
  /** Removes what is older than the operator keeps. Answers how many records. Safe on several replicas at once. */
  prune(): Promise<number>
  /** Removes what was spent so long ago that it counts nowhere. Answers of how many limits. */
  sweepLimits(): Promise<number>
  /** How much of some limits of a policy is used up; undefined where there is no such policy. */
  limitsUsed(
    policyId: string,
    limits: readonly Pick<WindowTaking, 'name' | 'windowMs'>[],
  ): Promise<LimitsUsed | undefined>
  /** Records that wait to be written, and how long the oldest of them has. */
  backlog(): AuditBacklog
  /** Resolves when what was handed in has been written or given up; ten seconds at most. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface AuditLogNeeds {
  readonly store: ChainStore & RecordStore & RetentionStore
  readonly keys: AuditKeyRing
  /** Wall clock, in milliseconds since the epoch: what entries are stamped with. */
  readonly now: () => number
  /** Milliseconds that never go back: how long something has waited. */
  readonly monotonicNow: () => number
  /** Milliseconds since the epoch by the limits' own clock, which all replicas share. */
  readonly limitNow: () => number
  /** The append-only file. */
  readonly checkpointFile: {
    append(line: string): Promise<void>
    lines(): AsyncIterable<string>
  }
  readonly newAuditId: () => string
  /** Of the vault; exports name it. */
  readonly version: string
  /** Told of what failed without anybody waiting for it. */
  readonly onFailure: (what: string, error: unknown) => void
  /** Told of each group that was written. */
  readonly onGroup?: (group: GroupTold) => void
  /** Told of each group that was not. */
  readonly onGroupFailure?: () => void
}

const checkpointAfterRecords = 1_000
/** Heads in one transaction, each synced to the file while it is open. */
const checkpointHeadsMax = 100
/** Added to a deadline, since replicas read the shared clock at different times and it is not exact. */
const closingGraceMs = 10_000
/** The last moment that a Date holds. */
const latestMs = 8.64e15

/** Makes the audit log. */
export function createAuditLog(needs: AuditLogNeeds): AuditLog {
  const { store, keys, now } = needs
  const isoNow = createIsoClock(now)
  const checkpoint = oneAtATime(() => checkpointHeads(needs))
  const onWritten = countTo(checkpointAfterRecords, () => {
    checkpoint().catch((error: unknown) => needs.onFailure('A checkpoint failed.', error))
  })
  const queue = createAuditQueue({
    write: createGroupWriter({ store, keys, limitNow: needs.limitNow }),
    monotonicNow: needs.monotonicNow,
    onWritten(group) {
      onWritten(group.records)
      needs.onGroup?.(group)
    },
    onFailure(what, error) {
      needs.onGroupFailure?.()
      needs.onFailure(what, error)
    },
  })
  const closing = { store, keys, now, limitNow: needs.limitNow, onFailure: needs.onFailure }
  const record = async (event: AuditEvent) => {
    await queue.add(event.workspaceId, { kind: 'note', draft: draftEvent(event, isoNow()) })
  }
  return {
    begin(intent, reservation, spending) {
      const draft = draftIntent(intent, isoNow())
      return queue.add(intent.workspaceId, { kind: 'intent', draft, intent, reservation, spending })
    },
    end(end) {
      const draft = draftOutcome(end, isoNow())
      const { settlement } = end
      queue.addEnd(end.workspaceId, { kind: 'end', draft, retried: false, settlement })
    },
    async refuse(refusal) {
      await queue.add(refusal.workspaceId, { kind: 'note', draft: draftRefusal(refusal, isoNow()) })
    },
    record,
    list: createEntryReader(store),
    verify: createLogVerifier({
      ...{ store, keys },
      readCheckpoints: () => needs.checkpointFile.lines(),
    }),
    export: createExporter({
      ...{ store, keys, now, version: needs.version },
      appendCheckpoint: (line) => needs.checkpointFile.append(line),
    }),
    readBatch: createBatchReader(store, needs.version),
    checkpoint,
    closeUnknown: () => closeUnknown(closing, () => needs.limitNow() - closingGraceMs),
    closeAbandoned: () => closeUnknown(closing, () => latestMs),
    prune: createLogPruner({
      ...{ store, keys, now, onFailure: needs.onFailure },
      newAuditId: needs.newAuditId,
      record,
    }),
    sweepLimits: () => store.sweepWindows(needs.limitNow()),
    async limitsUsed(policyId, limits) {
      const stored = await store.findLimits(policyId)
      return stored && useOfLimits(stored, limits, needs.limitNow())
    },
    backlog: queue.backlog,
    flush: () => queue.flush(),
    close: () => queue.close(),
  }
}

/** Joins callers that come while the work is under way. */
function oneAtATime<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}

function countTo(limit: number, reached: () => void): (more: number) => void {
  let count = 0
  return (more) => {
    count += more
    if (count < limit) return
    count = 0
    reached()
  }
}

async function checkpointHeads(needs: AuditLogNeeds): Promise<number> {
  let total = 0
  for (;;) {
    const made = await needs.store.checkpointHeads(checkpointHeadsMax, (heads) =>
      signHeads(needs, heads),
    )
    total += made
    if (made < checkpointHeadsMax) return total
  }
}

/** To the file first: should the table not get it, the file still tells the truth. */
async function signHeads(
  needs: AuditLogNeeds,
  heads: readonly FoundHead[],
): Promise<readonly CheckpointRow[]> {
  const signed: CheckpointRow[] = []
  for (const head of heads) {
    const keys = await keysOfHead(needs, head)
    // One chain that was changed from outside is not signed; the others are.
    if (keys === undefined) continue
    const checkpoint = signCheckpoint(head, needs.now(), (bytes) => keys.sign(bytes))
    await needs.checkpointFile.append(JSON.stringify(writeCheckpoint(checkpoint)))
    signed.push(checkpoint)
  }
  return signed
}

/** The newest keys, where the head is of theirs. */
async function keysOfHead(
  { keys, store, onFailure }: AuditLogNeeds,
  head: FoundHead,
): Promise<EpochKeys | undefined> {
  try {
    return await withNewestKeys(keys, async (newest) => {
      assertHead(head, createRecordMac(newest.macKey(head.workspaceId), head.workspaceId))
      return newest
    })
  } catch (error) {
    if (!(error instanceof ForeignHead)) throw error
    // Read before the keys were changed, and looked at with the new ones: it is signed where it is now, by the next run.
    const { head: now } = await store.chainEnd(head.workspaceId)
    if (now !== undefined && now.seq > head.seq) return undefined
    onFailure('The head of an audit chain is not genuine and was not signed.', error)
    return undefined
  }
}
