// MySQL and MariaDB: one binary prepared statement in a session that only reads unless it is meant to write.

import { Problem } from '@sallyport/contracts'
import type { FieldPacket } from 'mysql2'
import { answerTooLarge, connectionLost, errorCode, signInRefused } from '../database-problem.ts'
import { refusal, withoutRowValues } from '../refusal.ts'
import type { RowCollector } from '../row-collector.ts'
import {
  type Ask,
  type DatabaseSockets,
  receivedBytesMax,
  receivedWhileWritingMax,
  type ServerDriver,
  type ServerJob,
  type ServerOutcome,
} from '../server-needs.ts'
import type { SqlBoundValue } from '../sql-engine.ts'
import { untilStopped } from '../stop-signal.ts'
import { type MysqlSession, openMysqlSession, say } from './mysql-session.ts'
import { readMysqlCell } from './read-cell.ts'

/** The server gives up so much later than the vault, which then has killed the statement already. */
const serverGraceMs = 500

/** How the statement is read: no ANSI_QUOTES and no NO_BACKSLASH_ESCAPES, which would move the ends of texts. */
const sqlMode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'

/** Makes the driver, which keeps nothing between two calls. */
export function createMysqlDriver(sockets: DatabaseSockets): ServerDriver {
  async function inSession<T>(
    who: Pick<ServerJob, 'target' | 'login' | 'stop'>,
    { receivedBytesMax, writes }: { receivedBytesMax: number; writes: boolean },
    work: (session: MysqlSession) => Promise<T>,
  ): Promise<T> {
    const { signal } = who.stop
    refuseTlsByAddress(who.target)
    const { target, login } = who
    const session = await untilStopped(
      openMysqlSession({ target, login, sockets, receivedBytesMax }, signal),
      signal,
    ).catch((error: unknown) => {
      throw connectFailure(error, signal)
    })
    const kill = () => session.kill()
    signal.addEventListener('abort', kill, { once: true })
    try {
      const whole = begin(session, writes, who.stop.leftMs()).then(() => work(session))
      return await untilStopped(whole, signal)
    } catch (error) {
      throw error instanceof Problem || error instanceof RangeError
        ? error
        : connectionLost(errorCode(error), { writes })
    } finally {
      signal.removeEventListener('abort', kill)
      if (!signal.aborted) session.destroy()
    }
  }

  return {
    run: (job) =>
      inSession(
        job,
        {
          receivedBytesMax: job.writes ? receivedWhileWritingMax : receivedBytesMax(job.bytesMax),
          writes: job.writes,
        },
        (session) => runJob(session, job),
      ),
    inspect: (who, work) =>
      inSession(who, { receivedBytesMax: receivedWhileWritingMax, writes: false }, (session) =>
        work(askIn(session)),
      ),
  }
}

async function runJob(session: MysqlSession, job: ServerJob): Promise<ServerOutcome> {
  const { statement, writes, rows } = job
  const values = job.parameters.map(bindMysqlValue)
  try {
    const changed = await execute(session, { statement, values, rows, readsAll: writes })
    if (writes) await say(session, 'COMMIT')
    return { changed }
  } catch (error) {
    if (session.isOver()) {
      if (writes) throw answerTooLarge()
      rows.cut()
      return { changed: 0 }
    }
    const code = errorCode(error)
    const isFatal =
      typeof error === 'object' && error !== null && Reflect.get(error, 'fatal') === true
    if (!code.startsWith('ER_') || isFatal) throw error
    return refusal(code, error instanceof Error ? sayable(code, error.message, job) : code)
  }
}

