/** One node of libpg-query's tree with its name, or the tree itself. */
interface PgNode {
  readonly name: string
  readonly members: Readonly<Record<string, unknown>>
}

/** All nodes below, each once, without a stack of its own: a tree can be deep. */
export function nodesOf(tree: unknown): PgNode[] {
  const nodes: PgNode[] = []
  const waiting: unknown[] = [tree]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...next)
    if (!isObject(next) || Array.isArray(next)) continue
    for (const [key, value] of Object.entries(next)) {
      if (!isObject(value)) continue
      const name = /^[A-Z]/.test(key) ? key : memberTypes[key]
      if (name !== undefined && !Array.isArray(value)) nodes.push({ name, members: value })
      waiting.push(value)
    }
  }
  return nodes
}

/** Members whose value is a node that goes without its name. */
const memberTypes: Readonly<Record<string, string>> = {
  intoClause: 'IntoClause',
  typeName: 'TypeName',
  relation: 'RangeVar',
  withClause: 'WithClause',
  over: 'WindowDef',
  larg: 'SelectStmt',
  rarg: 'SelectStmt',
}

/** The strings of a list of names, such as `pg_catalog.lower`; a star is none. */
export function stringsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    const string = isObject(item) ? item.String : undefined
    const text = isObject(string) ? string.sval : undefined
    return typeof text === 'string' ? [text] : []
  })
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
