import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/contracts'
import type { BeginAnswer } from './audit-store.ts'
import { unknownLimits } from './limit-state.ts'
import type { ChainState, GroupItem, GroupResult } from './write-group.ts'

// Collects what is to be recorded into groups, without a timer: one group per workspace is written at a time, and what
// arrives meanwhile is the next. Workspaces do not wait for one another.

/** Entries that callers wait for, over all workspaces; beyond it nothing is taken on. */
const waitingMax = 8_192
/** Outcomes that nobody waits for; one that is not taken on is closed as `unknown` later. */
const endsMax = 32_768
/** Records in one statement: enough for every burst, small enough to stay a few milliseconds. */
const groupRecordsMax = 512
/** An entry that has not got into a group by then is refused. */
const queueTimeoutMs = 5_000
/** A group that is not known to be committed by then counts as failed, and its entries as not recorded. */
const commitTimeoutMs = 5_000
const endRetryDelayMs = 250
/** An outcome that could not be written for so long is left to be closed as `unknown`. */
const endRetryMsMax = 60_000
const flushTimeoutMs = 10_000
/** Chains whose head is kept in memory. */
const lanesMax = 4_096

export interface AuditQueue {
  /**
   * Resolves when the record is durable, with what the limits and the approval answered.
   * @throws Problem `overloaded` when too many wait, `audit-unavailable` when it is not known to be durable
   */
  add(workspaceId: string, item: GroupItem): Promise<BeginAnswer>
  /** Goes with the next group; nobody waits for it. */
  addEnd(workspaceId: string, item: GroupItem & { readonly kind: 'end' }): void
  backlog(): AuditBacklog
  /** Resolves when all that was added before has been written or given up; waits ten seconds at most. */
  flush(): Promise<void>
  /** Takes nothing more, then flushes. */
  close(): Promise<void>
}

/** What is not written yet. */
export interface AuditBacklog {
  readonly waiting: number
  /** How long the oldest has waited; 0 where none does. */
  readonly oldestMs: number
}

/** A group that was written. */
export interface GroupTold {
  readonly records: number
  readonly durationMs: number
}

export interface AuditQueueNeeds {
  readonly write: (state: ChainState, items: readonly GroupItem[]) => Promise<GroupResult>
  /** Milliseconds; only differences are used. */
  readonly monotonicNow: () => number
  readonly onWritten: (group: GroupTold) => void
  /** Told of what failed without anybody waiting, and of groups that failed. */
  readonly onFailure: (what: string, error: unknown) => void
}

interface Waiting {
  readonly item: GroupItem
  readonly sinceMs: number
  readonly settle:
    | { resolve(answer: BeginAnswer): void; reject(problem: Problem): void }
    | undefined
}

interface Lane {
  state: ChainState
  waiting: Waiting[]
  /** Of the oldest record in the group that is being written; undefined where none is. */
  writingSinceMs: number | undefined
  /** Outcomes whose last attempt failed, until they are tried again. */
  held: Waiting[]
  busy: Promise<void> | undefined
  retry: NodeJS.Timeout | undefined
}

interface Queue {
  readonly needs: AuditQueueNeeds
  readonly lanes: Map<string, Lane>
  /** Entries taken on and not settled: those that somebody waits for, and outcomes. */
  readonly taken: { waiting: number; ends: number }
}

const granted: BeginAnswer = { granted: true }
/** Says that a group was not answered for in time. */
const commitTimeout = new Error('The database did not answer in time.')

/** Makes the queue in front of the audit log. */
export function createAuditQueue(needs: AuditQueueNeeds): AuditQueue {
  const queue: Queue = { needs, lanes: new Map(), taken: { waiting: 0, ends: 0 } }
  let closed = false
  return {
    add(workspaceId, item) {
      if (closed) return Promise.reject(unavailable(new Error('The audit log is closed.')))
      if (queue.taken.waiting >= waitingMax) return Promise.reject(overloaded())
      queue.taken.waiting += 1
      return new Promise((resolve, reject) =>
        push(queue, workspaceId, { item, settle: { resolve, reject } }),
      )
    },
    addEnd(workspaceId, item) {
      if (queue.taken.ends >= endsMax) {
        needs.onFailure('An outcome was not recorded: too many wait.', overloaded())
        return
      }
      queue.taken.ends += 1
      push(queue, workspaceId, { item, settle: undefined })
    },
    backlog: () => backlogOf(queue),
    flush: () => flush(queue),
    async close() {
      closed = true
      await flush(queue)
      for (const lane of queue.lanes.values()) clearTimeout(lane.retry)
    },
  }
}

function push(queue: Queue, workspaceId: string, entry: Omit<Waiting, 'sinceMs'>): void {
  const lane = laneOf(queue, workspaceId)
  const { item, settle } = entry
  lane.waiting.push({ item, settle, sinceMs: queue.needs.monotonicNow() })
  start(queue, lane)
}

function laneOf(queue: Queue, workspaceId: string): Lane {
  const known = queue.lanes.get(workspaceId)
  if (known !== undefined) return known
  const state = { workspaceId, head: undefined, limits: unknownLimits(), contendedGroups: 0 }
  const lane: Lane = {
    ...{ state, waiting: [], held: [] },
    ...{ writingSinceMs: undefined, busy: undefined, retry: undefined },
  }
  queue.lanes.set(workspaceId, lane)
  return lane
}

