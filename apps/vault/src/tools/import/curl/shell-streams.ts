import { countChars, onlyOne, type Reading, readExpansion, refuse } from './shell-quotes.ts'

// What stands around a command (Shell Command Language §2.7, §2.9.2): where its answer goes, which is left out, and the text that
// it is given to read.

/** A text that follows the line on which it is announced: `<<EOF`. */
interface HereDocument {
  readonly delimiter: string
  /** Then nothing in it stands for something else. */
  readonly isQuoted: boolean
  /** Tabs at the beginning of its lines are not of it. */
  readonly isIndented: boolean
}

/** What is known of the streams of one command. */
export interface Streams {
  readonly notes: Set<string>
  readonly here: HereDocument[]
  /** What it is given to read. */
  input?: string
}

const leftOut =
  'The programs and files that a command hands its answer to are left out: the vault hands it to whoever calls.'

/** Reads a redirection and answers whether one stood there; `readWord` reads the word behind it. */
export function readRedirection(
  reading: Reading,
  streams: Streams,
  readWord: () => string,
): boolean {
  const operator = /(?:\d*|&)(<<<|<<-?|[<>]&|&?>>|>\||<>|[<>])/y
  operator.lastIndex = reading.at
  const [whole, kind = ''] = operator.exec(reading.text) ?? []
  if (whole === undefined || (whole.startsWith('&') && !kind.startsWith('>'))) return false
  if (kind === '<' || kind === '<&' || kind === '<>') {
    refuse(reading, 'A < reads from a file, which the vault does not have.', onlyOne)
  }
  reading.at += whole.length
  const blanks = /[ \t]*/y
  blanks.lastIndex = reading.at
  reading.at += blanks.exec(reading.text)?.[0].length ?? 0
  const from = reading.at
  const word = readWord()
  if (reading.at === from) refuse(reading, 'A redirection leads nowhere.')
  if (kind === '<<<') streams.input = `${word}\n`
  else if (kind.startsWith('<<')) {
    const isQuoted = /['"\\]/.test(reading.text.slice(from, reading.at))
    streams.here.push({ delimiter: word, isQuoted, isIndented: kind === '<<-' })
  } else streams.notes.add(leftOut)
  return true
}

/** Goes by what an answer is piped into, up to the end of its line. */
export function skipPipe(reading: Reading, { notes }: Streams): void {
  const { text } = reading
  if (text[reading.at + 1] === '|') {
    refuse(reading, 'Behind || stands what a shell does where the command fails.', onlyOne)
  }
  notes.add(leftOut)
  const piece = /'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\\[\s\S]|\|\s*|#.*|[^'"\\|\n;&]+/y
  for (;;) {
    piece.lastIndex = reading.at
    const [whole] = piece.exec(text) ?? []
    if (whole === undefined) break
    reading.at += whole.length
  }
  const character = text[reading.at]
  if (character !== undefined && character !== '\n') {
    refuse(reading, 'What stands behind the pipe is more than other programs.', onlyOne)
  }
}

/** Reads the texts that were announced on the line before; the last of them is what the command is given to read. */
export function readHereDocuments(reading: Reading, streams: Streams): void {
  for (const one of streams.here) streams.input = readHereDocument(reading, one)
}

function readHereDocument(reading: Reading, document: HereDocument): string {
  const { text, at: from } = reading
  const { end, next } = findEnd(reading, document)
  const { isQuoted, isIndented } = document
  let said = ''
  while (reading.at < end) {
    const isLineStart = reading.at === from || text[reading.at - 1] === '\n'
    if (isIndented && isLineStart && text[reading.at] === '\t') {
      reading.at += 1
      // Tabs behind a tab are of the same beginning.
      while (text[reading.at] === '\t') reading.at += 1
      continue
    }
    const character = text[reading.at] ?? ''
    if (!isQuoted && (character === '$' || character === '`')) said += readExpansion(reading, '"')
    else if (!isQuoted && character === '\\') said += readEscape(reading)
    else {
      const run = /[^\\$`\n]*\n?/y
      run.lastIndex = reading.at
      const whole = isQuoted ? '' : (run.exec(text)?.[0] ?? '')
      const line = whole === '' ? text.slice(reading.at, lineEnd(text, reading.at)) : whole
      said += line
      reading.at += line.length
    }
  }
  countChars(reading, said.length)
  reading.at = next
  return said
}

/** Only before these a backslash is one that escapes. */
function readEscape(reading: Reading): string {
  const following = reading.text[reading.at + 1] ?? ''
  reading.at += 2
  if (following === '\n') return ''
  return following !== '' && '$`\\'.includes(following) ? following : `\\${following}`
}

/** Behind the end of the line. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

function findEnd(
  reading: Reading,
  { delimiter, isIndented }: HereDocument,
): { readonly end: number; readonly next: number } {
  const { text } = reading
  for (let at = reading.at; at < text.length; ) {
    const next = lineEnd(text, at)
    const line = text.slice(at, next).replace(/\n$/, '')
    if ((isIndented ? line.replace(/^\t+/, '') : line) === delimiter) return { end: at, next }
    at = next
  }
  return refuse(reading, 'The text that begins here does not end.')
}
