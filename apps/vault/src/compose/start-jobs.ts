import type { JobQueueState, JobRunnerNeeds } from '../jobs/job-runner.ts'
import { startTimerRunner } from '../jobs/timer-runner.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { Jobs } from './jobs.ts'

/** The jobs of this process on their way. */
export interface RunningJobs {
  /** Undefined where this replica leaves the shared jobs to others. */
  queue(): JobQueueState | undefined
  stop(): Promise<void>
}

/** Starts the jobs of this process: its own by timers, and those that all share as the configuration says. */
export function startJobs(
  { config }: ComposeNeeds,
  { onFailure, monotonicMs }: Foundation,
  { own, shared }: Jobs,
): RunningJobs {
  const watched: Omit<JobRunnerNeeds, 'jobs'> = {
    monotonicMs,
    onFailure: (name, error) => onFailure(`the job "${name}" failed`, error),
  }
  const ownRunner = startTimerRunner({ ...watched, jobs: own })
  const sharedRunner =
    config.jobs === 'off' ? undefined : startTimerRunner({ ...watched, jobs: shared })
  return {
    queue: () => sharedRunner?.queue(),
    async stop() {
      await Promise.all([ownRunner.stop(), sharedRunner?.stop()])
    },
  }
}
