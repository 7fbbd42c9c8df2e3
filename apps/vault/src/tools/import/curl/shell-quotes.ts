import { positionAt, refuseDocument } from '../refuse-document.ts'
import { markOf } from './variable-marks.ts'

// Quotes, escapes and variables of sh (Shell Command Language §2.2, §2.6.2). Nothing is run and nothing is read.

/** Characters of all words together, what variables stand for included (S-41). */
const wordsCharsMax = 16 * 1024 * 1024
/** A text that is being read, and where. */
export interface Reading {
  readonly text: string
  at: number
  readonly variables: Map<string, string>
  chars: number
  /** A line that was counted, and where. */
  readonly counted: { at: number; line: number }
}

export const onlyOne =
  'Give the curl command alone: nothing of a document is run, so nothing can stand around it.'
/** @throws Problem document-refused, with the place */
export function refuse(reading: Reading, sentence: string, next?: string): never {
  refuseDocument(sentence, { at: positionAt(reading.text, reading.at), next })
}

/** Adds to what all words come to. */
export function countChars(reading: Reading, chars: number): void {
  reading.chars += chars
  if (reading.chars > wordsCharsMax) refuse(reading, 'The words come to too many characters.')
}

/** `'…'`, in which nothing is special. */
export function readQuoted(reading: Reading): string {
  const end = reading.text.indexOf("'", reading.at + 1)
  if (end < 0) refuse(reading, 'A quote that begins here does not end.')
  const quoted = reading.text.slice(reading.at + 1, end)
  reading.at = end + 1
  return quoted
}

/** `"…"`. */
export function readDoubleQuoted(reading: Reading): string {
  const { text } = reading
  const from = reading.at
  const parts: string[] = []
  reading.at += 1
  for (;;) {
    const character = text[reading.at]
    if (character === undefined) {
      reading.at = from
      refuse(reading, 'A quote that begins here does not end.')
    }
    if (character === '"') break
    if (character === '\\') {
      const next = text[reading.at + 1] ?? ''
      // Only before these a backslash is one that escapes.
      if (next === '\n') parts.push('')
      else parts.push('$`"\\'.includes(next) && next !== '' ? next : `\\${next}`)
      reading.at += 2
    } else if (character === '$' || character === '`') parts.push(readExpansion(reading, '"'))
    else {
      const end = text.slice(reading.at).search(/["\\$`]/)
      const upTo = end < 0 ? text.length : reading.at + end
      parts.push(text.slice(reading.at, upTo))
      reading.at = upTo
    }
  }
  reading.at += 1
  return parts.join('')
}

/** What begins with `$` or a backtick. */
export function readExpansion(reading: Reading, quote: '' | '"'): string {
  const { text, at } = reading
  const rest = text.slice(at, at + 300)
  if (rest.startsWith('`') || rest.startsWith('$(')) {
    refuse(reading, 'Here a shell would run another command and take what it says.', onlyOne)
  }
  const [whole, plain, braced] =
    /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-=?][^{}$`'"\\]*)?\})/.exec(
      rest,
    ) ?? []
  const name = plain ?? braced
  if (whole !== undefined && name !== undefined) {
    reading.at += whole.length
    const value = reading.variables.get(name)
    if (value === undefined) return markOf(name)
    // Counted before it is put together with others: a few variables of variables are gigabytes.
    countChars(reading, value.length)
    return value
  }
  if (rest.startsWith("$'") && quote === '') {
    reading.at += 1
    return readEscaped(reading)
  }
  if (rest.startsWith('$"') && quote === '') {
    reading.at += 1
    return readDoubleQuoted(reading)
  }
  if (/^\$[{\d@*#?$!-]/.test(rest)) {
    refuse(
      reading,
      'What a shell would put here is not known.',
      'Write a plain $NAME, which becomes an argument, or the value itself.',
    )
  }
  reading.at += 1
  return '$'
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"', '?': '?' },
}

/** `$'…'`, where backslashes escape as in C. */
function readEscaped(reading: Reading): string {
  const { text } = reading
  const match = /'(?:[^'\\]|\\[\s\S])*'/y
  match.lastIndex = reading.at
  const [whole] = match.exec(text) ?? []
  if (whole === undefined) refuse(reading, 'A quote that begins here does not end.')
  reading.at += whole.length
  return whole
    .slice(1, -1)
    .replaceAll(
      /\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|[\s\S])/g,
      (all: string, code: string) => {
        if (/^[xuU][0-9a-fA-F]/.test(code)) {
          return pointOf(reading, Number.parseInt(code.slice(1), 16))
        }
        if (/^[0-7]/.test(code)) return pointOf(reading, Number.parseInt(code, 8) & 0xff)
        return escapes[code] ?? all
      },
    )
}

function pointOf(reading: Reading, point: number): string {
  if (point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)) {
    return String.fromCodePoint(point)
  }
  return refuse(reading, 'An escape stands for no character.')
}
