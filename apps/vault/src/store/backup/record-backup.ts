// Remembers in the database when it was backed up, for whoever watches the vault.
import { connect } from '../connect.ts'
import { readFailure } from '../database.ts'

/** Notes that a whole backup of this moment stands on disk; an older one changes nothing. Throws `store-unavailable`. */
export async function recordBackup(url: string, at: Date): Promise<void> {
  const sql = connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport backup',
    silenceMsMax: 10_000,
  })
  try {
    // The clock of this machine may be ahead: then none would count for as long.
    await sql`
      UPDATE installation SET backed_up_at = least(${at.toISOString()}::timestamptz, now())
      WHERE backed_up_at IS NULL OR backed_up_at < least(${at.toISOString()}::timestamptz, now())`
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
