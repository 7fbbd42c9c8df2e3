import { createRowCollector } from './row-collector.ts'
import type { DatabaseSockets, ServerDriver } from './server-needs.ts'
import type {
  SqlBoundValue,
  SqlLogin,
  SqlRefusal,
  SqlScalarType,
  SqlServerTarget,
  SqlTarget,
} from './sql-engine.ts'
import { runOnSqlite, type SqliteNeeds } from './sqlite/sqlite-driver.ts'
import { createStopSignal, type StopSignal } from './stop-signal.ts'

/** An owner's statement that was through the gate. */
interface Statement {
  readonly statement: string
  /** Of its values, in the order of their places: `integer`, `integer[]`. */
  readonly parameters: readonly (SqlScalarType | `${SqlScalarType}[]`)[]
  readonly writes: boolean
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** What a plan may come to. */
const bounds = { rowsMax: 1_000, bytesMax: 1024 * 1024 }
/** Statements that databases explain; others are only known once they run. */
const explained = /^\s*(?:SELECT|WITH|VALUES|TABLE|INSERT|UPDATE|DELETE|REPLACE|MERGE)\b/i
/** MariaDB explains no statement that writes while its transaction only reads. */
const onlyReads = 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION'

/**
 * Has the database plan a statement with NULL for each value (`EXPLAIN`): a wrong name, place or type is told, and nothing is run or
 * written. `ok` where it can be planned, and where it is of a kind that is not.
 * @throws Problem as `run` of the engine
 */
export function createStatementPreparation(needs: {
  readonly sockets: DatabaseSockets
  readonly sqlite: SqliteNeeds
  readonly now: () => number
}) {
  return async (
    target: SqlTarget,
    login: SqlLogin | undefined,
    { statement, parameters, writes, ...how }: Statement,
  ): Promise<{ readonly ok: true } | SqlRefusal> => {
    if (!explained.test(withoutComments(statement))) return { ok: true }
    const stop = createStopSignal(how, needs.now)
    const job = { statement: `EXPLAIN ${statement}`, parameters: parameters.map(nothingOf), stop }
    try {
      const outcome = await (target.dialect === 'sqlite'
        ? runOnSqlite(needs.sqlite, {
            ...{ ...job, ...bounds, path: target.path, reach: writes ? 'write' : 'read' },
          })
        : planOnServer(await driverOf(needs.sockets, target), { ...job, target, login }))
      if (!('refused' in outcome) || outcome.refused.code === onlyReads) return { ok: true }
      return outcome
    } finally {
      stop.release()
    }
  }
}

async function driverOf(
  sockets: DatabaseSockets,
  { dialect }: SqlServerTarget,
): Promise<ServerDriver> {
  if (dialect === 'postgres') {
    return (await import('./postgres/pg-driver.ts')).createPgDriver(sockets)
  }
  return (await import('./mysql/mysql-driver.ts')).createMysqlDriver(sockets)
}

const planOnServer = (
  driver: ServerDriver,
  job: {
    readonly target: SqlServerTarget
    readonly login: SqlLogin | undefined
    readonly statement: string
    readonly parameters: readonly SqlBoundValue[]
    readonly stop: StopSignal
  },
) =>
  driver.run({
    ...job,
    writes: false,
    rows: createRowCollector(bounds),
    bytesMax: bounds.bytesMax,
  })

function nothingOf(type: Statement['parameters'][number]): SqlBoundValue {
  const items = /^(\w+)\[\]$/.exec(type)?.[1]
  return items === undefined
    ? { type: type as SqlScalarType, value: null }
    : { type: 'array', items: items as SqlScalarType, value: null }
}

/** The first word says what a statement is. */
const withoutComments = (statement: string): string =>
  statement.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
