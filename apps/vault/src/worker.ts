import { composeWorker } from './compose/compose-worker.ts'
import { openProcess } from './compose/open-process.ts'
import { startOperations } from './compose/start-operations.ts'
import { type Config, ConfigError, type Environment } from './config.ts'
import type { OperationsListener } from './http/operations-listener.ts'

// Reads the environment, builds the house without its doors, and runs the jobs that all processes of a vault share.

declare const SALLYPORT_VERSION: string

/** What the process hands to the worker. */
export interface RunWorkerNeeds {
  readonly environment: Environment
  /** Tells whoever started it that it is at work. */
  readonly announce: () => void
  /** Resolves when the worker is to stop. */
  readonly stopped: Promise<unknown>
}

/**
 * Runs a worker until it is to stop; jobs under way are then ended, or released after some seconds. Throws ConfigError (exit code
 * 78) for an environment in which there is nothing for it to do, and what `runVault` throws.
 */
export async function runWorker({ environment, announce, stopped }: RunWorkerNeeds): Promise<void> {
  const opened = await openProcess({ environment, version: SALLYPORT_VERSION, requireConfig })
  const { config, store, telemetry } = opened
  // Replicas have none but the configured one either: checked above.
  const publicUrl = () => config.publicUrl ?? ''
  const worker = await composeWorker({ ...opened, publicUrl, pagesUrl: publicUrl }).catch(
    async (error: unknown) => {
      await store.close()
      throw error
    },
  )
  let operations: OperationsListener | undefined
  try {
    operations = await startOperations(config, telemetry, worker.readiness)
    announce()
    await stopped
  } finally {
    await worker.close()
    await telemetry.traces?.close()
    await operations?.close()
  }
}

function requireConfig({ databaseUrl, publicUrl, jobs }: Config): void {
  if (databaseUrl === undefined) {
    throw new ConfigError(
      'DATABASE_URL must be set for a worker: an embedded database is of the one vault that runs it, which runs its jobs itself',
    )
  }
  if (publicUrl === undefined) {
    throw new ConfigError(
      'SALLYPORT_PUBLIC_URL must be set for a worker: what it sends to people leads there',
    )
  }
  if (jobs === 'off') {
    throw new ConfigError('SALLYPORT_JOBS must be on for a worker: it does nothing else')
  }
}
