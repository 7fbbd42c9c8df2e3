import { endOfString, isPlain } from './select-json.ts'

/** Redacts one text; `beside` is the name of the member that it belongs to. The same text back where nothing is found. */
export type RedactText = (
  text: string,
  beside?: string,
) => { readonly text: string; readonly count: number }

/** A text with what was taken out, and how often something was. */
export interface Redacted {
  readonly text: string
  readonly count: number
}

/** Characters after which whoever drives the work may let others have their turn. */
const pauseEveryChars = 32 * 1024

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
export function* redactJson(text: string, redact: RedactText): Generator<undefined, Redacted> {
  const frames: Frame[] = []
  const parts: string[] = []
  let from = 0
  let at = 0
  let pauseAt = pauseEveryChars
  let count = 0
  const replace = (start: number, found: { text: string; count: number }) => {
    parts.push(text.slice(from, start), JSON.stringify(found.text))
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
      const found = redactNumber(number, redact, frame?.beside)
      if (found !== undefined) replace(at - number.length, found)
    } else if (mark === '"') {
      const start = at - 1
      at = endOfString(text, start)
      const string = readToken(text.slice(start, at))
      const found =
        frame?.isName === true ? redactName(string, redact, frame) : redact(string, frame?.beside)
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
  if (parts.length === 0) return { text, count: 0 }
  parts.push(text.slice(from))
  return { text: parts.join(''), count }
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
function redactNumber(
  written: string,
  redact: RedactText,
  beside: string | undefined,
): Redacted | undefined {
  const found = redact(written, beside)
  if (found.text !== written) return found
  const plain = String(Number(written))
  if (plain === written) return undefined
  const foundPlain = redact(plain, beside)
  return foundPlain.text === plain ? undefined : foundPlain
}

function redactName(name: string, redact: RedactText, frame: Frame): Redacted {
  const found = redact(name)
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
