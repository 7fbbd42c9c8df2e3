// Brings the database's tables to what this build needs.
import { Problem } from '@sallyport/contracts'
import { connect, describeUrl, type Sql } from './connect.ts'
import { readFailure } from './database.ts'
import { type FurtherSchema, grant, grantFurther } from './grants.ts'
import { readJournal, runMigrations } from './run-migrations.ts'

/** Any two vaults agree on this number; it spells nothing. */
const migrationLock = 7_305_116_642
/** How long a replica waits for another one that migrates. */
const lockWaitMsMax = 120_000
const lockRetryMs = 50
/** A migration may rebuild a large table; a statement without any answer for this long is given up. */
const silenceMsMax = 3_600_000
/** A migration that cannot get its lock must not queue every other query behind it for long. */
const lockTimeoutMs = 10_000

export interface MigrateOptions {
  /** A role that may create tables. */
  readonly url: string
  /** The folder that drizzle-kit wrote (`drizzle/`), wherever it stands in this build. */
  readonly migrationsFolder: string
  /** The role that the pool signs in with, if it is another one; it is granted what it needs and no more. */
  readonly appRole?: string
  readonly furtherSchema?: FurtherSchema
  /** Audit entries that are older may be removed; undefined: none, ever. 30 at least. */
  readonly auditRetentionDays?: number | undefined
}

/**
 * Runs the migrations that are missing, one after the other: an interrupted run leaves whole ones behind, and the next goes on from
 * there. Several replicas may call it at once; one works, the others wait. Throws `store-unavailable` when the database cannot be
 * reached, is of a newer build, or stays locked for two minutes.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const sql = connect({
    url: options.url,
    maxConnections: 1,
    applicationName: 'sallyport migrate',
    silenceMsMax,
    keepsSession: true,
    // Of the role or the database there may be another limit, under which a long migration would begin anew at each start.
    settings: { lock_timeout: lockTimeoutMs, statement_timeout: 0 },
  })
  try {
    await lock(sql)
    await refuseNewer(sql, options.migrationsFolder)
    await runMigrations(sql, options)
    const { furtherSchema } = options
    await furtherSchema?.migrate((text, parameters) => runPlain(sql, text, parameters))
    const { user } = describeUrl(options.url)
    if (options.appRole !== undefined && options.appRole !== user) {
      await grant(sql, options.appRole)
      if (furtherSchema !== undefined) await grantFurther(sql, options.appRole, furtherSchema)
    }
    await setRetention(sql, options.auditRetentionDays)
  } catch (error) {
    throw readFailure(error)
  } finally {
    // The lock goes with the session.
    await sql.end({ timeout: 1 })
  }
}

/**
 * Tried again and again rather than waited for: a waiting statement would end at the lock's own timeout, and an index that is built
 * beside it would wait for its snapshot while it waits for the builder.
 */
async function lock(sql: Sql): Promise<void> {
  for (let waitedMs = 0; waitedMs <= lockWaitMsMax; waitedMs += lockRetryMs) {
    const [row] = await sql<
      { locked: boolean }[]
    >`SELECT pg_try_advisory_lock(${migrationLock}) AS locked`
    if (row?.locked === true) return
    await new Promise((resolve) => setTimeout(resolve, lockRetryMs))
  }
  throw new Problem(
    'store-unavailable',
    'Another vault has been migrating the database for long.',
    {
      next: 'The operator has to see what the session “sallyport migrate” waits for, and start this vault again.',
    },
  )
}

async function refuseNewer(sql: Sql, migrationsFolder: string): Promise<void> {
  const [found] = await sql<{ exists: boolean }[]>`
    SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS exists`
  if (found?.exists !== true) return
  const [row] = await sql<{ newest: string | null }[]>`
    SELECT max(created_at)::text AS newest FROM drizzle.__drizzle_migrations`
  if (Number(row?.newest ?? 0) <= newestKnown(migrationsFolder)) return
  throw new Problem(
    'store-unavailable',
    'The database was migrated by a newer build of the vault.',
    {
      next: 'The operator has to start that build or a later one; nothing was changed.',
    },
  )
}

function newestKnown(migrationsFolder: string): number {
  return readJournal(migrationsFolder).at(-1)?.when ?? 0
}

/** The floor that the owner of the tables sets and the role of the running vault cannot. The last start counts. */
async function setRetention(sql: Sql, days: number | undefined): Promise<void> {
  await sql`
    INSERT INTO audit_retention AS standing (id, days) VALUES (1, ${days ?? null})
    ON CONFLICT (id) DO UPDATE SET days = EXCLUDED.days
    WHERE standing.days IS DISTINCT FROM EXCLUDED.days`
}

async function runPlain(sql: Sql, text: string, parameters: readonly unknown[] = []) {
  return [...(await sql.unsafe(text, parameters as (string | number)[]))]
}
