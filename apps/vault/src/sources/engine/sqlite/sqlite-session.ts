import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite'
import { isMark, placesOf, statementTokens, tokensOf } from '../../gate/sql-tokens.ts'
import { refusal } from '../refusal.ts'
import { createRowCollector } from '../row-collector.ts'
import type { SqlBoundValue, SqlCell, SqlResult } from '../sql-engine.ts'
import { createAuthorizer } from './authorize.ts'
import type { SqliteAnswer, SqliteTask } from './sqlite-task.ts'

/** The statement of the largest tool, and some. */
const statementBytesMax = 128 * 1024

/** What the library may hold: what it sorts beyond that goes to disk. */
const heapBytesMax = 256 * 1024 * 1024

/**
 * Runs one statement on a file that is opened for it: for reading alone unless it writes, in one transaction, with the library's
 * own limits, and with an authorizer that names what may be done.
 */
export function runSqliteTask(task: SqliteTask): SqliteAnswer {
  let database: DatabaseSyncInstance
  try {
    database = open(task)
  } catch (error) {
    return { outcome: 'unreadable', code: codeOf(error) }
  }
  try {
    return { outcome: 'result', result: runIn(database, task) }
  } catch (error) {
    const code = codeOf(error)
    if (/^SQLITE_(?:NOTADB|CANTOPEN|CORRUPT|IOERR)/.test(code))
      return { outcome: 'unreadable', code }
    const message = error instanceof Error ? error.message : code
    return { outcome: 'result', result: refusal(code, message) }
  } finally {
    database.close()
  }
}

function open({ path, reach, leftMs, bytesMax }: SqliteTask): DatabaseSyncInstance {
  const writes = reach === 'write'
  const database = new DatabaseSync(path, {
    readOnly: !writes,
    timeout: leftMs,
    allowExtension: false,
    defensive: true,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
    limits: {
      length: 4 * bytesMax + 1024 * 1024,
      sqlLength: statementBytesMax,
      exprDepth: 200,
      compoundSelect: 100,
      functionArg: 100,
      likePatternLength: 1000,
      variableNumber: 1000,
      triggerDepth: 50,
      attach: 0,
    },
  })
  // Said before anybody else says anything, and denied to all who follow.
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0')
  // Of the library alone, which is no part of what bounds the thread.
  database.exec(`PRAGMA hard_heap_limit = ${heapBytesMax}`)
  if (!writes) database.exec('PRAGMA query_only = ON')
  return database
}

function runIn(database: DatabaseSyncInstance, task: SqliteTask): SqlResult {
  const rows = createRowCollector(task)
  // What stands behind the first statement would be left out in silence.
  if (statementTokens(tokensOf('sqlite', task.statement)).some((token) => isMark(token, ';'))) {
    return refusal('SQLITE_MULTIPLE', 'One statement at a time is taken.')
  }
  database.exec(task.reach === 'write' ? 'BEGIN IMMEDIATE' : 'BEGIN')
  database.setAuthorizer(createAuthorizer(task))
  const statement = database.prepare(task.statement, { returnArrays: true, readBigInts: true })
  const values = bindAll(task)
  const names = statement.columns().map(({ name }) => name ?? '')
  let changed = 0
  if (names.length === 0) {
    changed = Number(statement.run(...values).changes)
  } else {
    rows.setColumns(names)
    for (const row of statement.iterate(...values)) {
      if (!Array.isArray(row) || !rows.add(row.map(readCell))) break
    }
  }
  database.setAuthorizer(null)
  if (task.reach === 'write') database.exec('COMMIT')
  return rows.finish(changed)
}

type Bound = string | number | bigint | null

/** By place (`?`), or by the names that SQLite gives to `$1` and `?1`. */
function bindAll({ statement, parameters }: SqliteTask): (Bound | Record<string, Bound>)[] {
  const values = parameters.map(bindValue)
  const { numbered } = placesOf('sqlite', statement)
  if (numbered.size === 0) return values
  const named: Record<string, Bound> = {}
  for (const place of numbered) named[place] = values[Number(place.slice(1)) - 1] ?? null
  return [named]
}

function bindValue(bound: SqlBoundValue): Bound {
  if (bound.value === null) return null
  if (bound.type === 'array') return JSON.stringify(bound.value)
  const { type, value } = bound
  if (typeof value === 'boolean') return value ? 1n : 0n
  return type === 'integer' && /^-?\d{1,18}$/.test(String(value)) ? BigInt(String(value)) : value
}

function readCell(value: unknown): SqlCell {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (value instanceof Uint8Array) return { $base64: Buffer.from(value).toString('base64') }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return typeof value === 'string' ? value : null
}

/** The names of result codes, where the library gives them. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'SQLITE_ERROR'
  for (const name of ['sqliteCodeName', 'sqliteExtendedCodeName', 'code']) {
    const code: unknown = Reflect.get(error, name)
    if (typeof code === 'string' && code.startsWith('SQLITE_')) return code
  }
  return 'SQLITE_ERROR'
}
