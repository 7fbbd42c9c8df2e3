import type { Data, DocumentLimits } from './document-data.ts'
import { positionAt, quoteName, refuseDocument } from './refuse-document.ts'
import { isStorableText } from './storable-text.ts'

/**
 * Reads one JSON text (RFC 8259) with what JSON.parse does not say: members that stand twice, where a fault is; and into
 * objects without a prototype.
 * @throws Problem `document-refused` with line and column
 */
export function readJson(text: string, limits: DocumentLimits): Data {
  const scanner = createScanner(text)
  const value = createReader(scanner, limits).readValue(0)
  if (!scanner.isAtEnd()) scanner.expected('The end of the document')
  return value
}

type Scanner = ReturnType<typeof createScanner>

const space = /[\t\n\r ]*/y
// JSON forbids the controls below the space alone.
const plainRun = /[^"\\\p{Cc}]*/uy
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const words: readonly (readonly [string, Data])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

function createScanner(text: string) {
  let at = 0

  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }
  const refuse = (sentence: string, offset = at): never =>
    refuseDocument(sentence, { at: positionAt(text, offset) })
  const expected = (what: string): never => {
    const sign = text.codePointAt(at)
    const found = sign === undefined ? 'the text ends' : quoteName(String.fromCodePoint(sign))
    return refuse(`${what} was expected here, and ${found} stands there.`)
  }

  /** The rest of a string; `at` stands behind its first quote. Answers whether it holds escapes. */
  function passString(): boolean {
    let hasEscapes = false
    for (;;) {
      match(plainRun)
      const sign = text[at]
      if (sign === '"') {
        at += 1
        return hasEscapes
      }
      if (sign === undefined || sign < ' ') expected('The end of a string')
      if (sign !== '\\') at += 1
      else if (match(escaped) === '') expected('An escape of JSON')
      else hasEscapes = true
    }
  }

  return {
    refuse,
    expected,
    offset: () => at,
    /** The next character that is no white space, which stays. */
    peek(): string | undefined {
      match(space)
      return text[at]
    },
    take(sign: string): boolean {
      match(space)
      if (text[at] !== sign) return false
      at += 1
      return true
    },
    isAtEnd(): boolean {
      match(space)
      return at >= text.length
    },
    readString(): string {
      const start = at
      at += 1
      if (!passString()) return text.slice(start + 1, at - 1)
      const value: string = JSON.parse(text.slice(start, at))
      return isStorableText(value)
        ? value
        : refuse('The string holds NUL or half a character.', start)
    },
    readWord(): Data {
      const word = words.find(([name]) => text.startsWith(name, at))
      if (word !== undefined) {
        at += word[0].length
        return word[1]
      }
      const start = at
      const digits = match(number)
      if (digits === '') expected('A JSON value')
      const value = Number(digits)
      return Number.isFinite(value) ? value : refuse('The number is too large.', start)
    },
  }
}

function createReader(scanner: Scanner, { depthMax, nodesMax }: DocumentLimits) {
  let nodes = 0

  function readValue(depth: number): Data {
    nodes += 1
    if (nodes > nodesMax) scanner.refuse(`The document has more than ${nodesMax} values.`)
    const sign = scanner.peek()
    if (sign === '"') return scanner.readString()
    if (sign !== '{' && sign !== '[') return scanner.readWord()
    if (depth >= depthMax) scanner.refuse(`It is nested more than ${depthMax} levels deep.`)
    scanner.take(sign)
    return sign === '{' ? readMembers(depth + 1) : readItems(depth + 1)
  }

  function readMembers(depth: number): Data {
    const object: Record<string, Data> = Object.create(null)
    if (scanner.take('}')) return object
    do {
      if (scanner.peek() !== '"') scanner.expected('A name in double quotes')
      const keyAt = scanner.offset()
      const name = scanner.readString()
      if (name in object) scanner.refuse(`The member ${quoteName(name)} stands twice.`, keyAt)
      if (!scanner.take(':')) scanner.expected('A colon')
      object[name] = readValue(depth)
    } while (scanner.take(','))
    if (!scanner.take('}')) scanner.expected('A comma or }')
    return object
  }

  function readItems(depth: number): Data {
    const list: Data[] = []
    if (scanner.take(']')) return list
    do list.push(readValue(depth))
    while (scanner.take(','))
    if (!scanner.take(']')) scanner.expected('A comma or ]')
    return list
  }

  return { readValue }
}
