import type { Processor, Queue, Worker } from 'bullmq'
import type { PeriodicJob } from './periodic-jobs.ts'
import type { OpenJobQueue, OpenQueue } from './queue-runner.ts'
import { unlessAborted, within } from './waits.ts'

// A queue of BullMQ on which each job comes up again and again: for one of all the processes at a time.

export const queueName = 'jobs'

/** Opening, and each question to the queue, ends by then. */
const openMsMax = 5_000
const answerMsMax = 3_000
/** What each of the two steps of closing takes beyond what it waits for jobs. */
const closeMsMax = 500
/** A queue that is closed and does not answer by then is lost: its jobs under way are not waited for. */
const presenceMsMax = 500
/** A job that comes so much later than it should, or is to come so much later, was lost, or somebody's clock was set. */
const lateMsMax = 5_000
/** The same when a queue is opened, which may be because it was lost with a job on its way. */
const lateAtOpeningMsMax = 1_000
/** The schedules are looked at with every so manyth check. */
const lookEvery = 4
const schedulesMax = 1_000
/** What BullMQ notes down of events, and nobody reads. */
const eventsMax = 100

/** Nothing of a job is kept when it is over: its failure is in the log. */
const jobOptions = { removeOnComplete: true, removeOnFail: true } as const
export const queueOptions = { streams: { events: { maxLen: eventsMax } } } as const
/** Of a process that is gone, what it was at is begun again within two of these. */
const stalledAfterMs = 15_000
/** As many as there are jobs or more: none waits for another. */
const jobsAtOnceMax = 50
const retryMs = 1_000
export const workerOptions = {
  concurrency: jobsAtOnceMax,
  lockDuration: stalledAfterMs,
  stalledInterval: stalledAfterMs,
  runRetryDelay: retryMs,
} as const

/** BullMQ, loaded where it is used. As a whole: bundled, a CommonJS module has no names of its own. */
export type Bull = typeof import('bullmq')

type Asked =
  | 'getJobSchedulers'
  | 'getJobSchedulersCount'
  | 'removeJobScheduler'
  | 'upsertJobScheduler'
/** What is used of either end, whatever backend it is on. */
interface End {
  on(event: 'error', listener: (error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  close(force?: boolean): Promise<unknown>
  disconnect(): Promise<unknown>
}
interface AskingEnd extends End, Pick<Queue, Asked> {}
interface WorkingEnd extends End, Pick<Worker, 'isRunning'> {}

/** Makes the two ends of the queue on connections of their own. */
export interface BullEnds {
  newQueue(): AskingEnd
  newWorker(work: Processor): WorkingEnd
  /** Ends, when both are closed, whatever connection of theirs is left, and lets none be made again. */
  release(): void
}

/** Opens the queue. `now`: ms since the epoch, as BullMQ reads them too. */
export function createBullQueue(needs: {
  readonly ends: (bull: Bull) => BullEnds | Promise<BullEnds>
  readonly now: () => number
}): OpenQueue {
  return async (jobs, signal) => {
    const ends = await needs.ends((await import('bullmq')).default)
    const queue = ends.newQueue()
    // Told by `check`; an `error` that nobody listens for would end the process.
    queue.on('error', ignore)
    try {
      const bound = (step: Promise<unknown>) => unlessAborted(signal, within(openMsMax, step))
      await bound(queue.waitUntilReady())
      await bound(removeUnknown(queue, jobs))
      await bound(mendSchedules(queue, { jobs, nowMs: needs.now(), lateMs: lateAtOpeningMsMax }))
    } catch (error) {
      await closeAll(ends, [queue])
      throw error
    }
    return work(queue, { ...needs, ends, jobs, signal })
  }
}

interface Work {
  readonly ends: BullEnds
  readonly jobs: readonly PeriodicJob[]
  readonly now: () => number
  readonly signal: AbortSignal
}

async function work(queue: AskingEnd, { ends, jobs, now, signal }: Work): Promise<OpenJobQueue> {
  const byKey = new Map(jobs.map((job) => [keyOf(job), job]))
  // Another version's job is that version's: whoever knows it runs it when it comes the next time.
  const worker = ends.newWorker(async ({ name }) => void (await byKey.get(name)?.run()))
  worker.on('error', ignore)
  const state = { checks: 0 }
  try {
    await unlessAborted(signal, within(openMsMax, worker.waitUntilReady()))
  } catch (error) {
    await closeAll(ends, [worker, queue])
    throw error
  }
  return {
    async check() {
      state.checks += 1
      if (!worker.isRunning()) throw new QueueStopped('it takes no more jobs')
      const count = await within(answerMsMax, queue.getJobSchedulersCount())
      if (count >= jobs.length && state.checks % lookEvery !== 0) return
      await within(answerMsMax, mendSchedules(queue, { jobs, nowMs: now(), lateMs: lateMsMax }))
    },
    async close(finishMs) {
      // A worker on a queue that is lost would wait for it as long as it may.
      if (finishMs > 0 && (await isThere(queue)))
        await within(finishMs, worker.close()).catch(ignore)
      await closeAll(ends, [worker, queue])
    },
  }
}

const isThere = (queue: AskingEnd): Promise<boolean> =>
  within(presenceMsMax, queue.getJobSchedulersCount()).then(
    () => true,
    () => false,
  )

class QueueStopped extends Error {
  override readonly name = 'QueueStopped'
}

const keyOf = ({ name }: PeriodicJob) => name.replaceAll(' ', '-')

/** What an older version did and this one does not. */
async function removeUnknown(queue: AskingEnd, jobs: readonly PeriodicJob[]): Promise<void> {
  const known = new Set(jobs.map(keyOf))
  for (const { key } of await queue.getJobSchedulers(0, schedulesMax, true)) {
    if (!known.has(key)) await queue.removeJobScheduler(key)
  }
}

interface Looking {
  readonly jobs: readonly PeriodicJob[]
  readonly nowMs: number
  readonly lateMs: number
}

/**
 * Sees to it that each job comes up in its time: a Redis may come back empty, a process may end between taking a job and
 * planning the next, and a clock may be set.
 */
async function mendSchedules(queue: AskingEnd, { jobs, nowMs, lateMs }: Looking): Promise<void> {
  const schedules = await queue.getJobSchedulers(0, schedulesMax, true)
  const found = new Map(schedules.map((schedule) => [schedule.key, schedule]))
  for (const job of jobs) {
    const key = keyOf(job)
    const { every, next = 0 } = found.get(key) ?? {}
    const isInTime = next > nowMs - lateMs && next < nowMs + job.everyMs + lateMs
    if (every === job.everyMs && isInTime) continue
    // Else BullMQ would go on from the time that it has.
    if (found.has(key)) await queue.removeJobScheduler(key)
    await queue.upsertJobScheduler(key, { every: job.everyMs }, { name: key, opts: jobOptions })
  }
}

/** Forced, and not waited for beyond its time: what does not answer cannot be asked to end either. */
async function closeAll(
  { release }: BullEnds,
  open: readonly (AskingEnd | WorkingEnd)[],
): Promise<void> {
  await Promise.allSettled(open.map((end) => within(closeMsMax, end.close(true))))
  await Promise.allSettled(open.map((end) => within(closeMsMax, end.disconnect())))
  release()
}

const ignore = () => {}
