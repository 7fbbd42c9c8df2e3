import type { CheckTree } from './check-tree.ts'
import { checkPgQuery, checkPgStatement } from './pg-gate.ts'
import type { GateDialect, SqlGate } from './sql-gate.ts'
import { nestingOf, type SqlToken, tokensOf } from './sql-tokens.ts'
import { checkTextQuery, checkTextStatement } from './text-gate.ts'

/** What a parser gets to read: the time of all of them grows with these. */
const bounds = {
  query: { charsMax: 8_000, tokensMax: 2_000, nestingMax: 50 },
  statement: { charsMax: 32_000, tokensMax: 8_000, nestingMax: 100 },
}

/** Makes the gate. PostgreSQL's parser is loaded when it is first asked for: it is large, and most vaults have no sources. */
export function createSqlGate({ checkTree }: { readonly checkTree: CheckTree }): SqlGate {
  return {
    async checkQuery(dialect, statement) {
      const reason = refuseSize(dialect, statement, bounds.query)
      if (reason !== undefined) return { ok: false, reason }
      if (dialect === 'postgres') return checkPgQuery(await pgParser(), statement)
      const verdict = checkTextQuery(dialect, statement)
      if (!verdict.ok) return verdict
      const unread = await checkTree(dialect, statement)
      return unread === undefined ? verdict : { ok: false, reason: unread }
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
