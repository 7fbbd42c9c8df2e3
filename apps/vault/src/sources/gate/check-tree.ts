import type { TextDialect } from './text-gate.ts'

// A second reader of a model's own query of MySQL or SQLite. Its time can double with each bracket that is nested: it is never
// called where anybody else waits, but in a thread apart (check-apart.ts).

/** Says why a text is not one SELECT without a part that writes; undefined where it is. */
export type CheckTree = (dialect: TextDialect, statement: string) => Promise<string | undefined>

/** Checks it here and now, however long that takes. The parser is loaded when its dialect is first asked for: it is large. */
export const checkTree: CheckTree = async (dialect, statement) =>
  refuseTree(await parserOf(dialect), statement)

/** Of one dialect each: the package as a whole is several megabytes. */
export async function parserOf(dialect: TextDialect): Promise<(statement: string) => unknown> {
  const { Parser } =
    dialect === 'mysql'
      ? (await import('node-sql-parser/build/mariadb.js')).default
      : (await import('node-sql-parser/build/sqlite.js')).default
  const parser = new Parser()
  return (statement) => parser.astify(statement)
}

const treeTypes =
  /^(?:insert|replace|update|delete|create|drop|alter|truncate|set|use|call|load|lock|unlock|merge)$/

/** A parser of its own reads the same text as one SELECT, which has no part that writes. */
export function refuseTree(
  astify: (statement: string) => unknown,
  statement: string,
): string | undefined {
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