function start(queue: Queue, lane: Lane): void {
  if (lane.busy !== undefined || lane.waiting.length === 0) return
  // The microtask lets those join that ask within the same turn; no time passes.
  lane.busy = Promise.resolve().then(async () => {
    while (lane.waiting.length > 0) await writeNext(queue, lane)
    lane.busy = undefined
    const idle = lane.held.length === 0
    if (idle && queue.lanes.size > lanesMax) queue.lanes.delete(lane.state.workspaceId)
  })
}

async function writeNext(queue: Queue, lane: Lane): Promise<void> {
  const { needs } = queue
  const group = takeGroup(queue, lane)
  const [oldest] = group
  if (oldest === undefined) return
  const startedMs = needs.monotonicNow()
  lane.writingSinceMs = oldest.sinceMs
  try {
    const items = group.map((entry) => entry.item)
    const result = await withDeadline(needs.write(lane.state, items))
    lane.state = result.state
    for (const entry of group) {
      leave(queue, entry)
      entry.settle?.resolve(result.answers.get(entry.item.draft.auditId) ?? granted)
    }
    needs.onWritten({ records: result.written, durationMs: needs.monotonicNow() - startedMs })
  } catch (error) {
    lane.state = { ...lane.state, head: undefined, limits: unknownLimits() }
    needs.onFailure('A group of audit records could not be written.', error)
    failGroup({ queue, lane, group }, error)
  } finally {
    lane.writingSinceMs = undefined
  }
}

/** Each lane keeps its records in the order in which they came. */
function backlogOf({ needs, lanes, taken }: Queue): AuditBacklog {
  const nowMs = needs.monotonicNow()
  let oldestMs = nowMs
  for (const { writingSinceMs, waiting, held } of lanes.values()) {
    for (const sinceMs of [writingSinceMs, waiting[0]?.sinceMs, held[0]?.sinceMs]) {
      if (sinceMs !== undefined) oldestMs = Math.min(oldestMs, sinceMs)
    }
  }
  return { waiting: taken.waiting + taken.ends, oldestMs: nowMs - oldestMs }
}

function takeGroup(queue: Queue, lane: Lane): Waiting[] {
  const oldestMs = queue.needs.monotonicNow() - queueTimeoutMs
  return lane.waiting.splice(0, groupRecordsMax).filter((entry) => {
    if (entry.settle === undefined || entry.sinceMs > oldestMs) return true
    refuse(queue, entry, new Error('It waited for too long.'))
    return false
  })
}

interface FailedGroup {
  readonly queue: Queue
  readonly lane: Lane
  readonly group: readonly Waiting[]
}

function failGroup({ queue, lane, group }: FailedGroup, error: unknown): void {
  const giveUpBeforeMs = queue.needs.monotonicNow() - endRetryMsMax
  for (const entry of group) {
    if (entry.item.kind !== 'end') refuse(queue, entry, error)
    else if (entry.sinceMs < giveUpBeforeMs) leave(queue, entry)
    else lane.held.push({ ...entry, item: { ...entry.item, retried: true } })
  }
  if (error === commitTimeout) refuseWaiting(queue, lane)
  if (lane.held.length > 0 && lane.retry === undefined) {
    lane.retry = setTimeout(() => retryHeld(queue, lane), endRetryDelayMs)
    lane.retry.unref()
  }
}

/** Those behind a group that hung have waited as long; they are not made to wait for a second one. */
function refuseWaiting(queue: Queue, lane: Lane): void {
  const behind = lane.waiting.filter((entry) => entry.settle !== undefined)
  lane.waiting = lane.waiting.filter((entry) => entry.settle === undefined)
  for (const entry of behind) refuse(queue, entry, commitTimeout)
}

function retryHeld(queue: Queue, lane: Lane): void {
  clearTimeout(lane.retry)
  lane.retry = undefined
  lane.waiting.unshift(...lane.held.splice(0))
  start(queue, lane)
}

function refuse(queue: Queue, entry: Waiting, cause: unknown): void {
  leave(queue, entry)
  entry.settle?.reject(unavailable(cause))
}

function leave(queue: Queue, entry: Waiting): void {
  if (entry.settle === undefined) queue.taken.ends -= 1
  else queue.taken.waiting -= 1
}

async function flush(queue: Queue): Promise<void> {
  const untilMs = queue.needs.monotonicNow() + flushTimeoutMs
  for (const lane of [...queue.lanes.values()]) {
    while (lane.busy !== undefined || lane.held.length > 0) {
      if (queue.needs.monotonicNow() > untilMs) return
      if (lane.busy === undefined) {
        await sleep(endRetryDelayMs)
        retryHeld(queue, lane)
      }
      await lane.busy
    }
  }
}

/** What it raced against goes on by itself: if it still commits, its intents are closed as `unknown`. */
async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(commitTimeout), commitTimeoutMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

function unavailable(cause: unknown): Problem {
  if (cause instanceof Problem && cause.type === 'audit-unavailable') return cause
  return new Problem(
    'audit-unavailable',
    'The audit log could not be written, so nothing was sent.',
    {
      next: 'Try again in a few seconds; if it goes on, the operator looks at the database.',
      retryAfterSeconds: 1,
      cause,
    },
  )
}

function overloaded(): Problem {
  return new Problem('overloaded', 'Too many requests wait to be recorded, so nothing was sent.', {
    next: 'Try again in a few seconds.',
    retryAfterSeconds: 1,
  })
}
