import { input, password } from '@inquirer/prompts'

// What commands say and ask. Answers go to stdout, questions and failures to stderr, so that output can be piped.

/** A failure that the person at the terminal can put right: one sentence, no stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** Where a command reads and writes. */
export interface Terminal {
  readonly json: boolean
  readonly interactive: boolean
  /** Prints the answer of a command: `text` for people, `value` with --json. */
  answer(value: unknown, text: string): void
  /** Says something on stderr that is not the answer. */
  note(text: string): void
  ask(question: string, given?: { default?: string; option?: string }): Promise<string>
  /** Asks without showing what is typed; reads stdin where that is not a terminal. */
  askSecret(question: string): Promise<string>
}

/** The streams of the process, handed in. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** The bound of a secret read from stdin. */
const secretBytesMax = 65_536

/** Makes a terminal of the process's streams. */
export function createTerminal(streams: Streams, { json }: { json: boolean }): Terminal {
  const interactive = streams.stdin.isTTY === true && streams.stderr.isTTY === true
  const context = { output: streams.stderr }
  return {
    json,
    interactive,
    answer: (value, text) => {
      streams.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`)
    },
    note: (text) => void streams.stderr.write(`${text}\n`),
    async ask(question, given = {}) {
      if (interactive) {
        return input(
          { message: question, ...(given.default !== undefined && { default: given.default }) },
          context,
        )
      }
      if (given.default !== undefined) return given.default
      const option = given.option ?? 'the option for it'
      throw new CommandError(`${question} is not given: use ${option}, or run it in a terminal.`)
    },
    async askSecret(question) {
      if (interactive) return password({ message: question, mask: '•' }, context)
      return readStdin(streams.stdin, question)
    },
  }
}

/** The first line of stdin. What follows stays unread, so that a second secret is the second line. */
async function readStdin(stdin: NodeJS.ReadStream, question: string): Promise<string> {
  let text = ''
  for (;;) {
    const chunk = await nextChunk(stdin)
    if (chunk === undefined) break
    text += chunk
    const end = text.indexOf('\n')
    if (end >= 0) {
      const rest = text.slice(end + 1)
      if (rest !== '') stdin.unshift(Buffer.from(rest))
      return text.slice(0, end).replace(/\r$/, '')
    }
    if (text.length > secretBytesMax) throw new CommandError(`${question}: stdin is too long.`)
  }
  if (text !== '') return text
  throw new CommandError(`${question}: nothing came on stdin. Pipe it in, or run it in a terminal.`)
}

function nextChunk(stdin: NodeJS.ReadStream): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const take = () => {
      const chunk: unknown = stdin.read()
      if (chunk === null) return
      stop()
      resolve(String(chunk))
    }
    const end = () => {
      stop()
      resolve(undefined)
    }
    const fail = (error: Error) => {
      stop()
      reject(error)
    }
    const stop = () => {
      stdin.off('readable', take).off('end', end).off('error', fail)
    }
    if (stdin.readableEnded) {
      resolve(undefined)
      return
    }
    stdin.on('readable', take).on('end', end).on('error', fail)
    take()
  })
}

/** Lays rows out in columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '(none)'
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].map(printable).join('\n')
}

/** What an agent or an upstream wrote must not steer the terminal. */
export const printable = (text: string) =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
