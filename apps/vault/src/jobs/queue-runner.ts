import { type JobRunner, type JobRunnerNeeds, watchRuns } from './job-runner.ts'
import { type PeriodicJob, type PeriodicJobs, startPeriodicJobs } from './periodic-jobs.ts'
import { pause, unlessAborted, within } from './waits.ts'

// Runs shared jobs by a queue, and by timers of this process for as long as the queue cannot be reached.

/** How often the queue is asked whether it is there. */
const checkEveryMs = 2_000
/** Between attempts to open one that is not. */
const reopenEveryMs = 2_000
/** How long a job that is under way at the end may take; then it is released, and another process runs it again. */
const finishMsMax = 5_000

/** A queue on which jobs are run as their times come. */
export interface OpenJobQueue {
  /** Rejects where the queue does not answer, or shares out no jobs any more. Takes some seconds at most. */
  check(): Promise<void>
  /**
   * Takes no further job, and lets those under way end within `finishMs`, unless the queue is lost. Never rejects, and ends a second
   * or two later at the latest.
   */
  close(finishMs: number): Promise<void>
}

/** Opens the queue and begins; rejects after some seconds where it cannot be reached, and within one when the signal is aborted. */
export type OpenQueue = (jobs: readonly PeriodicJob[], signal: AbortSignal) => Promise<OpenJobQueue>

export interface QueueRunnerNeeds extends JobRunnerNeeds {
  readonly kind: 'postgresql' | 'redis'
  readonly open: OpenQueue
  /** Told once when the queue is lost, and once when it is back. */
  readonly log: { warn(message: string): void; info(message: string): void }
  readonly every?: { readonly checkMs: number; readonly reopenMs: number }
}

/**
 * Starts it. Where the queue is lost, this process runs every job by its own timers, since each is safe on several processes at
 * once, and goes back to the queue when it is there again.
 */
export function startQueueRunner(needs: QueueRunnerNeeds): JobRunner {
  const { kind, open, log, every = { checkMs: checkEveryMs, reopenMs: reopenEveryMs } } = needs
  const stopping = new AbortController()
  const jobs = oneRunAtATime(watchRuns(needs))
  const state = {
    isReachable: false,
    isLossTold: false,
    timers: undefined as PeriodicJobs | undefined,
  }

  async function takeOver(error: unknown): Promise<void> {
    state.isReachable = false
    if (stopping.signal.aborted) return
    if (!state.isLossTold) log.warn(`the queue of jobs is lost: ${sayLoss(error)}`)
    state.isLossTold = true
    state.timers ??= startPeriodicJobs(jobs, needs.onFailure)
    await pause(every.reopenMs, stopping.signal)
  }

  async function giveBack(): Promise<void> {
    state.isReachable = true
    if (state.isLossTold) log.info('the queue of jobs is back')
    state.isLossTold = false
    const { timers } = state
    state.timers = undefined
    await timers?.stop()
  }

  async function runUntilLost(): Promise<void> {
    const queue = await open(jobs, stopping.signal)
    try {
      // What still runs by a timer runs beside the queue.
      giveBack().catch((error: unknown) => needs.onFailure('timers', error))
      while (!stopping.signal.aborted) {
        await pause(every.checkMs, stopping.signal)
        if (!stopping.signal.aborted) await unlessAborted(stopping.signal, queue.check())
      }
    } finally {
      await queue.close(stopping.signal.aborted ? finishMsMax : 0)
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) await runUntilLost().catch(takeOver)
  }

  const running = loop()
  return {
    queue: () => ({ kind, isReachable: state.isReachable }),
    async stop() {
      stopping.abort()
      const timers = state.timers?.stop() ?? Promise.resolve()
      await Promise.allSettled([running, within(finishMsMax, timers)])
    },
  }
}

/** Of what was said, the code or the name alone: a driver's message may quote an address with its password. */
function sayLoss(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const said = code ?? (error instanceof Error ? error.name : typeof error)
  return `${said}; meanwhile this process runs the shared jobs by timers of its own`
}

/** A queue brings a job again while its last run is still under way: this process then leaves it at that. */
function oneRunAtATime(jobs: readonly PeriodicJob[]): PeriodicJob[] {
  return jobs.map((job) => {
    const state = { isRunning: false }
    const run = async () => {
      if (state.isRunning) return
      state.isRunning = true
      await job.run().finally(() => {
        state.isRunning = false
      })
    }
    return { ...job, run }
  })
}
