import { jobSchema } from './bull-on-postgres.ts'

/** Runs a statement, or several without parameters, on one session of the role that owns the tables. */
export type RunStatement = (text: string, parameters?: readonly unknown[]) => Promise<unknown[]>

/** What a queue in the database needs there: made by the role that owns the tables, used by the one of the running vault. */
export interface JobSchema {
  readonly name: string
  /** Only read by whoever uses the schema: BullMQ's record of what it has made there. */
  readonly ledger: string
  /** Brings it up to date, in one transaction. Does nothing where it is. */
  migrate(run: RunStatement): Promise<void>
}

/** The schema of the queue of jobs. */
export const queueSchema: JobSchema = {
  name: jobSchema,
  ledger: 'migration',
  async migrate(run) {
    const { runMigrations } = (await import('bullmq')).default
    // A session of postgres.js in the clothes of the driver that BullMQ knows.
    const query = async <R>(text: string, parameters?: readonly unknown[]) => ({
      rows: (await run(text, parameters)) as R[],
    })
    await runMigrations({ query }, jobSchema)
  },
}
