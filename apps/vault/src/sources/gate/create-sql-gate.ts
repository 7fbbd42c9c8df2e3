import { checkPgQuery, checkPgStatement } from './pg-gate.ts'
import type { GateDialect, SqlGate } from './sql-gate.ts'
import { nestingOf, type SqlToken, tokensOf } from './sql-tokens.ts'
import { checkTextQuery, checkTextStatement, type TextDialect } from './text-gate.ts'

/** What a parser gets to read: the time of all of them grows with these. */
const bounds = {
  query: { charsMax: 8_000, tokensMax: 2_000, nestingMax: 50 },
  statement: { charsMax: 32_000, tokensMax: 8_000, nestingMax: 100 },
}

/** Makes the gate. The parsers are loaded when a dialect is first asked for: they are large, and most vaults have no sources. */
export function createSqlGate(): SqlGate {
  return {
    async checkQuery(dialect, statement) {
      const reason = refuseSize(dialect, statement, bounds.query)
      if (reason !== undefined) return { ok: false, reason }
      if (dialect === 'postgres') return checkPgQuery(await pgParser(), statement)
      return checkTextQuery(dialect, statement, await parserOf(dialect))
    },
    async checkStatement(dialect, prescribed) {
      const reason = refuseSize(dialect, prescribed.statement, bounds.statement)
      if (reason !== undefined) return { ok: false, reason }
      if (dialect === 'postgres') return checkPgStatement(await pgParser(), prescribed)
      return checkTextStatement(dialect, prescribed)
    },
  }
}

function refuseSize(
  dialect: GateDialect,
  statement: string,
  { charsMax, tokensMax, nestingMax }: (typeof bounds)['query'],
): string | undefined {
  if (statement.length > charsMax) return `The statement is longer than ${charsMax} characters.`
  // A NUL ends a text on the wire, and in SQLite.
  if (/[^\P{Cc}\t\n\r]/u.test(statement)) return 'The statement holds a control character.'
  if (/\p{Cs}/u.test(statement)) return 'The statement is not valid Unicode.'
  const tokens: readonly SqlToken[] = tokensOf(dialect, statement)
  if (tokens.length > tokensMax) return `The statement has more than ${tokensMax} words and signs.`
  if (nestingOf(tokens) > nestingMax) return `Brackets nest deeper than ${nestingMax}.`
  return undefined
}

async function pgParser(): Promise<(statement: string) => Promise<unknown>> {
  const { parse } = await import('libpg-query')
  return parse
}

/** Of one dialect each: the package as a whole is several megabytes. */
async function parserOf(dialect: TextDialect): Promise<(statement: string) => unknown> {
  const { Parser } =
    dialect === 'mysql'
      ? (await import('node-sql-parser/build/mariadb.js')).default
      : (await import('node-sql-parser/build/sqlite.js')).default
  const parser = new Parser()
  return (statement) => parser.astify(statement)
}
