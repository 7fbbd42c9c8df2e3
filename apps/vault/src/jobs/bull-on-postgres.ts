import type { ClientConfig } from 'pg'
import { type Bull, type BullEnds, queueName, queueOptions, workerOptions } from './bull-queue.ts'

/** Beside the vault's own tables: BullMQ's, which it makes and changes by itself. */
export const jobSchema = 'sallyport_jobs'

const connectMsMax = 3_000
const statementMsMax = 5_000
const lockMsMax = 3_000
const keepAliveMs = 10_000
const workerConnectionsMax = 2
const queueConnectionsMax = 1

/** The queue in the vault's own database. Takes three to four connections, one of which listens. */
export const onPostgres =
  (url: string) =>
  async ({ Queue, Worker, createPostgresBackend }: Bull): Promise<BullEnds> => {
    const { Client } = (await import('pg')).default
    /** BullMQ takes connections out of its pool and does not listen for their end, which would end the process with them. */
    class HeardClient extends Client {
      constructor(config?: ClientConfig) {
        super(config)
        // Whoever waits for an answer is told by that.
        this.on('error', () => {})
      }
    }
    const connection = {
      Client: HeardClient,
      ...readDatabaseUrl(url),
      schema: jobSchema,
      application_name: 'sallyport jobs',
      connectionTimeoutMillis: connectMsMax,
      // The server ends a statement first; where it does not answer at all, the client does.
      statement_timeout: statementMsMax,
      lock_timeout: lockMsMax,
      idle_in_transaction_session_timeout: statementMsMax,
      query_timeout: statementMsMax + connectMsMax,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
    }
    const few = { ...connection, max: queueConnectionsMax }
    const more = { ...connection, max: workerConnectionsMax }
    return {
      newQueue: () =>
        new Queue(queueName, { ...queueOptions, connection: few }, createPostgresBackend),
      newWorker: (work) =>
        new Worker(queueName, work, { ...workerOptions, connection: more }, createPostgresBackend),
      // Nothing of theirs was seen to connect again once it was closed.
      release() {},
    }
  }

/** What `pg` makes of `sslmode` is stricter than what the vault's own driver does: both are told the same here. */
export function readDatabaseUrl(text: string): {
  readonly connectionString: string
  readonly ssl?: { readonly rejectUnauthorized: boolean }
} {
  if (!URL.canParse(text)) return { connectionString: text }
  const url = new URL(text)
  const mode = url.searchParams.get('sslmode') ?? url.searchParams.get('ssl')
  for (const name of ['sslmode', 'ssl']) url.searchParams.delete(name)
  const connectionString = url.href
  if (mode === null || mode === 'disable' || mode === 'false') return { connectionString }
  const rejectUnauthorized = !['require', 'allow', 'prefer'].includes(mode)
  return { connectionString, ssl: { rejectUnauthorized } }
}
