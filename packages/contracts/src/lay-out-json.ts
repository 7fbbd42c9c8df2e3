// Lays JSON out in lines without reading it into values: a name that stands twice, a number too long for a computer and
// the order of members are shown as they will be sent.

/** One line of JSON that has been laid out. */
export interface JsonLine {
  readonly depth: number
  /** What stands on it: brackets, the member's name, the value, the comma. */
  readonly text: string
  /** Where it is: `body.to[0]`. Absent on closing brackets and below a depth that nobody names. */
  readonly path?: string
}

export interface JsonLayout {
  readonly lines: readonly JsonLine[]
  /** Names that stand more than once in one object, by path: servers differ in which they take. */
  readonly duplicates: readonly string[]
  /** There is more than is laid out. */
  readonly isCut: boolean
}

const linesMax = 200_000
const pathDepthMax = 32
const duplicatesMax = 20

interface Open {
  readonly closing: '}' | ']'
  readonly path: string | undefined
  readonly names: Set<string>
  name: string
  count: number
}

/** Lays text out that is JSON, as many lines as are wanted; undefined for any other. */
export function layOutJson(text: string, wantedLines = linesMax): JsonLayout | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  return createLayout(text).run(Math.min(wantedLines, linesMax))
}

function createLayout(text: string) {
  const lines: JsonLine[] = []
  const duplicates = new Set<string>()
  const open: Open[] = []
  const reader = createReader(text)
  let prefix = ''

  const pathHere = (): string | undefined => {
    const parent = open.at(-1)
    if (parent === undefined) return 'body'
    if (parent.path === undefined || open.length > pathDepthMax) return undefined
    return parent.closing === ']'
      ? `${parent.path}[${parent.count}]`
      : `${parent.path}.${parent.name}`
  }
  const add = (line: string, path: string | undefined) => {
    lines.push({ depth: open.length, text: prefix + line, ...(path !== undefined && { path }) })
    prefix = ''
  }
  const comma = () => {
    if (reader.peek() !== ',') return ''
    reader.next()
    return ','
  }
  const endValue = () => {
    const parent = open.at(-1)
    if (parent !== undefined) parent.count += 1
  }
  const takeName = (parent: Open) => {
    const name: string = JSON.parse(reader.next())
    parent.name = name
    if (parent.names.has(name) && duplicates.size < duplicatesMax) {
      duplicates.add(pathHere() ?? name)
    }
    parent.names.add(name)
    reader.next() // the colon
    prefix = `${JSON.stringify(name)}: `
  }
  const close = () => {
    const closed = open.pop()
    add(`${closed?.closing ?? ''}${comma()}`, undefined)
    endValue()
  }
  const value = (token: string) => {
    const path = pathHere()
    if (token !== '{' && token !== '[') {
      add(`${readable(token)}${comma()}`, path)
      return endValue()
    }
    const closing = token === '{' ? '}' : ']'
    if (reader.peek() === closing) {
      reader.next()
      add(`${token}${closing}${comma()}`, path)
      return endValue()
    }
    add(token, path)
    open.push({ closing, path, names: new Set(), name: '', count: 0 })
  }

  return {
    run(wantedLines: number): JsonLayout {
      while (reader.peek() !== '' && lines.length < wantedLines) {
        const parent = open.at(-1)
        if (reader.peek() === parent?.closing) {
          reader.next()
          close()
          continue
        }
        if (parent?.closing === '}') takeName(parent)
        value(reader.next())
      }
      return { lines, duplicates: [...duplicates], isCut: reader.peek() !== '' }
    },
  }
}

/** A string without escapes that hide what it says; numbers and words as they stand. */
const readable = (token: string): string =>
  token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token

/** Reads tokens of JSON that is known to be valid, one after the other; an empty one is the end. */
function createReader(text: string) {
  let at = 0
  let peeked: string | undefined
  const read = (): string => {
    while (isSpace(text.charCodeAt(at))) at += 1
    const from = at
    const first = text[at]
    if (first === undefined) return ''
    at += 1
    if (first === '"') {
      while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
      at += 1
    } else if (!isMark(first)) {
      while (at < text.length && !isMark(text[at] ?? '') && !isSpace(text.charCodeAt(at))) at += 1
    }
    return text.slice(from, at)
  }
  return {
    peek(): string {
      peeked ??= read()
      return peeked
    },
    next(): string {
      const token = peeked ?? read()
      peeked = undefined
      return token
    },
  }
}

const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
const isMark = (character: string) => '{}[]:,'.includes(character)
