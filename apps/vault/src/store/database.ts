// The one way to the database: a pool on which every wait is bounded, and one reading of its failures.
import { Problem } from '@sallyport/contracts'
import { DrizzleQueryError } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { connect, type Sql } from './connect.ts'

export type { Sql } from './connect.ts'

/** The server ends a statement that runs for longer. */
const statementTimeoutMs = 5_000
/** The server ends a statement that waits for a lock for longer. */
const lockTimeoutMs = 3_000
/** The server ends a session whose transaction is open and idle for longer: it holds locks. */
const idleInTransactionTimeoutMs = 5_000
/** An idle connection is closed; what is silent for longer than that is hung, whatever it waits for. */
const idleMsMax = 10_000
const silenceMsMax = 12_000
/** How long a call of a guarded store may take, queueing for a connection included. */
const storeDeadlineMs = 8_000
/** What a caller is told to wait before it tries again. */
const retryAfterSeconds = 1
/** How long closing waits for queries that are under way. */
const closeTimeoutMs = 3_000

/** A transaction, as `Database.transaction` hands it to its work. */
export type Transaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0]

export interface Database {
  readonly db: PostgresJsDatabase
  /** The same pool without Drizzle. Timestamps come as text here, since Drizzle turns the parsers of both off. */
  readonly sql: Sql
  /** Runs work in one transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Waits three seconds at most for what is under way, then ends it. */
  close(): Promise<void>
}

/** What runs queries: the pool or a transaction. */
export type Executor = Database['db'] | Transaction

export interface DatabaseOptions {
  readonly url: string
  readonly maxConnections: number
  readonly applicationName: string
}

/** Opens the pool. Connections are made when needed, and made again after the database was gone. */
export function openDatabase(options: DatabaseOptions): Database {
  const sql = connect({
    ...options,
    idleMsMax,
    silenceMsMax,
    settings: {
      statement_timeout: statementTimeoutMs,
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    },
  })
  const db = drizzle(sql)
  return {
    db,
    sql,
    transaction: (work) => db.transaction(work),
    close: () => sql.end({ timeout: closeTimeoutMs / 1000 }),
  }
}

/**
 * Wraps each method of a store. A failure to reach the database, or no answer within the deadline, becomes
 * `Problem('store-unavailable')`; any other refusal of the database becomes a `DatabaseFault`, which carries no values.
 * What is not from the database passes through. A write that ran out of time may still have happened.
 */
export function guardStore<T extends object>(store: T, deadlineMs = storeDeadlineMs): T {
  const guarded = Object.entries(store).map(([name, member]: [string, unknown]) =>
    typeof member === 'function' ? [name, guard(member, deadlineMs)] : [name, member],
  )
  return Object.assign(Object.create(null), Object.fromEntries(guarded))
}

// biome-ignore lint/complexity/noBannedTypes: whatever a store's methods are, they are called as they were.
function guard(method: Function, deadlineMs: number): (...input: unknown[]) => unknown {
  return (...input) => {
    const result: unknown = method(...input)
    return isThenable(result) ? bounded(result, deadlineMs) : result
  }
}

/** Drizzle's queries are no promises, but run when waited for as one. */
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

async function bounded(result: PromiseLike<unknown>, deadlineMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(new Error('store deadline'))), deadlineMs)
  })
  try {
    return await Promise.race([result, deadline])
  } catch (error) {
    throw readFailure(error)
  } finally {
    clearTimeout(timer)
  }
}

/** A refusal of the database, without the values that its own message and Drizzle's would show. */
export interface DatabaseFault extends Error {
  readonly name: 'DatabaseFault'
  /** SQLSTATE, e.g. `23505`. */
  readonly code: string
  readonly constraint: string | undefined
}

/** Turns what a query threw into what may leave the store: a problem, a `DatabaseFault`, or the error itself. */
export function readFailure(error: unknown): unknown {
  if (error instanceof Problem) return error
  const cause = error instanceof DrizzleQueryError ? error.cause : error
  const code = codeOf(cause)
  if (code === undefined) return cause
  if (isUnavailable(code)) return unavailable(cause)
  return isSqlState(code) ? faultOf(cause, code) : cause
}

/** The name of the unique constraint that a query ran against; undefined for any other failure. */
export function brokenUniqueConstraint(error: unknown): string | undefined {
  const cause = error instanceof DrizzleQueryError ? error.cause : error
  return codeOf(cause) === '23505' ? constraintOf(cause) : undefined
}

function unavailable(cause: unknown): Problem {
  const code = codeOf(cause) ?? 'timeout'
  return new Problem('store-unavailable', 'The vault’s database does not answer.', {
    next: 'Nothing was sent. Try again shortly; if it stays so, the operator has to look at the database.',
    retryAfterSeconds,
    cause: new Error(`the database is unavailable (${code})`),
  })
}

function faultOf(cause: unknown, code: string): DatabaseFault {
  const constraint = constraintOf(cause)
  const where = constraint === undefined ? '' : `, constraint ${constraint}`
  const error = new Error(`the database refused a statement (SQLSTATE ${code}${where})`)
  return Object.assign(error, { name: 'DatabaseFault' as const, code, constraint })
}

const socketCodes = /^(?:E[A-Z]{3,}|CONNECT(?:ION)?_[A-Z_]+)$/
/** Classes 08 (connection), 53 (resources), 57 (operator, timeout), 58 (system), and what a hung or new primary says. */
const unavailableStates = /^(?:08|53|57|58)...$|^(?:25006|25P03|55P03|40001|40P01|28...|3D000)$/

const isSqlState = (code: string) => /^[0-9A-Z]{5}$/.test(code)
const isUnavailable = (code: string) =>
  (isSqlState(code) && unavailableStates.test(code)) || socketCodes.test(code)

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function constraintOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const named = 'constraint' in error ? error.constraint : undefined
  const constraint = 'constraint_name' in error ? error.constraint_name : named
  return typeof constraint === 'string' ? constraint : undefined
}
