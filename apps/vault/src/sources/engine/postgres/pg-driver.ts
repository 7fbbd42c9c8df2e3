// PostgreSQL: one statement over the extended protocol, in a transaction that only reads unless it is meant to write.

import { Problem } from '@sallyport/contracts'
import { type Client, DatabaseError } from 'pg'
import { answerTooLarge, connectionLost, errorCode, signInRefused } from '../database-problem.ts'
import { refusal, withoutRowValues } from '../refusal.ts'
import { createRowCollector } from '../row-collector.ts'
import {
  type Ask,
  type DatabaseSockets,
  receivedBytesMax,
  receivedWhileWritingMax,
  type ServerDriver,
  type ServerJob,
  type ServerOutcome,
} from '../server-needs.ts'
import type { SqlCell } from '../sql-engine.ts'
import { untilStopped } from '../stop-signal.ts'
import { bindPgValue, type PgValue } from './bind-value.ts'
import { openPgSession, type PgSession } from './pg-session.ts'
import { Portal } from './portal.ts'

/** The server gives up so much later than the vault, which then has cancelled already. */
const serverGraceMs = 500
const askBounds = { rowsMax: 10_000, bytesMax: 4 * 1024 * 1024 }

/** Makes the driver, which keeps nothing between two calls. */
export function createPgDriver(sockets: DatabaseSockets): ServerDriver {
  async function inSession<T>(
    who: Pick<ServerJob, 'target' | 'login' | 'stop'>,
    { receivedBytesMax, writes }: { receivedBytesMax: number; writes: boolean },
    work: (session: PgSession) => Promise<T>,
  ): Promise<T> {
    const { signal } = who.stop
    const { target, login } = who
    const session = await untilStopped(
      openPgSession({ sockets, target, login, receivedBytesMax }, signal),
      signal,
    ).catch((error: unknown) => {
      throw connectFailure(error, signal)
    })
    const cancel = () => session.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      return await untilStopped(work(session), signal)
    } catch (error) {
      throw sessionFailure(error, writes)
    } finally {
      signal.removeEventListener('abort', cancel)
      if (!signal.aborted) await session.end()
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
      inSession(
        who,
        { receivedBytesMax: receivedWhileWritingMax, writes: false },
        async (session) => {
          await session.client.query(beginText(false, who.stop.leftMs()))
          return work(askIn(session.client))
        },
      ),
  }
}

async function runJob(session: PgSession, job: ServerJob): Promise<ServerOutcome> {
  const { client } = session
  await client.query(beginText(job.writes, job.stop.leftMs()))
  const sentence = await job.look?.(askIn(client))
  if (sentence !== undefined) return refusal('gate', sentence)
  try {
    const portal = new Portal(job.statement, job.parameters.map(bindPgValue), job.rows)
    client.query(portal)
    const changed = await portal.changed
    if (job.writes) await client.query('COMMIT')
    return { changed }
  } catch (error) {
    if (session.isOver()) {
      if (job.writes) throw answerTooLarge()
      job.rows.cut()
      return { changed: 0 }
    }
    if (error instanceof DatabaseError && !isFatal(error)) {
      const { code = 'XX000', message } = error
      // Class 22 is about values.
      return refusal(code, code.startsWith('22') ? withoutRowValues(message, job) : message)
    }
    throw error
  }
}

/**
 * All of it belongs to the transaction: a pooler that gives the connection to somebody else next finds nothing of it. Numbers of
 * our own are the only thing that is written in.
 */
function beginText(writes: boolean, leftMs: number): string {
  const settings = {
    statement_timeout: leftMs + serverGraceMs,
    lock_timeout: leftMs,
    idle_in_transaction_session_timeout: leftMs + 2 * serverGraceMs,
    TimeZone: "'UTC'",
    DateStyle: "'ISO'",
    IntervalStyle: "'iso_8601'",
    bytea_output: "'hex'",
    extra_float_digits: 1,
    standard_conforming_strings: 'on',
  }
  const sets = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = ${value}`)
  return [`BEGIN ${writes ? 'READ WRITE' : 'READ ONLY'}`, ...sets].join('; ')
}

/** A question of our own; every value is text, and says its type in the statement. */
function askIn(client: Client): Ask {
  return async (statement, values) => {
    const all: (string | null)[][] = []
    const rows = createRowCollector(askBounds)
    const keep = {
      ...rows,
      isFull: false,
      add(cells: readonly SqlCell[]) {
        all.push(cells.map((cell) => (cell === null ? null : String(cell))))
        return true
      },
    }
    const bound = values.map((text): PgValue => ({ typeId: 25, text }))
    const portal = new Portal(statement, bound, keep)
    client.query(portal)
    await portal.changed
    return all
  }
}

const isFatal = ({ severity }: DatabaseError): boolean =>
  severity === 'FATAL' || severity === 'PANIC'

function connectFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof Problem) return error
  const code = errorCode(error)
  if (!(error instanceof DatabaseError)) return connectionLost(code, { writes: false })
  // Class 28: invalid authorization; 3D000: no such database; 42501: no right to connect.
  if (/^(?:28|3D|42501)/.test(code)) {
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

function sessionFailure(error: unknown, writes: boolean): unknown {
  if (error instanceof Problem) return error
  // RangeErrors and their like are faults of ours.
  if (error instanceof TypeError || error instanceof RangeError) return error
  return connectionLost(errorCode(error), { writes })
}
