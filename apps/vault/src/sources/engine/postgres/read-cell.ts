import type { SqlCell } from '../sql-engine.ts'

type ReadText = (text: string) => SqlCell

const readInteger: ReadText = (text) => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

const readFloat: ReadText = (text) => {
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}

const readBytes: ReadText = (text) => ({
  $base64: Buffer.from(text.replace(/^\\x/, ''), 'hex').toString('base64'),
})

/** As ISO 8601. What ISO cannot say (infinity, BC) stays as PostgreSQL writes it. */
const readTime: ReadText = (text) =>
  /^\d{4,}-\d\d-\d\d \d/.test(text) && !text.endsWith('BC')
    ? text.replace(' ', 'T').replace(/\+00$/, 'Z')
    : text

/** Nesting that JSON.stringify can write without a stack of its own. */
const jsonDepthMax = 500

const readJson: ReadText = (text) => {
  if (nesting(text) > jsonDepthMax) return text
  const value: SqlCell = JSON.parse(text)
  return value
}

/** How deep a JSON text nests. */
function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token.startsWith('"')) continue
    depth += token === '[' || token === '{' ? 1 : -1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

const same: ReadText = (text) => text
const readBoolean: ReadText = (text) => text === 't'

/** By the object id of the type (pg_type.dat), which never change; of the arrays, what their elements are. */
const readers = new Map<number, ReadText>([
  [16, readBoolean],
  [17, readBytes],
  [20, readInteger],
  [21, readInteger],
  [23, readInteger],
  [26, readInteger],
  [114, readJson],
  [700, readFloat],
  [701, readFloat],
  [1114, readTime],
  [1184, readTime],
  [3802, readJson],
])
const arrays = new Map<number, ReadText>([
  [1000, readBoolean],
  [1001, readBytes],
  [1005, readInteger],
  [1007, readInteger],
  [1016, readInteger],
  [1028, readInteger],
  [199, readJson],
  [1021, readFloat],
  [1022, readFloat],
  [1115, readTime],
  [1185, readTime],
  [3807, readJson],
  [1003, same],
  [1009, same],
  [1014, same],
  [1015, same],
  [1182, same],
  [1183, same],
  [1231, same],
  [2951, same],
])

/** How to read the texts of a column. What is not known here stays text. */
export function cellReader(typeId: number): (text: string | null) => SqlCell {
  const read = readers.get(typeId)
  const readElement = arrays.get(typeId)
  return (text) => {
    if (text === null) return null
    if (readElement !== undefined) return readArray(text, readElement)
    return read === undefined ? text : read(text)
  }
}

/** Reads `{1,NULL,"a\"b",{…}}`; the bounds of `[0:1]={…}` are left out. */
function readArray(text: string, readElement: ReadText): SqlCell {
  const stack: SqlCell[][] = [[]]
  const tokens = /"((?:[^"\\]|\\.)*)"|([{},])|([^{},"]+)/gs
  tokens.lastIndex = text.startsWith('[') ? text.indexOf('=') + 1 : 0
  for (const [, quoted, mark, bare] of text.matchAll(tokens)) {
    const top = stack.at(-1)
    if (top === undefined) return text
    if (quoted !== undefined) top.push(readElement(quoted.replaceAll(/\\(.)/gs, '$1')))
    else if (bare !== undefined) top.push(bare === 'NULL' ? null : readElement(bare))
    else if (mark === '{') {
      const inner: SqlCell[] = []
      top.push(inner)
      stack.push(inner)
    } else if (mark === '}') stack.pop()
  }
  return stack[0]?.[0] ?? text
}
