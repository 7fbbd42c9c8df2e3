import { Problem } from '@sallyport/contracts'
import { mysqlVersionStatement, mysqlWarnings } from './mysql/mysql-privileges.ts'
import { pgVersionStatement, pgWarnings } from './postgres/pg-privileges.ts'
import type { Ask, DatabaseSockets, Drivers } from './server-needs.ts'
import type {
  IntendedUse,
  SourceCheck,
  SourceCheckStage,
  SqlLogin,
  SqlServerTarget,
  SqlTarget,
} from './sql-engine.ts'
import { findSqliteFile } from './sqlite/find-file.ts'
import { runOnSqlite, type SqliteNeeds } from './sqlite/sqlite-driver.ts'
import type { StopSignal } from './stop-signal.ts'

interface CheckNeeds {
  readonly sockets: DatabaseSockets
  readonly sqlite: SqliteNeeds
  readonly drivers: Drivers
  readonly now: () => number
  readonly target: SqlTarget
  readonly login: SqlLogin | undefined
  readonly use: IntendedUse
  readonly stop: StopSignal
}

interface Found {
  readonly version: string
  readonly warnings: readonly string[]
}

/** Looks at a source, and says how far it came. */
export async function checkSource(needs: CheckNeeds): Promise<SourceCheck> {
  const startedAt = needs.now()
  const latencyMs = () => Math.round(needs.now() - startedAt)
  const { target } = needs
  try {
    const found = await (target.dialect === 'sqlite'
      ? checkFile(needs, target.path)
      : checkServer(needs, target))
    const message = `${found.version} answers.`
    return { ok: true, stage: 'done', message, latencyMs: latencyMs(), ...found }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { detail, next } = error
    const message = next === undefined ? detail : `${detail} ${next}`
    return { ok: false, stage: stageOf(error), message, latencyMs: latencyMs(), warnings: [] }
  }
}

function stageOf({ type }: Problem): SourceCheckStage {
  if (type === 'address-refused' || type === 'invalid-input') return 'address'
  if (type === 'upstream-unreachable' || type === 'upstream-timeout') return 'connect'
  return type === 'provider-refused' ? 'sign-in' : 'query'
}

/** Hosts of this machine: what goes there is on no network. */
const staysHere = /^(?:127\.[\d.]+|\[?::1\]?|(?:.+\.)?localhost)$/i

async function checkServer(needs: CheckNeeds, target: SqlServerTarget): Promise<Found> {
  const { login, use, stop } = needs
  const allowed = needs.sockets.mayDial({ host: target.host, isTls: target.tls === 'require' })
  if (allowed !== true) throw new Problem('address-refused', allowed)
  const driver = await needs.drivers[target.dialect]()
  const isPg = target.dialect === 'postgres'
  const look = async (ask: Ask): Promise<Found> => {
    const [[version] = []] = await ask(isPg ? pgVersionStatement : mysqlVersionStatement, [])
    const warnings = await (isPg ? pgWarnings : mysqlWarnings)(ask, use)
    return { version: isPg ? (version ?? '') : mysqlName(version ?? ''), warnings }
  }
  const found = await driver.inspect({ target, login, stop }, look)
  if (target.tls === 'require' || staysHere.test(target.host)) return found
  const clear =
    'What is asked and answered, the password included, goes over the network in the clear.'
  return { ...found, warnings: [...found.warnings, clear] }
}

async function checkFile({ sqlite, use, stop }: CheckNeeds, path: string): Promise<Found> {
  const { isWorldWritable } = await findSqliteFile(path, sqlite.dirs)
  const result = await runOnSqlite(sqlite, {
    ...{ path, stop, parameters: [], reach: 'catalog', rowsMax: 1, bytesMax: 10_000 },
    statement: 'SELECT sqlite_version() AS version, count(*) AS tables FROM sqlite_schema',
  })
  if ('refused' in result) {
    throw new Problem(
      'upstream-invalid-response',
      'The file could not be read as a SQLite database.',
    )
  }
  const warnings = isWorldWritable ? ['Everybody on the machine may write to the file.'] : []
  if (use.writes)
    warnings.push(
      'Statements that write may change every table of the file: SQLite knows no roles.',
    )
  return { version: `SQLite ${result.rows[0]?.version ?? ''}`, warnings }
}

const mysqlName = (version: string): string =>
  version.includes('MariaDB') ? `MariaDB ${version.split('-')[0]}` : `MySQL ${version}`
