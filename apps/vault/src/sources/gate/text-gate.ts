// Reads statements of MySQL and SQLite twice: token by token, by the rules of the server's lexer, and with a parser. The tokens
// alone decide what may be called; the parser has to see one SELECT in the same text.
import { allowedFunctions } from './allowed-functions.ts'
import type { GateDialect, GateVerdict, PrescribedStatement } from './sql-gate.ts'
import { isMark, isWord, placesOf, type SqlToken, statementTokens, tokensOf } from './sql-tokens.ts'

export type TextDialect = Exclude<GateDialect, 'postgres'>
/** Gives the tree, or throws. */
export type Astify = (statement: string) => unknown

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
  `ALTER ANALYZE ATTACH CALL CREATE DEALLOCATE DELETE DETACH DROP DUMPFILE EXECUTE GRANT HANDLER INSERT INTO LOAD LOCK MERGE
  NEXTVAL LASTVAL SETVAL OUTFILE PRAGMA PREPARE PROCEDURE REINDEX RELEASE RENAME REVOKE ROLLBACK SAVEPOINT TRUNCATE UNLOCK UPDATE
  VACUUM`.split(/\s+/),
)

/** Words that stand before a bracket and call nothing. */
const beforeBracket = new Set(
  `AGAINST ALL AND ANY AS BETWEEN BY CASE CROSS DISTINCT DIV ELSE ESCAPE EXCEPT EXISTS FILTER FROM GLOB GROUPS HAVING IN INDEX INTERSECT INTERVAL
  IS JOIN LIKE LIMIT MATCH MATERIALIZED NOT OFFSET ON OR OVER PARTITION PRECEDING PRIMARY RANGE RECURSIVE REGEXP RLIKE ROLLUP ROWS SELECT SOME
  SOUNDS THEN UNION USING VALUES WHEN WHERE WITH XOR BINARY CHAR CHARACTER DECIMAL NUMERIC DATETIME NCHAR NVARCHAR SIGNED TIME
  TIMESTAMP UNSIGNED VARBINARY VARCHAR`.split(/\s+/),
)

/** Schemas of the server itself. */
const systemSchemas = ['MYSQL', 'PERFORMANCE_SCHEMA', 'SYS', 'INFORMATION_SCHEMA']

/** One SELECT of functions on the list. */
export function checkTextQuery(
  dialect: TextDialect,
  statement: string,
  astify: Astify,
): GateVerdict {
  const tokens = tokensOf(dialect, statement)
  for (const { kind } of tokens) {
    const reason = kindReasons[kind]
    if (reason !== undefined) return no(reason)
  }
  const said = statementTokens(tokens)
  const reason = refuseTokens(dialect, said) ?? refuseTree(astify, statement)
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

const treeTypes =
  /^(?:insert|replace|update|delete|create|drop|alter|truncate|set|use|call|load|lock|unlock|merge)$/

/** A parser of its own reads the same text as one SELECT, which has no part that writes. */
function refuseTree(astify: Astify, statement: string): string | undefined {
  let tree: unknown
  try {
    tree = astify(statement)
  } catch {
    return 'The statement could not be parsed as one SELECT.'
  }
  const roots: unknown[] = Array.isArray(tree) ? tree : [tree]
  const [root] = roots
  if (roots.length !== 1 || typeOf(root) !== 'select') return 'One SELECT is taken.'
  const waiting: unknown[] = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue
    if (treeTypes.test(typeOf(next)) && Reflect.get(next, 'table') !== undefined) {
      return 'The statement writes; one SELECT is taken.'
    }
    waiting.push(...Object.values(next).filter((value) => typeof value === 'object'))
  }
  return undefined
}

function typeOf(node: unknown): string {
  const type = typeof node === 'object' && node !== null ? Reflect.get(node, 'type') : undefined
  return typeof type === 'string' ? type : ''
}

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
