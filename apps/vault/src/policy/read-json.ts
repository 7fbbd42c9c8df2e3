import { type BodyNode, createNode } from './body-node.ts'

// RFC 8259 read strictly and with the place of everything: what is decided on has to be what every reader of these bytes
// understands, so whatever readers differ on is a fault.

/** Why something cannot be read: what it is, in words that end a sentence; never a value. */
export interface Fault {
  readonly fault: string
}

interface Reader {
  readonly text: string
  at: number
  fault: string
  nodesLeft: number
}

/** Where a member's name stands. */
interface Name {
  readonly start: number
  readonly end: number
}

/** Values in one text: what a hundred rules look at is bounded by that. */
const nodesMax = 50_000
const noName: Name = { start: -1, end: -1 }
const numberPattern = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Reads one JSON text. A fault, never an exception, for anything that RFC 8259 does not allow and for what it leaves open: a
 * byte order mark, a member twice at any depth, half a character; nor for nesting deeper than `depthMax` or very many values.
 */
export function readJson(
  text: string,
  { depthMax }: { readonly depthMax: number },
): BodyNode | Fault {
  const reader: Reader = { text, at: 0, fault: 'it is not JSON', nodesLeft: nodesMax }
  const root = readValue(reader, noName, depthMax)
  if (root === undefined) return { fault: reader.fault }
  skipSpace(reader)
  return reader.at === text.length ? root : { fault: reader.fault }
}

function fail(reader: Reader, fault: string): undefined {
  reader.fault = fault
  return undefined
}

/** The code of the character that is next, after white space; NaN at the end. */
function skipSpace(reader: Reader): number {
  const { text } = reader
  let code = text.charCodeAt(reader.at)
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
    reader.at += 1
    code = text.charCodeAt(reader.at)
  }
  return code
}

function readValue(reader: Reader, name: Name, depthLeft: number): BodyNode | undefined {
  const code = skipSpace(reader)
  const start = reader.at
  reader.nodesLeft -= 1
  if (reader.nodesLeft < 0) return fail(reader, `it holds more than ${nodesMax} values`)
  if (code === quote) {
    const value = readString(reader)
    return value === undefined
      ? undefined
      : node(reader, { type: 'string', value, literal: '', start, name })
  }
  if (code === openBrace || code === openBracket) {
    if (depthLeft === 0) return fail(reader, 'it is nested too deeply')
    return code === openBrace
      ? readObject(reader, name, depthLeft - 1)
      : readArray(reader, name, depthLeft - 1)
  }
  return readWord(reader, name) ?? readNumber(reader, name)
}

interface Scalar {
  readonly type: BodyNode['type']
  readonly value: BodyNode['value']
  readonly literal: string
  readonly start: number
  readonly name: Name
}

const node = (reader: Reader, { type, value, literal, start, name }: Scalar): BodyNode =>
  createNode(
    { type, value, literal },
    { start, end: reader.at, nameStart: name.start, nameEnd: name.end },
  )

/** Takes a string from its opening quote to behind its closing one. */
function readString(reader: Reader): string | undefined {
  const { text } = reader
  const start = reader.at
  let at = start + 1
  let code = text.charCodeAt(at)
  let isPlain = true
  while (code !== quote) {
    // Also NaN, at the end of the text, is not at least a space.
    if (!(code >= 0x20)) return undefined
    if (code === backslash) {
      isPlain = false
      at += 1
    }
    at += 1
    code = text.charCodeAt(at)
  }
  reader.at = at + 1
  return isPlain ? text.slice(start + 1, at) : unescapeToken(reader, text.slice(start, at + 1))
}

function unescapeToken(reader: Reader, token: string): string | undefined {
  const value = parseToken(token)
  if (value === undefined || !/\p{Surrogate}/u.test(value)) return value
  return fail(reader, 'a string of it holds half a character')
}

function parseToken(token: string): string | undefined {
  try {
    return JSON.parse(token) as string
  } catch {
    return undefined // SyntaxError: an escape that JSON does not have.
  }
}

const words = new Map([
  [0x74, { text: 'true', type: 'boolean', value: true }],
  [0x66, { text: 'false', type: 'boolean', value: false }],
  [0x6e, { text: 'null', type: 'null', value: null }],
] as const)

function readWord(reader: Reader, name: Name): BodyNode | undefined {
  const start = reader.at
  const word = words.get(reader.text.charCodeAt(start) as 0x74)
  if (word === undefined || !reader.text.startsWith(word.text, start)) return undefined
  reader.at += word.text.length
  return node(reader, { type: word.type, value: word.value, literal: '', start, name })
}

function readNumber(reader: Reader, name: Name): BodyNode | undefined {
  const { text } = reader
  const start = reader.at
  let code = text.charCodeAt(start)
  while (
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x2b ||
    (code | 0x20) === 0x65
  ) {
    reader.at += 1
    code = text.charCodeAt(reader.at)
  }
  const literal = text.slice(start, reader.at)
  if (!numberPattern.test(literal)) return undefined
  return node(reader, { type: 'number', value: Number(literal), literal, start, name })
}

function readObject(reader: Reader, name: Name, depthLeft: number): BodyNode | undefined {
  const start = reader.at
  const members = new Map<string, BodyNode>()
  reader.at += 1
  if (skipSpace(reader) === closeBrace) {
    reader.at += 1
    return container(reader, { start, name, members, items: undefined })
  }
  for (;;) {
    if (skipSpace(reader) !== quote) return undefined
    const nameStart = reader.at
    const key = readString(reader)
    if (key === undefined) return undefined
    if (members.has(key)) return fail(reader, 'a member stands twice in one of its objects')
    const own = { start: nameStart, end: reader.at }
    if (skipSpace(reader) !== colon) return undefined
    reader.at += 1
    const value = readValue(reader, own, depthLeft)
    if (value === undefined) return undefined
    members.set(key, value)
    const next = skipSpace(reader)
    reader.at += 1
    if (next === closeBrace) return container(reader, { start, name, members, items: undefined })
    if (next !== comma) return undefined
  }
}

function readArray(reader: Reader, name: Name, depthLeft: number): BodyNode | undefined {
  const start = reader.at
  const items: BodyNode[] = []
  reader.at += 1
  if (skipSpace(reader) === closeBracket) {
    reader.at += 1
    return container(reader, { start, name, members: undefined, items })
  }
  for (;;) {
    const item = readValue(reader, noName, depthLeft)
    if (item === undefined) return undefined
    items.push(item)
    const next = skipSpace(reader)
    reader.at += 1
    if (next === closeBracket) return container(reader, { start, name, members: undefined, items })
    if (next !== comma) return undefined
  }
}

interface Container {
  readonly start: number
  readonly name: Name
  readonly members: ReadonlyMap<string, BodyNode> | undefined
  readonly items: readonly BodyNode[] | undefined
}

function container(reader: Reader, { start, name, members, items }: Container): BodyNode {
  const where = { start, end: reader.at, nameStart: name.start, nameEnd: name.end }
  return createNode({ type: members === undefined ? 'array' : 'object', members, items }, where)
}
