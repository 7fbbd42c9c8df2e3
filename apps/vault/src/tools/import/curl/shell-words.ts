import { positionAt, refuseDocument } from '../refuse-document.ts'
import { markOf } from './variable-marks.ts'

/** One command: its words as the shell would hand them on, with marks for what only a shell could fill in. */
export interface ShellCommand {
  readonly words: readonly string[]
  /** The comment right above it. */
  readonly comment?: string | undefined
  /** Counted from 1. */
  readonly line: number
}

/** Characters of all words together, what variables stand for included (S-41). */
const wordsCharsMax = 16 * 1024 * 1024
/** Words of a document. */
const wordsMax = 200_000

const onlyOne =
  'Give the curl command alone: nothing of a document is run, so nothing can stand around it.'
const operators: Readonly<Record<string, string>> = {
  '|': 'A pipe hands the answer to another program, which there is none of.',
  ';': 'A ; begins another command on the same line.',
  '&': 'An unquoted & ends the command, as it does in a shell. Put the URL in quotes.',
  '<': 'A < reads from a file, which the vault does not have.',
  '>': 'A > writes to a file, which the vault does not do.',
  '(': 'A ( begins a subshell.',
  ')': 'A ) ends a subshell.',
}

interface Reading {
  readonly text: string
  at: number
  readonly variables: Map<string, string>
  chars: number
  /** A line that was counted, and where. */
  readonly counted: { at: number; line: number }
}

/**
 * Takes commands of sh apart as POSIX says (Shell Command Language §2.2, and `$'…'` of §2.2.4 in issue 8): quotes, escapes,
 * continued lines, comments, variables that the text itself sets. Nothing is run and nothing is read.
 * @throws Problem document-refused, with the place, for whatever only a shell could do
 */
export function readShellWords(text: string): ShellCommand[] {
  const reading: Reading = {
    text,
    at: 0,
    variables: new Map(),
    chars: 0,
    counted: { at: 0, line: 1 },
  }
  const commands: ShellCommand[] = []
  let comments: string[] = []
  let count = 0
  while (reading.at < text.length) {
    const { words, comment, line } = readLine(reading)
    count += words.length
    if (count > wordsMax) refuse(reading, `There are more than ${wordsMax} words.`)
    if (words.length > 0) {
      const rest = takeAssignments(reading, words)
      if (rest.length > 0) commands.push({ words: rest, comment: joinComments(comments), line })
      comments = []
    } else if (comment === undefined) comments = []
    else comments.push(comment)
  }
  return commands
}

const joinComments = (comments: readonly string[]) =>
  comments.length === 0 ? undefined : comments.join(' ').trim() || undefined

function refuse(reading: Reading, sentence: string, next?: string): never {
  refuseDocument(sentence, { at: positionAt(reading.text, reading.at), next })
}

/** The line that is being read; counts on from where it was asked last. */
function lineOf({ text, at, counted }: Reading): number {
  for (;;) {
    const end = text.indexOf('\n', counted.at)
    if (end < 0 || end >= at) return counted.line
    counted.line += 1
    counted.at = end + 1
  }
}

/** One line of commands, continued lines included: its words, or the comment that it is. */
function readLine(reading: Reading) {
  const { text } = reading
  const words: string[] = []
  let line: number | undefined
  let comment: string | undefined
  while (reading.at < text.length) {
    const character = text[reading.at] ?? ''
    if (character === '\n') {
      reading.at += 1
      break
    }
    if (/\s/.test(character)) reading.at += 1
    else if (character === '\\' && continues(text, reading.at)) {
      reading.at = nextLine(text, reading.at)
    } else if (character === '#') {
      const end = text.indexOf('\n', reading.at)
      const upTo = end < 0 ? text.length : end
      if (words.length === 0) comment = text.slice(reading.at, upTo).replace(/^#+\s*/, '')
      reading.at = upTo
    } else {
      line ??= lineOf(reading)
      words.push(readWord(reading))
    }
  }
  return { words, comment, line: line ?? 1 }
}

/** A backslash at the end of a line; blanks behind it, as pages add them, are not meant. */
const continues = (text: string, at: number): boolean => {
  const behind = /\\(?:[ \t]*\n|$)/y
  behind.lastIndex = at
  return behind.test(text)
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

function readWord(reading: Reading): string {
  const { text } = reading
  let word = ''
  const add = (more: string) => {
    word += more
    reading.chars += more.length
    if (reading.chars > wordsCharsMax) refuse(reading, 'The words come to too many characters.')
  }
  while (reading.at < text.length) {
    const character = text[reading.at] ?? ''
    if (/\s/.test(character)) break
    // What is glued to it ends here, since the next line begins with blanks or with another word.
    if (character === '\\' && continues(text, reading.at) && text[reading.at + 1] !== '\n') break
    if (character === '\\') {
      const next = text[reading.at + 1] ?? '\\'
      add(next === '\n' ? '' : next)
      reading.at += 2
    } else if (character === "'") add(readQuoted(reading))
    else if (character === '"') add(readDoubleQuoted(reading))
    else if (character === '$' || character === '`') add(readExpansion(reading, ''))
    else if (operators[character] !== undefined) {
      refuse(reading, operators[character], onlyOne)
    } else {
      // Runs at once: a document may be one long word.
      const [run = character] =
        /^[^\s\\'"$`|;&<>()]+/.exec(text.slice(reading.at, reading.at + 4096)) ?? []
      add(run)
      reading.at += run.length
    }
  }
  return word
}

function readQuoted(reading: Reading): string {
  const end = reading.text.indexOf("'", reading.at + 1)
  if (end < 0) refuse(reading, 'A quote that begins here does not end.')
  const quoted = reading.text.slice(reading.at + 1, end)
  reading.at = end + 1
  return quoted
}

function readDoubleQuoted(reading: Reading): string {
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
function readExpansion(reading: Reading, quote: '' | '"'): string {
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
    reading.chars += value.length
    if (reading.chars > wordsCharsMax) refuse(reading, 'The words come to too many characters.')
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

/** `NAME=value` before a command or alone: what the text itself says of its variables. */
function takeAssignments(reading: Reading, words: readonly string[]): readonly string[] {
  const [first, ...others] = words
  const rest = first === 'export' && others.length > 0 ? others : words
  let taken = 0
  for (const word of rest) {
    const [whole, name = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=/.exec(word) ?? []
    if (whole === undefined) break
    reading.variables.set(name, word.slice(whole.length))
    taken += 1
  }
  return taken === rest.length || rest === words ? rest.slice(taken) : words
}
