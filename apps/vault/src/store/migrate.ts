// Brings the database's tables to what this build needs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator'
import { connect, describeUrl, type Sql } from './connect.ts'
import { readFailure } from './database.ts'

/** Any two vaults agree on this number; it spells nothing. */
const migrationLock = 7_305_116_642
/** How long a replica waits for another one that migrates. */
const lockWaitMsMax = 120_000
const lockRetryMs = 50
/** A migration may rebuild a large table; a statement without any answer for this long is given up. */
const silenceMsMax = 3_600_000
/** A migration that cannot get its lock must not queue every other query behind it for long. */
const lockTimeoutMs = 10_000

/** Records that a role of the application may add to but never change. */
const appendOnlyTables = ['audit_records', 'audit_checkpoints']
/** What the operator says, and what a function of the owner's alone may write. */
const readOnlyTables = ['audit_retention', 'audit_starts']

/** A schema of its own in the same database, of something that makes and changes its tables by itself. */
export interface FurtherSchema {
  readonly name: string
  /** Its record of what it has made: not to be written by the role of the application. */
  readonly ledger: string
  /** Brings it up to date, in one transaction, on the one session that is handed in. */
  migrate(run: (text: string, parameters?: readonly unknown[]) => Promise<unknown[]>): Promise<void>
}

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
 * Runs the migrations that are missing, in one transaction: an interrupted run leaves nothing behind. Several replicas may
 * call it at once; one works, the others wait. Throws `store-unavailable` when the database cannot be reached, is of a newer
 * build, or stays locked for two minutes.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const sql = connect({
    url: options.url,
    maxConnections: 1,
    applicationName: 'sallyport migrate',
    silenceMsMax,
    settings: { lock_timeout: lockTimeoutMs },
  })
  try {
    await lock(sql)
    await refuseNewer(sql, options.migrationsFolder)
    await runMigrations(drizzle(sql), { migrationsFolder: options.migrationsFolder })
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

/** Tried again and again rather than waited for: a waiting statement would end at the lock's own timeout. */
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
  const journal: unknown = JSON.parse(
    readFileSync(join(migrationsFolder, 'meta', '_journal.json'), 'utf8'),
  )
  const entries = (journal as { entries: { when: number }[] }).entries
  return Math.max(0, ...entries.map((entry) => entry.when))
}

/** Each start grants anew, so that tables of new migrations are covered. In one transaction: never more than meant. */
async function grant(sql: Sql, appRole: string): Promise<void> {
  await sql.begin(async (tx) => {
    const role = tx(appRole)
    await tx`GRANT USAGE ON SCHEMA public TO ${role}`
    await tx`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`
    await tx`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`
    for (const table of appendOnlyTables) {
      await tx`REVOKE ALL ON ${tx(table)} FROM ${role}`
      await tx`GRANT SELECT, INSERT ON ${tx(table)} TO ${role}`
    }
    for (const table of readOnlyTables) {
      await tx`REVOKE ALL ON ${tx(table)} FROM ${role}`
      await tx`GRANT SELECT ON ${tx(table)} TO ${role}`
    }
    await tx`
      GRANT EXECUTE ON FUNCTION sallyport_prune_audit(text, bigint, timestamptz, bytea) TO ${role}`
  })
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

async function grantFurther(sql: Sql, appRole: string, further: FurtherSchema): Promise<void> {
  await sql.begin(async (tx) => {
    const role = tx(appRole)
    const schema = tx(further.name)
    await tx`GRANT USAGE ON SCHEMA ${schema} TO ${role}`
    await tx`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`
    await tx`GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`
    const ledger = tx`${schema}.${tx(further.ledger)}`
    await tx`REVOKE INSERT, UPDATE, DELETE ON ${ledger} FROM ${role}`
  })
}