/** Who signs in, from where, and what stands in rows of others is not the caller's to know. */
function sayable(code: string, message: string, job: ServerJob): string {
  const said = message
    .replace(/^Duplicate entry '.*' for key/s, 'Duplicate entry for key')
    .replaceAll(/(?:user )?(?:'[^']*'|`[^`]*`)@(?:'[^']*'|`[^`]*`)/g, 'the user of the source')
  return ofValues.test(code) ? withoutRowValues(said, job) : said
}

const ofValues = /WRONG_VALUE|INVALID_CHARACTER_STRING|OUT_OF_RANGE|INVALID_JSON/

/** Numbers of our own are the only thing that is written in. */
async function begin(session: MysqlSession, writes: boolean, leftMs: number): Promise<void> {
  const serverMs = leftMs + serverGraceMs
  const lockSeconds = Math.ceil(leftMs / 1000)
  const timeout = session.isMariaDb
    ? `max_statement_time = ${serverMs / 1000}`
    : `max_execution_time = ${serverMs}`
  await say(
    session,
    `SET SESSION ${timeout}, lock_wait_timeout = ${lockSeconds}, innodb_lock_wait_timeout = ${lockSeconds}, wait_timeout = ${lockSeconds + 1}, time_zone = '+00:00', sql_mode = '${sqlMode}'`,
  )
  const mode = writes ? 'READ WRITE' : 'READ ONLY'
  await say(session, `SET SESSION TRANSACTION ${mode}`)
  await say(session, `START TRANSACTION ${mode}`)
}

interface Execution {
  readonly statement: string
  readonly values: readonly MysqlValue[]
  readonly rows: Pick<RowCollector, 'setColumns' | 'add' | 'isFull'>
  /** What is cut is read all the same: a statement that writes is whole before it is committed. */
  readonly readsAll: boolean
}

/** Gives how many rows it changed. Where enough was read, the connection is left as it is, to be cut. */
function execute(session: MysqlSession, execution: Execution): Promise<number> {
  const { connection, broken } = session
  const { rows } = execution
  const done = new Promise<number>((resolve, reject) => {
    let columns: readonly FieldPacket[] | undefined
    let results = 0
    const command = connection.execute({
      sql: execution.statement,
      values: [...execution.values],
      rowsAsArray: true,
    })
    command.on('error', reject)
    // Of a procedure's results the first one is taken.
    command.on('fields', (fields: FieldPacket[] | undefined) => {
      results += 1
      if (fields === undefined || results > 1) return
      columns = fields
      rows.setColumns(fields.map(({ name }) => name))
    })
    let changed = 0
    command.on('result', (row: unknown) => {
      if (!Array.isArray(row)) {
        changed += affectedBy(row)
        return
      }
      if (results > 1 || rows.isFull) return
      try {
        rows.add(row.map((cell, i) => readMysqlCell(cell, columns?.[i]?.columnType)))
      } catch (error) {
        reject(error)
      }
      if (rows.isFull && !execution.readsAll) resolve(changed)
    })
    command.on('end', () => resolve(changed))
  })
  return Promise.race([done, broken])
}

function affectedBy(header: unknown): number {
  const count =
    typeof header === 'object' && header !== null ? Reflect.get(header, 'affectedRows') : 0
  return typeof count === 'number' ? count : 0
}

type MysqlValue = string | number | bigint | boolean | null

/** Integers as text are compared as floats, and LIMIT does not take them: the driver sends a bigint where it can. */
function bindMysqlValue(bound: SqlBoundValue): MysqlValue {
  if (bound.value === null) return null
  if (bound.type === 'array') return JSON.stringify(bound.value)
  const { type, value } = bound
  return type === 'integer' && /^-?\d+$/.test(String(value)) ? BigInt(String(value)) : value
}

function askIn(session: MysqlSession): Ask {
  return async (statement, values) => {
    const all: (string | null)[][] = []
    const rows = {
      isFull: false,
      setColumns() {},
      add(cells: readonly unknown[]) {
        all.push(cells.map((cell) => (cell === null ? null : String(cell))))
        return true
      },
    }
    await execute(session, { statement, values, rows, readsAll: true })
    return all
  }
}

/** mysql2 compares a certificate with a name and with nothing else. */
function refuseTlsByAddress({ host, tls }: ServerJob['target']): void {
  const isAddress = host.includes(':') || /^[\d.]+$/.test(host)
  if (tls === 'off' || !isAddress) return
  throw new Problem(
    'invalid-input',
    'MySQL over TLS needs the name of the host, not its address.',
    {
      next: 'The owner of the source names the host as its certificate does.',
    },
  )
}

function connectFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof Problem) return error
  const code = errorCode(error)
  if (!code.startsWith('ER_')) return connectionLost(code, { writes: false })
  if (/ACCESS_DENIED|BAD_DB|NOT_SUPPORTED_AUTH|HOST_NOT_PRIVILEGED/.test(code)) {
    return signInRefused(
      'The database did not accept the user, the password or the database.',
      code,
    )
  }
  return new Problem('upstream-unreachable', 'The database takes no connection now.', {
    next: 'Trying again later is safe; nothing was run.',
    cause: code,
  })
}
