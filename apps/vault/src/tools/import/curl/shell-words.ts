import {
  countChars,
  onlyOne,
  type Reading,
  readDoubleQuoted,
  readExpansion,
  readQuoted,
  refuse,
} from './shell-quotes.ts'
import { readHereDocuments, readRedirection, type Streams, skipPipe } from './shell-streams.ts'
import { markOf } from './variable-marks.ts'

/** One command: its words as the shell would hand them on, with marks for what only a shell could fill in. */
export interface ShellCommand {
  readonly words: readonly string[]
  /** The comment right above it. */
  readonly comment?: string | undefined
  /** Counted from 1. */
  readonly line: number
  /** What it is given to read: a text that stands behind it. */
  readonly input?: string | undefined
  /** What was left out around it. */
  readonly notes?: readonly string[]
}

/** Words of a document. */
const wordsMax = 200_000

const operators: Readonly<Record<string, string>> = {
  ';': 'A ; begins another command on the same line.',
  '&': 'An unquoted & ends the command, as it does in a shell. Put the URL in quotes.',
  '(': 'A ( begins a subshell.',
  ')': 'A ) ends a subshell.',
}

/**
 * Takes commands of sh apart as POSIX says (Shell Command Language §2.2, and `$'…'` of §2.2.4 in issue 8): quotes, escapes,
 * continued lines, comments, variables that the text itself sets, texts that stand behind a command. Where an answer goes is left
 * out. Nothing is run and nothing is read.
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
    const { words, comment, line, streams } = readLine(reading)
    count += words.length
    if (count > wordsMax) refuse(reading, `There are more than ${wordsMax} words.`)
    if (words.length > 0) {
      const rest = takeAssignments(reading, words)
      const { input, notes } = streams
      const about = { comment: joinComments(comments), line, input, notes: [...notes] }
      if (rest.length > 0) commands.push({ words: rest, ...about })
      comments = []
    } else if (comment === undefined) comments = []
    else comments.push(comment)
  }
  return commands
}

const joinComments = (comments: readonly string[]) =>
  comments.length === 0 ? undefined : comments.join(' ').trim() || undefined

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
  const streams: Streams = { notes: new Set(), here: [] }
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
      if (character === '|') skipPipe(reading, streams)
      else if (
        isPlaceholder(reading) ||
        !readRedirection(reading, streams, () => readWord(reading))
      )
        words.push(readWord(reading))
    }
  }
  readHereDocuments(reading, streams)
  return { words, comment, line: line ?? 1, streams }
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

/** `<id>`, as documentation writes what stands for something: no shell is meant to read it. */
const placeholder = /<([A-Za-z][A-Za-z0-9_-]{0,60})>/y

function isPlaceholder({ text, at }: Reading): boolean {
  placeholder.lastIndex = at
  return placeholder.test(text)
}

/** What ends a word; a file is read or written by what stands behind it. */
const ending: ReadonlySet<string> = new Set(['|', '<', '>'])

function readWord(reading: Reading): string {
  const { text } = reading
  let word = ''
  const add = (more: string) => {
    word += more
    countChars(reading, more.length)
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
    else if (isPlaceholder(reading)) {
      const end = text.indexOf('>', reading.at)
      add(markOf(text.slice(reading.at + 1, end).replaceAll('-', '_')))
      reading.at = end + 1
    } else if (ending.has(character)) break
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
