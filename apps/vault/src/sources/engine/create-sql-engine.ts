import { Problem } from '@sallyport/contracts'
import type { GateVerdict, SqlGate } from '../gate/sql-gate.ts'
import { catalogStatement } from './catalog-statements.ts'
import { checkSource } from './check-source.ts'
import { lookForOwnNames } from './postgres/own-names.ts'
import { createStatementPreparation } from './prepare-statement.ts'
import { refusal } from './refusal.ts'
import { createRowCollector } from './row-collector.ts'
import type { DatabaseSockets, Drivers } from './server-needs.ts'
import { createSessionTurns } from './session-turns.ts'
import type {
  SqlBounds,
  SqlBoundValue,
  SqlCall,
  SqlEngine,
  SqlLogin,
  SqlResult,
  SqlTarget,
} from './sql-engine.ts'
import { runOnSqlite, type SqliteNeeds } from './sqlite/sqlite-driver.ts'
import type { SqliteReach } from './sqlite/sqlite-task.ts'
import { createStopSignal, type StopSignal } from './stop-signal.ts'

export interface SqlEngineNeeds {
  /** Of the room of egress: `egress.databases`. */
  readonly sockets: DatabaseSockets
  readonly gate: SqlGate
  readonly sqlite: SqliteNeeds
  readonly now: () => number
}

/** A call as all databases take it. */
interface Prepared {
  readonly statement: string
  readonly parameters: readonly SqlBoundValue[]
  readonly writes: boolean
  readonly reach: SqliteReach
  readonly verdict: GateVerdict
}

/** A statement on SQLite is a process with a core of its own. */
const processLimits = { perSource: 4, all: 8 }

/** Makes the engine. Drivers are loaded when a source is first used. */
export function createSqlEngine(needs: SqlEngineNeeds): SqlEngine {
  const sessions = createSessionTurns()
  const processes = createSessionTurns(processLimits)
  const drivers = createDrivers(needs.sockets)

  const takeTurn = ({ dialect, sourceKey }: SqlTarget, signal: AbortSignal) =>
    (dialect === 'sqlite' ? processes : sessions).take(sourceKey, signal)

  async function runPrepared(
    target: SqlTarget,
    login: SqlLogin | undefined,
    { prepared, bounds, stop }: { prepared: Prepared; bounds: SqlBounds; stop: StopSignal },
  ): Promise<SqlResult> {
    const { verdict, ...call } = prepared
    if (!verdict.ok) return refusal('gate', verdict.reason)
    const { rowsMax, bytesMax } = bounds
    if (target.dialect === 'sqlite') {
      return runOnSqlite(needs.sqlite, { ...call, path: target.path, rowsMax, bytesMax, stop })
    }
    const { uses } = verdict
    const rows = createRowCollector(bounds)
    const driver = await drivers[target.dialect]()
    const outcome = await driver.run({
      ...{ target, login, ...call, rows, bytesMax, stop },
      look: uses === undefined ? undefined : (ask) => lookForOwnNames(ask, uses),
    })
    return 'refused' in outcome ? outcome : rows.finish(outcome.changed)
  }

  return {
    prepare: createStatementPreparation({ ...needs, drivers, takeTurn }),

    async run(target, login, { call, bounds }) {
      refuseControls(target, login)
      const stop = createStopSignal(bounds, needs.now)
      try {
        const prepared = await prepare(needs.gate, target, call)
        const done = await takeTurn(target, stop.signal)
        try {
          return await runPrepared(target, login, { prepared, bounds, stop })
        } finally {
          done()
        }
      } finally {
        stop.release()
      }
    },
    async check(target, login, { use, timeoutMs, signal }) {
      refuseControls(target, login)
      const stop = createStopSignal({ timeoutMs, signal }, needs.now)
      try {
        const done = await takeTurn(target, stop.signal)
        try {
          return await checkSource({ ...needs, drivers, target, login, use, stop })
        } finally {
          done()
        }
      } finally {
        stop.release()
      }
    },
  }
}

function createDrivers(sockets: DatabaseSockets): Drivers {
  return {
    postgres: async () => (await import('./postgres/pg-driver.ts')).createPgDriver(sockets),
    mysql: async () => (await import('./mysql/mysql-driver.ts')).createMysqlDriver(sockets),
  }
}

async function prepare(gate: SqlGate, { dialect }: SqlTarget, call: SqlCall): Promise<Prepared> {
  if (call.kind === 'query') {
    const { statement } = call
    const verdict = await gate.checkQuery(dialect, statement)
    return { statement, parameters: [], writes: false, reach: 'query', verdict }
  }
  if (call.kind === 'statement') {
    const { statement, parameters, writes } = call
    const parameterCount = parameters.length
    const verdict = await gate.checkStatement(dialect, { statement, parameterCount, writes })
    return { statement, parameters, writes, reach: writes ? 'write' : 'read', verdict }
  }
  const own = catalogStatement(dialect, call)
  return { ...own, writes: false, reach: 'catalog', verdict: { ok: true } }
}

/** A NUL ends a name on the wire, and begins another. */
function refuseControls(target: SqlTarget, login: SqlLogin | undefined): void {
  const names = target.dialect === 'sqlite' ? [target.path] : [target.database, target.host]
  if (![...names, login?.user ?? '', login?.password ?? ''].some((name) => name.includes('\0')))
    return
  throw new Problem('invalid-input', 'A name of the source holds a NUL.')
}
