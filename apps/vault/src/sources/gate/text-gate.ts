// Reads statements of MySQL and SQLite twice: token by token, by the rules of the server's lexer, and with a parser. The tokens
// alone decide what may be called (here); the parser has to see one SELECT in the same text (check-tree.ts).
import { allowedFunctions } from './allowed-functions.ts'
import type { GateDialect, GateVerdict, PrescribedStatement } from './sql-gate.ts'
import { isMark, isWord, placesOf, type SqlToken, statementTokens, tokensOf } from './sql-tokens.ts'

export type TextDialect = Exclude<GateDialect, 'postgres'>

const no = (reason: string): GateVerdict => ({ ok: false, reason })

const kindReasons: Partial<Record<SqlToken['kind'], string>> = {
  comment: 'Comments are not taken in a free query.',
  executable: 'Comments that are run are not taken.',
  place: 'A free query has no parameters; write the values into it.',
  variable: 'Variables are not taken in a free query.',
  broken: 'A text, a name or a comment has no end.',
  odd: 'There is a character that belongs to no statement.',
}

/** Words of the grammar that no SELECT that only reads needs, as long as they are not quoted. */
const forbidden = new Set(
  `ALTER ANALYZE ATTACH CALL CREATE CURRENT_ROLE CURRENT_USER DEALLOCATE DELETE DETACH DROP DUMPFILE EXECUTE GRANT HANDLER INSERT INTO LOAD LOCK MERGE
  NEXTVAL LASTVAL SETVAL OUTFILE PRAGMA PREPARE PROCEDURE REINDEX RELEASE RENAME REVOKE ROLLBACK SAVEPOINT TRUNCATE UNLOCK UPDATE
  VACUUM`.split(/\s+/),
)

