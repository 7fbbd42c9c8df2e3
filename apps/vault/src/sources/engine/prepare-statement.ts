import { createRowCollector } from './row-collector.ts'
import type { Drivers, ServerDriver } from './server-needs.ts'
import type {
  SqlBoundValue,
  SqlEngine,
  SqlLogin,
  SqlPreparation,
  SqlScalarType,
  SqlServerTarget,
  SqlTarget,
} from './sql-engine.ts'
import { runOnSqlite, type SqliteNeeds } from './sqlite/sqlite-driver.ts'
import { createStopSignal, type StopSignal } from './stop-signal.ts'

/** What a plan may come to. */
const bounds = { rowsMax: 1_000, bytesMax: 1024 * 1024 }
/** Statements that databases explain; others are only known once they run. */
const explained = /^\s*(?:SELECT|WITH|VALUES|TABLE|INSERT|UPDATE|DELETE|REPLACE|MERGE)\b/i
/** MariaDB explains no statement that writes while its transaction only reads. */
const onlyReads = 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION'

/** Builds `prepare` of the engine: with NULL for each value, nothing but a plan is made (`EXPLAIN`). */
export function createStatementPreparation(needs: {
  readonly drivers: Drivers
  readonly sqlite: SqliteNeeds
  /** Waits for a turn among the sessions of a source, and gives what ends it. */
  readonly takeTurn: (target: SqlTarget, signal: AbortSignal) => Promise<() => void>
  readonly now: () => number
}): SqlEngine['prepare'] {
  return async (target, login, { statement, parameters, writes, ...how }) => {
    if (!explained.test(withoutComments(statement))) return { ok: true }
    const stop = createStopSignal(how, needs.now)
    const job = { statement: `EXPLAIN ${statement}`, parameters: parameters.map(nothingOf), stop }
    try {
      const done = await needs.takeTurn(target, stop.signal)
      try {
        const outcome = await (target.dialect === 'sqlite'
          ? runOnSqlite(needs.sqlite, {
              ...{ ...job, ...bounds, path: target.path, reach: writes ? 'write' : 'read' },
            })
          : planOnServer(await needs.drivers[target.dialect](), { ...job, target, login }))
        if (!('refused' in outcome) || outcome.refused.code === onlyReads) return { ok: true }
        return outcome
      } finally {
        done()
      }
    } finally {
      stop.release()
    }
  }
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

function nothingOf(type: SqlPreparation['parameters'][number]): SqlBoundValue {
  const items = /^(\w+)\[\]$/.exec(type)?.[1]
  return items === undefined
    ? { type: type as SqlScalarType, value: null }
    : { type: 'array', items: items as SqlScalarType, value: null }
}

/** The first word says what a statement is. */
const withoutComments = (statement: string): string =>
  statement.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
