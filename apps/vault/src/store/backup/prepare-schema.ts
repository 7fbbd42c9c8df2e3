// Makes the tables that a backup was made of, in a database without any.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import { connect } from '../connect.ts'
import { readFailure } from '../database.ts'

const silenceMsMax = 600_000

interface Journal {
  readonly entries: readonly { readonly tag: string; readonly when: number }[]
}

/** Whether this build knows the tables as they were with that migration. */
export const knowsSchema = (migrationsFolder: string, schemaAt: number): boolean =>
  readJournal(migrationsFolder).entries.some(({ when }) => when === schemaAt)

/** Runs the migrations up to that one, and none after it. Throws `store-unavailable`. */
export async function prepareSchema(given: {
  readonly url: string
  readonly migrationsFolder: string
  readonly schemaAt: number
}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-migrations-'))
  const sql = connect({
    url: given.url,
    maxConnections: 1,
    applicationName: 'sallyport restore',
    silenceMsMax,
  })
  try {
    copyUpTo(given, folder)
    await migrate(drizzle(sql), { migrationsFolder: folder })
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
    rmSync(folder, { recursive: true, force: true })
  }
}

function copyUpTo(
  { migrationsFolder, schemaAt }: { migrationsFolder: string; schemaAt: number },
  folder: string,
): void {
  const journal = readJournal(migrationsFolder)
  const entries = journal.entries.filter(({ when }) => when <= schemaAt)
  for (const { tag } of entries) {
    copyFileSync(join(migrationsFolder, `${tag}.sql`), join(folder, `${tag}.sql`))
  }
  mkdirSync(join(folder, 'meta'))
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ ...journal, entries }))
}

const readJournal = (folder: string): Journal =>
  JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8'))
