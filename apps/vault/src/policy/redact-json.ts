import { endOfString, isPlain } from './select-json.ts'
import type { Redacted } from './sensitive/compile-sensitive.ts'
import { gatherText } from './sensitive/scan/gather-text.ts'
import type { Turns } from './sensitive/turns.ts'

/** Redacts one text; `beside` is the name of the member that it belongs to. The same text back where nothing is found. */
export type RedactText = (text: string, beside?: string) => Turns<Redacted>

/** Characters after which whoever drives the work may let others have their turn. */
const pauseEveryChars = 4096

/** An object or a list that has been begun. */
interface Frame {
  readonly isObject: boolean
  /** The name that what stands in it belongs to: of a list, that of the member which the list is. */
  beside: string | undefined
  isName: boolean
  /** Its names so far as they are written, and the last number that each was given. */
  readonly names: Map<string, number>
}

const tokens = /[\s,:]*(?:(["{}[\]])|(-?\d[\d.eE+-]*)|true|false|null)/y

/**
 * Redacts the strings, the names and the numbers of a JSON text, given that it is one; everything else stays as it is written.
 * Numbers become strings then; names that would be equal are numbered. Yields now and again, so that others get their turn.
 */
export function* redactJson(text: string, redact: RedactText): Turns<Redacted> {
  const frames: Frame[] = []
  const written = gatherText()
  let from = 0
  let at = 0
  let pauseAt = pauseEveryChars
  let count = 0
  const replace = (start: number, found: { text: string; count: number }) => {
    written.add(text.slice(from, start))
    written.add(JSON.stringify(found.text))
    from = at
    count += found.count
  }
  for (;;) {
    tokens.lastIndex = at
    const token = tokens.exec(text)
    if (token === null) break
    at = tokens.lastIndex
    const [, mark, number] = token
    const frame = frames.at(-1)
    if (number !== undefined) {
      const found = yield* redactNumber(number, redact, frame?.beside)
      if (found !== undefined) replace(at - number.length, found)
    } else if (mark === '"') {
      const start = at - 1
      at = endOfString(text, start)
      const string = readToken(text.slice(start, at))
      const found = yield* frame?.isName === true
        ? redactName(string, redact, frame)
        : redact(string, frame?.beside)
      if (found.text !== string) replace(start, found)
    } else if (mark === '{' || mark === '[') {
      const isObject = mark === '{'
      frames.push({ isObject, isName: isObject, beside: frame?.beside, names: new Map() })
      continue
    } else if (mark !== undefined) frames.pop()
    turn(frames.at(-1), mark)
    if (at >= pauseAt) {
      pauseAt = at + pauseEveryChars
      yield
    }
  }
  if (from === 0) return { text, count: 0 }
  written.add(text.slice(from))
  return { text: written.text(), count }
}

/** After a name comes its value, and after that a name again. */
function turn(frame: Frame | undefined, mark: string | undefined): void {
  if (frame?.isObject !== true) return
  frame.isName = !(frame.isName && mark === '"')
}

const readToken = (token: string): string => {
  const inside = token.slice(1, -1)
  return isPlain(inside) ? inside : String(JSON.parse(token))
}

/** A number is looked at as it is written, and as it would be written plainly. */
function* redactNumber(
  written: string,
  redact: RedactText,
  beside: string | undefined,
): Turns<Redacted | undefined> {
  const found = yield* redact(written, beside)
  if (found.text !== written) return found
  const plain = String(Number(written))
  if (plain === written) return undefined
  const foundPlain = yield* redact(plain, beside)
  return foundPlain.text === plain ? undefined : foundPlain
}

function* redactName(name: string, redact: RedactText, frame: Frame): Turns<Redacted> {
  const found = yield* redact(name)
  frame.beside = name
  let written = found.text
  while (frame.names.has(written)) {
    const number = (frame.names.get(found.text) ?? 1) + 1
    frame.names.set(found.text, number)
    written = `${found.text} ${number}`
  }
  frame.names.set(written, 1)
  return { text: written, count: found.count }
}
