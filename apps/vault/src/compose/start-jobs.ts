import { onPostgres } from '../jobs/bull-on-postgres.ts'
import { onRedis } from '../jobs/bull-on-redis.ts'
import { createBullQueue } from '../jobs/bull-queue.ts'
import type { JobQueueState, JobRunner, JobRunnerNeeds } from '../jobs/job-runner.ts'
import { startQueueRunner } from '../jobs/queue-runner.ts'
import { startTimerRunner } from '../jobs/timer-runner.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { Jobs } from './jobs.ts'
import { redisPrefix } from './redis-prefix.ts'

/** The jobs of this process on their way. */
export interface RunningJobs {
  /** Undefined where this replica leaves the shared jobs to others. */
  queue(): JobQueueState | undefined
  stop(): Promise<void>
}

type Needs = Pick<ComposeNeeds, 'config' | 'log' | 'now'>

/** Starts the jobs of this process: its own by timers, and those that all share as the configuration says. */
export function startJobs(
  needs: Needs,
  foundation: Foundation,
  { own, shared }: Jobs,
): RunningJobs {
  const { monotonicMs, onFailure, telemetry } = foundation
  const sharesJobs = needs.config.jobs !== 'off'
  const listed = sharesJobs ? [...own, ...shared] : own
  telemetry.metrics?.observers.onJobsListed(listed.map(({ name }) => name))
  const watched: Omit<JobRunnerNeeds, 'jobs'> = {
    monotonicMs,
    onRun: telemetry.metrics?.observers.onJobRun,
    onFailure: (name, error) => onFailure(`the job "${name}" failed`, error),
  }
  const ownRunner = startTimerRunner({ ...watched, jobs: own })
  const sharedRunner = sharesJobs
    ? startShared(needs, foundation, { ...watched, jobs: shared })
    : undefined
  return {
    queue: () => sharedRunner?.queue(),
    async stop() {
      await Promise.all([ownRunner.stop(), sharedRunner?.stop()])
    },
  }
}

/** Nobody else is at an embedded database: there is nobody to share with. */
function startShared(
  { config, log, now }: Needs,
  { tokenHash }: Foundation,
  watched: JobRunnerNeeds,
): JobRunner {
  const databaseUrl = config.databaseUrl?.reveal()
  const redisUrl = config.redisUrl?.reveal()
  if (databaseUrl === undefined) return startTimerRunner(watched)
  const kind = redisUrl === undefined ? 'postgresql' : 'redis'
  const ends =
    redisUrl === undefined
      ? onPostgres(databaseUrl)
      : onRedis(redisUrl, `${redisPrefix(tokenHash)}:queue`)
  return startQueueRunner({
    ...watched,
    kind,
    open: createBullQueue({ ends, now }),
    log: { warn: (line) => log.warn({}, line), info: (line) => log.info({}, line) },
  })
}
