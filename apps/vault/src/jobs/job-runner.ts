// The port behind which shared jobs run: by timers of this process, or by a queue that all processes share.

import type { PeriodicJob } from './periodic-jobs.ts'

/** How one run of a job ended. */
export interface JobRun {
  readonly job: string
  readonly outcome: 'done' | 'failed'
  readonly durationMs: number
}

/** What shares the jobs out: a queue, or this process alone. */
export interface JobQueueState {
  readonly kind: 'timers' | 'postgresql' | 'redis'
  /** Where not, this process runs all of them by timers meanwhile. */
  readonly isReachable: boolean
}

/** Jobs on their way. */
export interface JobRunner {
  queue(): JobQueueState
  /** Begins no further run; resolves when none is under way any more, or those that are have been given up. */
  stop(): Promise<void>
}

export interface JobRunnerNeeds {
  /** What each does has to be safe on several processes at once. */
  readonly jobs: readonly PeriodicJob[]
  /** A job failed; it is run again at its next time. */
  readonly onFailure: (name: string, error: unknown) => void
  readonly onRun?: ((run: JobRun) => void) | undefined
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}

/** Makes jobs that never reject: each run is timed and told, and so is a failure. */
export function watchRuns({ jobs, onFailure, onRun, monotonicMs }: JobRunnerNeeds): PeriodicJob[] {
  return jobs.map((job) => ({
    ...job,
    async run() {
      const startedMs = monotonicMs()
      const tell = (outcome: JobRun['outcome']) =>
        onRun?.({ job: job.name, outcome, durationMs: monotonicMs() - startedMs })
      try {
        await job.run()
        tell('done')
      } catch (error) {
        onFailure(job.name, error)
        tell('failed')
      }
    },
  }))
}
