// JSON as people keep it in configuration files: with comments and commas that trail, which no other reader of ours takes. What
// it costs is bounded, and what is read has no prototype.
import { Problem } from '@sallyport/contracts'

/** What a text of JSON holds. Objects have no prototype. */
export type Data = null | boolean | number | string | DataList | DataObject
type DataList = readonly Data[]
export interface DataObject {
  readonly [member: string]: Data
}

export const isObject = (value: Data | undefined): value is DataObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isList = (value: Data | undefined): value is DataList => Array.isArray(value)

/** A text that is longer is refused unread, and so is what is nested deeper or has more values. */
export const jsoncLimits = { charsMax: 8 * 1024 * 1024, depthMax: 64, valuesMax: 400_000 } as const

/**
 * Reads JSON (RFC 8259) with `//` and block comments and trailing commas. A member that stands twice is a fault: readers differ
 * in which of the two they take.
 * @throws Problem `document-refused` with line and column, and no word of a value
 */
export function readJsonc(text: string): Data {
  if (text.length > jsoncLimits.charsMax) {
    throw new Problem('document-refused', `It has more than ${jsoncLimits.charsMax} characters.`)
  }
  const scanner = createScanner(text.startsWith('\ufeff') ? text.slice(1) : text)
  const value = createReader(scanner).readValue(0)
  if (scanner.peek() !== undefined) scanner.expected('The end of the text')
  return value
}

type Scanner = ReturnType<typeof createScanner>

const space = /[\t\n\r ]+/y
const lineComment = /\/\/[^\n\r]*/y
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
  const refuse = (sentence: string, offset = at): never => {
    const lines = text.slice(0, offset).split('\n')
    const column = (lines.at(-1)?.length ?? 0) + 1
    throw new Problem('document-refused', `Line ${lines.length}, column ${column}: ${sentence}`)
  }
  const expected = (what: string): never =>
    refuse(`${what} was expected here${at >= text.length ? ', and the text ends' : ''}.`)

  const passSpace = (): void => {
    while (match(space) !== '' || match(lineComment) !== '' || passBlockComment());
  }
  function passBlockComment(): boolean {
    if (!text.startsWith('/*', at)) return false
    const end = text.indexOf('*/', at + 2)
    if (end < 0) refuse('A comment has no end.')
    at = end + 2
    return true
  }

  /** The rest of a string; `at` stands behind its first quote. */
  function passString(): void {
    for (;;) {
      match(plainRun)
      const sign = text[at]
      if (sign === '"') {
        at += 1
        return
      }
      if (sign === undefined || sign < ' ') expected('The end of a string')
      if (sign !== '\\') at += 1
      else if (match(escaped) === '') expected('An escape of JSON')
    }
  }

  return {
    refuse,
    expected,
    offset: () => at,
    /** The next character that is neither white space nor of a comment, which stays. */
    peek(): string | undefined {
      passSpace()
      return text[at]
    },
    take(sign: string): boolean {
      passSpace()
      if (text[at] !== sign) return false
      at += 1
      return true
    },
    readString(): string {
      const start = at
      at += 1
      passString()
      const value: string = JSON.parse(text.slice(start, at))
      if (!/\0|\p{Cs}/u.test(value)) return value
      return refuse('The string holds NUL or half a character.', start)
    },
    readWord(): Data {
      const word = words.find(([name]) => text.startsWith(name, at))
      if (word !== undefined) {
        at += word[0].length
        return word[1]
      }
      const digits = match(number)
      return digits === '' ? expected('A value') : Number(digits)
    },
  }
}

function createReader(scanner: Scanner) {
  let values = 0

  function readValue(depth: number): Data {
    values += 1
    if (values > jsoncLimits.valuesMax) {
      scanner.refuse(`It has more than ${jsoncLimits.valuesMax} values.`)
    }
    const sign = scanner.peek()
    if (sign === '"') return scanner.readString()
    if (sign !== '{' && sign !== '[') return scanner.readWord()
    if (depth >= jsoncLimits.depthMax) {
      scanner.refuse(`It is nested more than ${jsoncLimits.depthMax} levels deep.`)
    }
    scanner.take(sign)
    return sign === '{' ? readMembers(depth + 1) : readItems(depth + 1)
  }

  function readMembers(depth: number): Data {
    const object: Record<string, Data> = Object.create(null)
    for (;;) {
      if (scanner.take('}')) return object
      if (scanner.peek() !== '"') scanner.expected('A name in double quotes, or }')
      const nameAt = scanner.offset()
      const name = scanner.readString()
      if (name in object) scanner.refuse('The same member stands twice in one object.', nameAt)
      if (!scanner.take(':')) scanner.expected('A colon')
      object[name] = readValue(depth)
      if (!scanner.take(',') && scanner.peek() !== '}') scanner.expected('A comma or }')
    }
  }

  function readItems(depth: number): Data {
    const list: Data[] = []
    for (;;) {
      if (scanner.take(']')) return list
      list.push(readValue(depth))
      if (!scanner.take(',') && scanner.peek() !== ']') scanner.expected('A comma or ]')
    }
  }

  return { readValue }
}
