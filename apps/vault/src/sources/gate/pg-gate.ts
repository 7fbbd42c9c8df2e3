// Reads statements with PostgreSQL's own parser.
import { allowedFunctions } from './allowed-functions.ts'
import { isObject, nodesOf, stringsOf } from './pg-nodes.ts'
import type { GateVerdict, PrescribedStatement } from './sql-gate.ts'

type Parse = (statement: string) => Promise<unknown>
type Node = ReturnType<typeof nodesOf>[number]

const no = (reason: string): GateVerdict => ({ ok: false, reason })

/** What a model's own SELECT may be made of. A node that is not here is refused, so that what PostgreSQL learns next is, too. */
const selectNodes = new Set(
  `A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star BitString Boolean BooleanTest BoolExpr CaseExpr CaseWhen
  CoalesceExpr CollateClause ColumnRef CommonTableExpr CTECycleClause CTESearchClause Float FuncCall GroupingFunc GroupingSet
  Integer JoinExpr List MinMaxExpr NamedArgExpr NullTest RangeFunction RangeSubselect RangeVar ResTarget RowExpr SelectStmt
  SortBy SQLValueFunction String SubLink TypeCast TypeName WindowDef WithClause`.split(/\s+/),
)

const nodeReasons: Readonly<Record<string, string>> = {
  IntoClause: 'SELECT INTO makes a table.',
  LockingClause: 'FOR UPDATE and its like lock rows.',
  ParamRef: 'A free query has no parameters; write the values into it.',
  InsertStmt: 'The statement writes, perhaps inside WITH; one SELECT is taken.',
  UpdateStmt: 'The statement writes, perhaps inside WITH; one SELECT is taken.',
  DeleteStmt: 'The statement writes, perhaps inside WITH; one SELECT is taken.',
  MergeStmt: 'The statement writes, perhaps inside WITH; one SELECT is taken.',
}

/** What the grammar itself calls for LIKE … ESCAPE, SIMILAR TO and IS NORMALIZED. */
const grammarFunctions = new Set(['like_escape', 'similar_to_escape', 'normalize', 'is_normalized'])

/** One SELECT of functions on the list; the answer names what only the database can resolve. */
export async function checkPgQuery(parse: Parse, statement: string): Promise<GateVerdict> {
  const parsed = await parseOne(parse, statement)
  if (typeof parsed === 'string') return no(parsed)
  if (parsed.kind !== 'SelectStmt')
    return no(`One SELECT is taken; this is ${spoken(parsed.kind)}.`)
  const uses = { functions: [], attributes: [], operators: [] }
  for (const node of parsed.nodes) {
    const reason = refuseNode(node, uses)
    if (reason !== undefined) return no(reason)
  }
  return { ok: true, uses }
}

interface Uses {
  readonly functions: string[]
  readonly attributes: string[]
  readonly operators: string[]
}

function refuseNode({ name, members }: Node, uses: Uses): string | undefined {
  if (!selectNodes.has(name)) {
    return nodeReasons[name] ?? `${spoken(name)} is not taken in a free query.`
  }
  if (name === 'FuncCall') return refuseCall(stringsOf(members.funcname), uses)
  if (name === 'RangeVar') return refuseTable(members)
  if (name === 'SQLValueFunction' && tellsOfSession.test(String(members.op))) {
    return 'Who is signed in, and to what, is not told by free queries.'
  }
  if (name === 'TypeName' && stringsOf(members.names).some((one) => namesObjects.test(one))) {
    return 'Types that name objects of the system are not taken in a free query.'
  }
  if (name === 'ColumnRef' || name === 'A_Indirection') {
    const fields = stringsOf(name === 'ColumnRef' ? members.fields : members.indirection)
    uses.attributes.push(...fields.slice(name === 'ColumnRef' ? 1 : 0))
  }
  const operator = [members.name, members.operName, members.useOp].flatMap(stringsOf)
  if (name !== 'A_Expr' && name !== 'SubLink' && name !== 'SortBy') return undefined
  if (operator.length > 1) {
    return operator[0] === 'pg_catalog' ? undefined : 'An operator of a schema is not taken.'
  }
  uses.operators.push(...operator)
  return undefined
}

