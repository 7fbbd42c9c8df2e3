// Runs the migrations that drizzle-kit wrote, each by itself, and keeps the same record of them as Drizzle's own migrator.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from './connect.ts'

const breakpoint = '--> statement-breakpoint'
/** An index as drizzle-kit writes it, by its name. */
const createIndex = /^CREATE (UNIQUE )?INDEX ("[a-z_]+") ON /

interface Migration {
  readonly tag: string
  readonly when: number
}

/** The migrations of a build, oldest first. */
export function readJournal(migrationsFolder: string): readonly Migration[] {
  const text = readFileSync(join(migrationsFolder, 'meta', '_journal.json'), 'utf8')
  const { entries } = JSON.parse(text) as { entries: readonly Migration[] }
  return entries.toSorted((a, b) => a.when - b.when)
}

/**
 * Runs those that are missing, each in a transaction of its own with its record: whatever ends it leaves whole migrations behind, and
 * the next run goes on from there. One that only makes indexes makes them without a transaction, while others write: a long log
 * holds nobody up. An index that was left half built is dropped and built again. `sql` is one session that no other migrates beside.
 * Rejects with what the database said.
 */
export async function runMigrations(
  sql: Sql,
  {
    migrationsFolder,
    upTo = Number.POSITIVE_INFINITY,
  }: { migrationsFolder: string; upTo?: number },
): Promise<void> {
  await sql`CREATE SCHEMA IF NOT EXISTS drizzle`
  await sql`
    CREATE TABLE IF NOT EXISTS drizzle.__drizzle_migrations (
      id serial PRIMARY KEY, hash text NOT NULL, created_at bigint
    )`
  const [newest] = await sql<{ at: string | null }[]>`
    SELECT max(created_at)::text AS at FROM drizzle.__drizzle_migrations`
  const done = newest?.at === null ? Number.NEGATIVE_INFINITY : Number(newest?.at)
  for (const migration of readJournal(migrationsFolder)) {
    if (migration.when > done && migration.when <= upTo) await run(sql, migrationsFolder, migration)
  }
}

async function run(sql: Sql, folder: string, { tag, when }: Migration): Promise<void> {
  const text = readFileSync(join(folder, `${tag}.sql`), 'utf8')
  const statements = text.split(breakpoint).map((statement) => statement.trim())
  const hash = createHash('sha256').update(text).digest('hex')
  if (statements.every((statement) => createIndex.test(statement))) {
    await buildIndexes(sql, statements)
    await record(sql, { hash, when })
    return
  }
  await sql.begin(async (tx) => {
    for (const statement of statements) await tx.unsafe(statement)
    await record(tx, { hash, when })
  })
}

const record = (sql: Pick<Sql, 'unsafe'>, { hash, when }: { hash: string; when: number }) =>
  sql.unsafe('INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ($1, $2)', [
    hash,
    when,
  ])

/**
 * The build waits for whoever has the table in an older snapshot, a backup for instance, and nobody waits behind it: it may take as
 * long as it takes.
 */
async function buildIndexes(sql: Sql, statements: readonly string[]): Promise<void> {
  const [was] = await sql<{ is: string }[]>`SELECT current_setting('lock_timeout') AS is`
  await sql`SELECT set_config('lock_timeout', '0', false)`
  try {
    for (const statement of statements) await buildIndex(sql, statement)
  } finally {
    // Where the session is gone, so is its setting.
    await sql`SELECT set_config('lock_timeout', ${was?.is ?? '0'}, false)`.catch(() => {})
  }
}

async function buildIndex(sql: Sql, statement: string): Promise<void> {
  const name = `public.${createIndex.exec(statement)?.[2] ?? ''}`
  const [found] = await sql<{ isValid: boolean }[]>`
    SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass(${name})`
  // Built by a run that was ended before it could say so.
  if (found?.isValid === true) return
  if (found !== undefined) await sql.unsafe(`DROP INDEX CONCURRENTLY ${name}`)
  await sql.unsafe(statement.replace(createIndex, 'CREATE $1INDEX CONCURRENTLY $2 ON '))
}
