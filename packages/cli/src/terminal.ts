import { revealCharacters } from '@sallyport/contracts'

// What commands say and ask. Answers go to stdout, questions and failures to stderr, so that output can be piped.

/** A failure that the person at the terminal can put right: one sentence, no stack. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** What goes along with a question. */
export interface Question {
  readonly default?: string
  /** What gives the answer where nobody can be asked. */
  readonly option?: string
}

/** One of the answers to choose from. */
export interface Choice<Value> {
  readonly value: Value
  readonly name: string
  readonly description?: string
}

/** Where a command reads and writes. */
export interface Terminal {
  readonly json: boolean
  readonly interactive: boolean
  /** Prints the answer of a command: `text` for people, `value` with --json. */
  answer(value: unknown, text: string): void
  /** Says something on stderr that is not the answer. */
  note(text: string): void
  /** Says on stderr which of many steps is begun: on a terminal in the place of the one before, elsewhere the first and every tenth. */
  step(text: string): void
  /** Asks for a line. Where nobody can be asked it is the default, or a CommandError that names the option. */
  ask(question: string, given?: Question): Promise<string>
  /** Asks without showing what is typed; reads a line of stdin where that is not a terminal. */
  askSecret(question: string): Promise<string>
  /** The same for a password that is made now: typed twice, so that a slip is found before it counts. */
  askNewPassword(charsMin: number): Promise<string>
  /** Lets one be chosen. Only where `interactive`. */
  choose<Value>(question: string, choices: readonly Choice<Value>[]): Promise<Value>
}

/** The streams of the process, handed in. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** Of steps that are not said over each other, as many are one line. */
const stepsPerLine = 10
/** Goes back to the beginning of the line of a terminal, and takes away what stands there. */
export const clearLine = '\r\u001b[K'

/** What says steps on stderr, and what clears the last of them away before anything else is said. */
function createSteps(stderr: NodeJS.WriteStream) {
  const state = { said: 0, isShown: false }
  return {
    step(text: string) {
      state.said += 1
      if (stderr.isTTY === true) {
        state.isShown = true
        stderr.write(`${clearLine}${printable(text)}`)
      } else if (state.said % stepsPerLine === 1) stderr.write(`${printable(text)}\n`)
    },
    clear() {
      if (state.isShown) stderr.write(clearLine)
      state.isShown = false
    },
  }
}

/** The bound of a secret read from stdin. */
const secretCharsMax = 65_536

/** Makes a terminal of the process's streams. */
export function createTerminal(streams: Streams, { json }: { json: boolean }): Terminal {
  const { stdin, stdout, stderr } = streams
  const interactive = stdin.isTTY === true && stderr.isTTY === true
  const context = { input: stdin, output: stderr }
  const steps = createSteps(stderr)
  // Loaded with the first question: most commands ask none.
  const prompts = () => import('@inquirer/prompts')
  const readHidden = async (message: string, validate: (text: string) => true | string) =>
    (await prompts()).password({ message, mask: '•', validate }, context)
  return {
    json,
    interactive,
    answer: (value, text) => {
      steps.clear()
      stdout.write(json ? `${printableJson(value)}\n` : `${printableLines(text)}\n`)
    },
    note: (text) => {
      steps.clear()
      stderr.write(`${printableLines(text)}\n`)
    },
    step: steps.step,
    async ask(question, given = {}) {
      const preset = given.default === undefined ? {} : { default: given.default }
      if (interactive) {
        const { input } = await prompts()
        const text = await input({ message: question, required: true, ...preset }, context)
        return text.trim()
      }
      if (given.default !== undefined) return given.default
      const option = given.option ?? 'the option for it'
      throw new CommandError(`${question} is not given: use ${option}, or run it in a terminal.`)
    },
    async askSecret(question) {
      if (!interactive) return readLine(stdin, question)
      return (await readHidden(question, (text) => text.trim() !== '' || 'It is empty.')).trim()
    },
    async askNewPassword(charsMin) {
      if (!interactive) return readLine(stdin, 'Password')
      const chosen = await readHidden(
        `Choose a password (at least ${charsMin} characters)`,
        (text) => text.length >= charsMin || `At least ${charsMin} characters, please.`,
      )
      await readHidden('Once more', (text) => text === chosen || 'That is not the same.')
      return chosen
    },
    choose: async (question, choices) =>
      (await prompts()).select({ message: question, choices, pageSize: 12 }, context),
  }
}

/** The first line of stdin. What follows stays unread, so that a second secret is the second line. */
async function readLine(stdin: NodeJS.ReadStream, question: string): Promise<string> {
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
    if (text.length > secretCharsMax) throw new CommandError(`${question}: stdin is too long.`)
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
  const safe = [head, ...rows.map((row) => row.map(printable))]
  const widths = head.map((_, column) => Math.max(...safe.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return safe.map(line).join('\n')
}

const escaped = (text: string) =>
  [...text].map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join('')

/**
 * What an agent or an upstream wrote, on one line: it must neither steer the terminal nor hide anything (S-28). Each
 * character that cannot be seen, or that moves or covers others, becomes `\u{202e}`.
 */
export const printable = (text: string): string =>
  revealCharacters(text)
    .map((piece) => (piece.kind === 'text' ? piece.source : escaped(piece.source)))
    .join('')

/** The same with its lines kept. */
const printableLines = (text: string): string => text.split('\n').map(printable).join('\n')

/** JSON for a program, in which nothing steers a terminal that it is shown on: such characters are written as escapes. */
const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /(?!\n)[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu,
    (character) =>
      Array.from(
        { length: character.length },
        (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
      ).join(''),
  )

/** A word as a shell takes it. */
export const shellWord = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
