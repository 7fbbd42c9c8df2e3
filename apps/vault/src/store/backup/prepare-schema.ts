// Makes the tables that a backup was made of, in a database without any.
import { connect } from '../connect.ts'
import { readFailure } from '../database.ts'
import { readJournal, runMigrations } from '../run-migrations.ts'

const silenceMsMax = 600_000

/** Whether this build knows the tables as they were with that migration. */
export const knowsSchema = (migrationsFolder: string, schemaAt: number): boolean =>
  readJournal(migrationsFolder).some(({ when }) => when === schemaAt)

/** Whether tables as they were with that migration are what this build works with. */
export const isNewestSchema = (migrationsFolder: string, schemaAt: number): boolean =>
  readJournal(migrationsFolder).at(-1)?.when === schemaAt

/** Runs the migrations up to that one, and none after it. Throws `store-unavailable`. */
export async function prepareSchema(given: {
  readonly url: string
  readonly migrationsFolder: string
  readonly schemaAt: number
}): Promise<void> {
  const { url, migrationsFolder, schemaAt } = given
  const sql = connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport restore',
    silenceMsMax,
  })
  try {
    await runMigrations(sql, { migrationsFolder, upTo: schemaAt })
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