/** The server's lexer ends a number before what is no part of it, and reads on: `1.into` is two words. */
const plainNumber = /^(?:0x[\da-f]+|0b[01]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i

/** Words that stand before a bracket and call nothing. */
const beforeBracket = new Set(
  `AGAINST ALL AND ANY AS BETWEEN BY CASE CROSS DISTINCT DIV ELSE ESCAPE EXCEPT EXISTS FILTER FROM GLOB GROUPS HAVING IN INDEX INTERSECT INTERVAL
  IS JOIN LIKE LIMIT MATCH MATERIALIZED NOT OFFSET ON OR OVER PARTITION PRECEDING PRIMARY RANGE RECURSIVE REGEXP RLIKE ROLLUP ROWS SELECT SOME
  SOUNDS THEN UNION USING VALUES WHEN WHERE WITH XOR BINARY CHAR CHARACTER DECIMAL NUMERIC DATETIME NCHAR NVARCHAR SIGNED TIME
  TIMESTAMP UNSIGNED VARBINARY VARCHAR`.split(/\s+/),
)

/** Schemas of the server itself. */
const systemSchemas = ['MYSQL', 'PERFORMANCE_SCHEMA', 'SYS', 'INFORMATION_SCHEMA']

/** One SELECT of functions on the list, as far as its tokens say. */
export function checkTextQuery(dialect: TextDialect, statement: string): GateVerdict {
  const tokens = tokensOf(dialect, statement)
  for (const { kind } of tokens) {
    const reason = kindReasons[kind]
    if (reason !== undefined) return no(reason)
  }
  const said = statementTokens(tokens)
  const reason = refuseTokens(dialect, said)
  return reason === undefined ? { ok: true } : no(reason)
}

function refuseTokens(dialect: TextDialect, tokens: readonly SqlToken[]): string | undefined {
  if (!isWord(tokens[0], 'SELECT', 'WITH'))
    return 'One SELECT is taken, which begins with SELECT or WITH.'
  for (const [i, token] of tokens.entries()) {
    const reason = refuseToken(dialect, token, { tokens, i })
    if (reason !== undefined) return reason
  }
  return undefined
}

function refuseToken(
  dialect: TextDialect,
  token: SqlToken,
  { tokens, i }: { tokens: readonly SqlToken[]; i: number },
): string | undefined {
  const next = tokens[i + 1]
  if (isMark(token, ';')) return 'One statement at a time is taken.'
  if (isMark(token, ':=') || isMark(token, '{')) return 'Variables and their like are not taken.'
  if (token.kind === 'string' && dialect === 'mysql' && token.text.includes('\\')) {
    return 'Backslashes are not taken in the texts of a free query.'
  }
  if (token.kind === 'number' && !plainNumber.test(token.text)) {
    return 'A word follows a number without a space between them.'
  }
  if (token.kind !== 'word' && token.kind !== 'quoted') return undefined
  const word = token.text.toUpperCase()
  if (token.kind === 'word') {
    const isCall = isMark(next, '(') && allowedFunctions(dialect).has(token.text.toLowerCase())
    if (forbidden.has(word) && !isCall) return `${word} is not taken in a free query.`
    if (word === 'FOR' && (isWord(next, 'UPDATE', 'SHARE') || isWord(tokens[i - 1], 'VALUE'))) {
      return 'FOR UPDATE and its like are not taken in a free query.'
    }
  }
  if (isMark(next, '.') && systemSchemas.includes(unquoted(token).toUpperCase())) {
    return 'Tables of the system are not read by free queries; list_tables and describe_table say what there is.'
  }
  return isMark(next, '(') ? refuseCall(dialect, token, { tokens, i }) : undefined
}

function refuseCall(
  dialect: TextDialect,
  token: SqlToken,
  { tokens, i }: { tokens: readonly SqlToken[]; i: number },
): string | undefined {
  const isQualified = isMark(tokens[i - 1], '.')
  const isWritten = token.kind === 'word' && !isQualified
  if (isWritten && beforeBracket.has(token.text.toUpperCase())) return undefined
  if (isWritten && allowedFunctions(dialect).has(token.text.toLowerCase())) return undefined
  if (!isQualified && namesTable(tokens, i + 1)) return undefined
  return `The function ${unquoted(token).slice(0, 100)} is not on the list of functions of free queries.`
}

/** `WITH name (columns) AS (…`: no call can stand before AS and a bracket. */
function namesTable(tokens: readonly SqlToken[], open: number): boolean {
  let depth = 0
  for (let i = open; i < tokens.length; i += 1) {
    if (isMark(tokens[i], '(')) depth += 1
    if (isMark(tokens[i], ')')) depth -= 1
    if (depth === 0) return isWord(tokens[i + 1], 'AS') && isMark(tokens[i + 2], '(')
  }
  return false
}

const unquoted = ({ text }: SqlToken): string => text.replaceAll(/^["'`[]|["'`\]]$/g, '')

const readingWords = ['SELECT', 'WITH', 'VALUES', 'SHOW', 'DESCRIBE', 'EXPLAIN', 'TABLE']
const writingWords = ['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'CALL', 'WITH']
const leavesTraces = ['OUTFILE', 'DUMPFILE', 'ATTACH', 'DETACH', 'PRAGMA']

/** Whether an owner's statement can be a tool. Parsers of these dialects do not know all of them: tokens decide. */
export function checkTextStatement(
  dialect: TextDialect,
  { statement, parameterCount, writes }: PrescribedStatement,
): GateVerdict {
  const tokens = statementTokens(tokensOf(dialect, statement))
  const [first] = tokens
  if (first === undefined) return no('There is no statement.')
  const bad = tokens.find(({ kind }) => ['broken', 'odd', 'executable', 'variable'].includes(kind))
  if (bad !== undefined) return no(kindReasons[bad.kind] ?? 'The statement could not be read.')
  if (tokens.some((token) => isMark(token, ';'))) return no('One statement at a time is taken.')
  if (!isWord(first, ...readingWords, ...writingWords)) {
    return no('One SELECT, INSERT, UPDATE, DELETE, REPLACE or CALL can be a tool.')
  }
  const trace = tokens.find((token) => isWord(token, ...leavesTraces))
  if (trace !== undefined) return no(`${trace.text.toUpperCase()} cannot be part of a tool.`)
  if (!writes && isWriting(tokens)) {
    return no(
      'The statement writes or locks; mark it as writing, so that it is approved like a write.',
    )
  }
  const { count, isMixed, numbered } = placesOf(dialect, statement)
  if (isMixed) return no('Its parameters are written as ?, or all of them as $1, $2 and so on.')
  if (count === parameterCount && (numbered.size === 0 || numbered.size === count)) {
    return { ok: true }
  }
  return no(`The statement has ${count} places for parameters, and ${parameterCount} are declared.`)
}

/** By its words: a column of such a name is quoted, as the grammar asks for anyway. */
function isWriting(tokens: readonly SqlToken[]): boolean {
  if (isWord(tokens[0], 'CALL', 'REPLACE')) return true
  return tokens.some(
    (token, i) =>
      (isWord(token, 'INSERT', 'UPDATE', 'DELETE', 'INTO') && !isMark(tokens[i + 1], '(')) ||
      (isWord(token, 'FOR') && isWord(tokens[i + 1], 'UPDATE', 'SHARE')) ||
      (isWord(token, 'LOCK') && isWord(tokens[i + 1], 'IN')),
  )
}
