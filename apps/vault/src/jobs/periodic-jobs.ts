// Runs what has to be done again and again, one run of a job at a time; a failure is told and tried again next time.

import { setMaxListeners } from 'node:events'
import { pause } from './waits.ts'

/** One job. What it does has to be safe on several replicas at once. */
export interface PeriodicJob {
  readonly name: string
  readonly everyMs: number
  readonly run: () => Promise<unknown>
}

/** The jobs on their way; `stop` resolves when none is running any more. */
export interface PeriodicJobs {
  stop(): Promise<void>
}

/** Starts each job now and then every `everyMs` after it ended. */
export function startPeriodicJobs(
  jobs: readonly PeriodicJob[],
  onFailure: (name: string, error: unknown) => void,
): PeriodicJobs {
  const stopping = new AbortController()
  // One listener for each job that waits: as many as there are jobs is no leak.
  setMaxListeners(jobs.length, stopping.signal)
  const loops = jobs.map((job) => loop(job, stopping.signal, onFailure))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

async function loop(
  { name, everyMs, run }: PeriodicJob,
  signal: AbortSignal,
  onFailure: (name: string, error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await run().catch((error: unknown) => onFailure(name, error))
    await pause(everyMs, signal)
  }
}