/** CURRENT_USER and its like; dates and times are another matter. */
const tellsOfSession = /ROLE|USER|CATALOG|SCHEMA/
/** A number cast to one of these is a name of the system's catalog, of whatever the role may not see, too. */
const namesObjects = /^reg(?!class$)/i

function refuseCall(name: readonly string[], uses: Uses): string | undefined {
  const last = name.at(-1) ?? ''
  const isOwn = name.length === 2 && name[0] === 'pg_catalog'
  if (allowedFunctions('postgres').has(last) || (isOwn && grammarFunctions.has(last))) {
    if (name.length === 1) uses.functions.push(last)
    if (name.length === 1 || isOwn) return undefined
  }
  return `The function ${name.join('.').slice(0, 100)} is not on the list of functions of free queries.`
}

function refuseTable({ schemaname, relname }: Node['members']): string | undefined {
  const isSystem = /^(?:pg_|information_schema$)/i.test(String(schemaname ?? ''))
  if (!isSystem && !/^pg_/i.test(String(relname))) return undefined
  return 'Tables of the system are not read by free queries; list_tables and describe_table say what there is.'
}

const readingStatements = new Set(['SelectStmt', 'ExplainStmt'])
const writingStatements = new Set([
  ...['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CallStmt', 'TruncateStmt'],
  'RefreshMatViewStmt',
])

/** Whether an owner's statement can be a tool. */
export async function checkPgStatement(
  parse: Parse,
  { statement, parameterCount, writes }: PrescribedStatement,
): Promise<GateVerdict> {
  const parsed = await parseOne(parse, statement)
  if (typeof parsed === 'string') return no(parsed)
  const { kind, nodes } = parsed
  const has = (...names: string[]) => nodes.some(({ name }) => names.includes(name))
  if (!readingStatements.has(kind) && !writingStatements.has(kind)) {
    return no(
      `${spoken(kind)} cannot be a tool: one SELECT, INSERT, UPDATE, DELETE, MERGE or CALL is.`,
    )
  }
  if (has('IntoClause')) return no('SELECT INTO makes a table, and cannot be a tool.')
  const isWriting = nodes.some(({ name }) => writingStatements.has(name)) || has('LockingClause')
  if (isWriting && !writes) {
    return no(
      'The statement writes or locks; mark it as writing, so that it is approved like a write.',
    )
  }
  const numbers = nodes.flatMap(({ name, members }) =>
    name === 'ParamRef' ? [typeof members.number === 'number' ? members.number : 0] : [],
  )
  return countPlaces(new Set(numbers), parameterCount)
}

function countPlaces(numbers: ReadonlySet<number>, parameterCount: number): GateVerdict {
  const highest = Math.max(0, ...numbers)
  if (numbers.has(0)) return no('Its parameters are written as $1, $2 and so on.')
  if (highest === parameterCount && numbers.size === parameterCount) return { ok: true }
  return no(
    `The statement uses ${
      numbers.size === 0
        ? 'no parameters'
        : [...numbers]
            .sort()
            .map((n) => `$${n}`)
            .join(', ')
    }, and ${parameterCount} are declared.`,
  )
}

/** The one statement, or a sentence. */
async function parseOne(
  parse: Parse,
  statement: string,
): Promise<{ kind: string; nodes: Node[] } | string> {
  let tree: unknown
  try {
    tree = await parse(statement)
  } catch (error) {
    if (error instanceof RangeError) return 'The statement nests too deep.'
    const said = error instanceof Error ? error.message.slice(0, 200) : ''
    return `The statement could not be parsed: ${said}.`
  }
  const statements = isObject(tree) && Array.isArray(tree.stmts) ? tree.stmts : []
  const [first]: unknown[] = statements
  if (statements.length !== 1 || !isObject(first) || !isObject(first.stmt)) {
    return statements.length > 1 ? 'One statement at a time is taken.' : 'There is no statement.'
  }
  return { kind: Object.keys(first.stmt)[0] ?? '', nodes: nodesOf(first.stmt) }
}

const spoken = (node: string): string =>
  node.replace(/Stmt$/, ' statement').replaceAll(/([a-z])([A-Z])/g, '$1 $2')
