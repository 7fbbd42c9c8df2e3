// Reads what an operator should know of a database, and changes nothing.
import { connect, type Sql } from './connect.ts'
import { readFailure } from './database.ts'
import { readJournal } from './run-migrations.ts'

/** What a session of the vault's own role says of its database. */
export interface DatabaseReading {
  readonly versionNumber: number
  readonly roundTripMs: number
  readonly clockAheadMs: number
  readonly isSuperuser: boolean
  readonly fsync: string
  readonly fullPageWrites: string
  readonly synchronousCommit: string
  readonly migrations: { readonly missing: number; readonly isNewer: boolean }
  readonly mayChangeAudit: readonly string[] | undefined
  readonly mayCreate: 'everybody' | 'role' | undefined
  readonly connections: { readonly used: number; readonly max: number }
}

export interface ExamineOptions {
  readonly url: string
  /** Of the role that owns the tables, which alone may read what was migrated. */
  readonly ownerUrl: string
  readonly migrationsFolder: string
  readonly now: () => number
  readonly monotonicMs: () => number
}

/** Signs in once, reads, and lets go. Throws `store-unavailable` where the database cannot be reached. */
export async function examineDatabase(options: ExamineOptions): Promise<DatabaseReading> {
  const { url, ownerUrl, migrationsFolder } = options
  return {
    ...(await reading(url, async (sql) => ({
      ...(await readSettings(sql)),
      ...(await readClock(sql, options)),
      mayChangeAudit: await readAuditRights(sql),
      mayCreate: await readSchemaRights(sql),
    }))),
    migrations: await reading(ownerUrl, (sql) => readMigrations(sql, migrationsFolder)),
  }
}

/** What the database remembers of backups; undefined where it is none of a vault, or has yet to be brought up to date. */
export function readBackups(
  url: string,
): Promise<{ readonly isSetUp: boolean; readonly ageMs: number | undefined } | undefined> {
  return reading(url, async (sql) => {
    const [known] = await sql<{ known: boolean }[]>`
      SELECT EXISTS (SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('installation') AND attname = 'backed_up_at') AS known`
    if (known?.known !== true) return undefined
    const [row] = await sql<{ setUp: boolean; age: number | null }[]>`
      SELECT set_up_at IS NOT NULL AS "setUp",
        (extract(epoch FROM clock_timestamp() - backed_up_at) * 1000)::float8 AS age
      FROM installation`
    return { isSetUp: row?.setUp === true, ageMs: row?.age ?? undefined }
  })
}

async function reading<T>(url: string, read: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport doctor',
    silenceMsMax: 10_000,
    settings: { default_transaction_read_only: 'on', statement_timeout: 5_000 },
  })
  try {
    return await read(sql)
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function readSettings(sql: Sql) {
  const [row] = await sql<
    {
      version: number
      superuser: boolean
      fsync: string
      pages: string
      commit: string
      max: number
      used: number
    }[]
  >`
    SELECT current_setting('server_version_num')::int AS version,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
      current_setting('fsync') AS fsync,
      current_setting('full_page_writes') AS pages,
      current_setting('synchronous_commit') AS commit,
      current_setting('max_connections')::int AS max,
      (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`
  if (row === undefined) throw new Error('the database said nothing of its settings')
  return {
    versionNumber: row.version,
    isSuperuser: row.superuser,
    fsync: row.fsync,
    fullPageWrites: row.pages,
    synchronousCommit: row.commit,
    connections: { used: row.used, max: row.max },
  }
}

const clockRounds = 3

/** Of a few rounds the quickest says it best. */
async function readClock(sql: Sql, { now, monotonicMs }: ExamineOptions) {
  let best = { roundTripMs: Number.POSITIVE_INFINITY, clockAheadMs: 0 }
  for (let round = 0; round < clockRounds; round += 1) {
    const beganMs = monotonicMs()
    const wallMs = now()
    const [row] = await sql<{ ms: number }[]>`
      SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`
    const roundTripMs = monotonicMs() - beganMs
    const clockAheadMs = (row?.ms ?? wallMs) - (wallMs + roundTripMs / 2)
    if (roundTripMs < best.roundTripMs) best = { roundTripMs, clockAheadMs }
  }
  return best
}

async function readMigrations(sql: Sql, migrationsFolder: string) {
  const known = readJournal(migrationsFolder).map(({ when }) => when)
  const newest = known.at(-1) ?? 0
  const [found] = await sql<{ exists: boolean }[]>`
    SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS exists`
  if (found?.exists !== true) return { missing: known.length, isNewer: false }
  const [row] = await sql<{ newest: string | null }[]>`
    SELECT max(created_at)::text AS newest FROM drizzle.__drizzle_migrations`
  const applied = Number(row?.newest ?? 0)
  return { missing: known.filter((when) => when > applied).length, isNewer: applied > newest }
}

async function readSchemaRights(sql: Sql): Promise<'everybody' | 'role' | undefined> {
  const [row] = await sql<{ everybody: boolean; role: boolean }[]>`
    SELECT has_schema_privilege('public', n.oid, 'CREATE') AS everybody,
      has_schema_privilege(n.oid, 'CREATE') AS role
    FROM pg_namespace n WHERE n.nspname = 'public'`
  return row?.everybody === true ? 'everybody' : row?.role === true ? 'role' : undefined
}

async function readAuditRights(sql: Sql): Promise<readonly string[] | undefined> {
  const [found] = await sql<{ exists: boolean }[]>`
    SELECT to_regclass('audit_records') IS NOT NULL AS exists`
  if (found?.exists !== true) return undefined
  const rights = await sql<{ right: string }[]>`
    SELECT kind AS right FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS kind
    WHERE has_table_privilege('audit_records', kind) OR has_table_privilege('audit_checkpoints', kind)`
  return rights.map(({ right }) => right.toLowerCase())
}
