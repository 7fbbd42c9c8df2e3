// JSON as a person writes it, with the place of each value: so that what is wrong can be shown where it stands.

/** A value and where each of its parts begins: `rules.3.when` to an offset in characters. */
export interface PlacedJson {
  readonly value: unknown
  readonly places: ReadonlyMap<string, number>
}

/** Why text is no JSON, and where. */
export interface JsonFault {
  readonly message: string
  readonly at: number
}

const depthMax = 64
const token =
  /[ \t\r\n\uFEFF]*(?:([{}[\],:])|("(?:[^"\\\r\n]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.]))/uy

class NotJson extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

interface Token {
  readonly kind: 'mark' | 'text' | 'other' | 'end'
  readonly text: string
  readonly at: number
}

interface Reader {
  next(): Token
  back(): void
}

/** Reads text as JSON (RFC 8259). A member that stands twice is a fault: one of the two would be lost. */
export function readPlacedJson(text: string): PlacedJson | { readonly fault: JsonFault } {
  const places = new Map<string, number>()
  const reader = createReader(text)
  try {
    const value = readValue(reader, { path: '', depth: 0, places })
    const rest = reader.next()
    if (rest.kind !== 'end') throw new NotJson('Nothing may stand here.', rest.at)
    return { value, places }
  } catch (thrown) {
    if (thrown instanceof NotJson) return { fault: { message: thrown.message, at: thrown.at } }
    throw thrown
  }
}

function createReader(text: string): Reader {
  let from = 0
  let before = 0
  return {
    next() {
      before = from
      const rest = text.slice(from).search(/[^ \t\r\n\uFEFF]/)
      if (rest < 0) return { kind: 'end', text: '', at: text.length }
      token.lastIndex = from
      const found = token.exec(text)
      if (found === null) throw new NotJson(whatIsWrong(text, from + rest), from + rest)
      from = token.lastIndex
      const [, mark, quoted, other] = found
      const read = mark ?? quoted ?? other ?? ''
      const kind = mark !== undefined ? 'mark' : quoted !== undefined ? 'text' : 'other'
      return { kind, text: read, at: from - read.length }
    },
    back() {
      from = before
    },
  }
}

function whatIsWrong(text: string, at: number): string {
  const first = text.charAt(at)
  if (first === '"')
    return 'This text does not end on its line, or holds an escape that JSON does not know.'
  if (first === "'") return 'Text stands in double quotes.'
  if (/[A-Za-z_]/.test(first)) return 'Names and text stand in double quotes.'
  return 'This is not JSON.'
}

interface Place {
  readonly path: string
  readonly depth: number
  readonly places: Map<string, number>
}

function readValue(reader: Reader, place: Place): unknown {
  const first = reader.next()
  if (place.depth > depthMax) throw new NotJson('This is nested too deeply.', first.at)
  place.places.set(place.path, first.at)
  if (first.kind === 'text' || first.kind === 'other') return parse(first)
  if (first.text === '{') return readObject(reader, place)
  if (first.text === '[') return readList(reader, place)
  throw new NotJson(
    first.kind === 'end' ? 'It ends before it is complete.' : 'A value has to stand here.',
    first.at,
  )
}

/** A text, number or word; raw control characters in a text are what the token lets through and JSON does not. */
function parse({ text, at }: Token): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new NotJson('This text holds a character that JSON wants escaped.', at)
  }
}

const inside = ({ path, depth, places }: Place, name: string | number): Place => ({
  path: path === '' ? String(name) : `${path}.${name}`,
  depth: depth + 1,
  places,
})

function readObject(reader: Reader, place: Place): unknown {
  const members = new Map<string, unknown>()
  if (reader.next().text === '}') return {}
  reader.back()
  for (;;) {
    const name = reader.next()
    if (name.kind !== 'text')
      throw new NotJson('A name in double quotes has to stand here.', name.at)
    const key = String(parse(name))
    if (members.has(key)) throw new NotJson(`“${key}” stands here a second time.`, name.at)
    expect(reader, ':', 'A colon has to stand after a name.')
    members.set(key, readValue(reader, inside(place, key)))
    if (isLast(reader, '}')) return Object.fromEntries(members)
  }
}

function readList(reader: Reader, place: Place): unknown {
  const values: unknown[] = []
  if (reader.next().text === ']') return values
  reader.back()
  for (;;) {
    values.push(readValue(reader, inside(place, values.length)))
    if (isLast(reader, ']')) return values
  }
}

function expect(reader: Reader, mark: string, message: string): void {
  const { kind, text, at } = reader.next()
  if (kind !== 'mark' || text !== mark) throw new NotJson(message, at)
}

function isLast(reader: Reader, end: '}' | ']'): boolean {
  const { kind, text, at } = reader.next()
  if (kind === 'mark' && text === end) return true
  if (kind === 'mark' && text === ',') return false
  throw new NotJson(`A comma or ${end} has to stand here.`, at)
}

/** The offset of the part that a fault names, or of the nearest one around it. */
export function placeOf(path: string, places: ReadonlyMap<string, number>): number {
  const names = path === '' ? [] : path.split('.')
  for (let length = names.length; length > 0; length -= 1) {
    const at = places.get(names.slice(0, length).join('.'))
    if (at !== undefined) return at
  }
  return places.get('') ?? 0
}

/** The line and column of an offset, counted from one. */
export function lineOf(
  text: string,
  at: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
