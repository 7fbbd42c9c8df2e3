import type { JobRunner, JobRunnerNeeds } from './job-runner.ts'
import { watchRuns } from './job-runner.ts'
import { startPeriodicJobs } from './periodic-jobs.ts'

/** Runs jobs by timers of this process: each now, and then every `everyMs` after it ended. */
export function startTimerRunner(needs: JobRunnerNeeds): JobRunner {
  const timers = startPeriodicJobs(watchRuns(needs), needs.onFailure)
  return { queue: () => ({ kind: 'timers', isReachable: true }), stop: timers.stop }
}
