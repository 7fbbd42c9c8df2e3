// MCP over the standard input and output of a program: one JSON message a line.
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { Problem } from '@sallyport/contracts'
import type { OpenConfig } from './live-upstream.ts'
import type { Program, ProgramEnd, ProgramSpec, StartProgram } from './program.ts'
import { upstreamProblem } from './upstream-problem.ts'

/** What a client needs of a transport besides carrying messages. */
export interface UpstreamTransportHandle extends Transport {
  /** Told once, when the connection cannot go on. */
  onfail?: (why: Problem) => void
  /** What the program wrote last to its standard error, redacted. */
  stderrTail(): string
}

/** Code of an answer that the vault puts in the place of one that was longer than it takes. */
export const tooLongCode = -32_091
/** Of what a program wrote to its standard error: shown is its end. */
const stderrCharsMax = 8 * 1024
/** Lines that are no JSON message: some programs greet on the wrong stream, and none needs more than this. */
const garbageLinesMax = 200
/** Empty ones in a row that are nothing. */
const emptyLinesMax = 1_000

/** Makes the transport; the program starts with `start`. */
export function createProgramTransport(options: {
  readonly config: OpenConfig
  readonly startProgram: StartProgram
  readonly lineBytesMax: number
}): UpstreamTransportHandle & { readonly pid: number | null; readonly stderr: null } {
  const { config, startProgram, lineBytesMax } = options
  let program: Program | undefined
  let closing: Promise<void> | undefined
  let garbageLines = 0
  let emptyLines = 0
  let isEnded = false

  function onLine(line: string): void {
    // What came with the line that was too much is not looked at.
    if (garbageLines > garbageLinesMax) return
    const isEmpty = line.trim() === ''
    const message = isEmpty ? undefined : readMessage(line)
    emptyLines = isEmpty ? emptyLines + 1 : 0
    if (message !== undefined) transport.onmessage?.(message)
    else if (!isEmpty || emptyLines > emptyLinesMax) garbageLines += 1
    if (garbageLines > garbageLinesMax) void program?.close(noMcp())
  }
  function onEnd(end: ProgramEnd): void {
    if (isEnded) return
    isEnded = true
    if (closing === undefined) transport.onfail?.(end.because ?? ended(end, transport.stderrTail()))
    transport.onclose?.()
  }

  const transport: UpstreamTransportHandle & {
    readonly pid: number | null
    readonly stderr: null
  } = {
    // The SDK takes a transport with these two for one of a program, which may be silent on what it does not know.
    get pid() {
      return program?.pid ?? null
    },
    stderr: null,
    stderrTail: () => config.redact(program?.stderrTail() ?? '').slice(-stderrCharsMax),
    async start() {
      const { serverId, command, args, env, cwd, permission } = config
      const spec: ProgramSpec = { serverId, command, args, env, cwd, permission, lineBytesMax }
      const started = await startProgram(spec, {
        onLine,
        onEnd,
        onLongLine(edges) {
          const id = idOf(edges)
          if (id === undefined) void started.close(tooLong())
          else transport.onmessage?.(tooLongAnswer(id))
        },
      })
      program = started
      if (closing !== undefined) await started.close()
    },
    async send(message) {
      if (program === undefined) throw notStarted()
      program.write(JSON.stringify(message))
    },
    close() {
      closing ??= (async () => {
        await program?.close()
        if (!isEnded) {
          isEnded = true
          transport.onclose?.()
        }
      })()
      return closing
    },
  }
  return transport
}

function readMessage(line: string): JSONRPCMessage | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isMessage(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isMessage(value: unknown): value is JSONRPCMessage {
  return typeof value === 'object' && value !== null && Reflect.get(value, 'jsonrpc') === '2.0'
}

/** The id of an answer is its first member, its second or its last one, as everybody writes it. */
function idOf({ head, tail }: { head: string; tail: string }): number | undefined {
  const found =
    /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/.exec(head) ??
    /,\s*"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/.exec(tail)
  return found?.[1] === undefined ? undefined : Number(found[1])
}

function tooLongAnswer(id: number): JSONRPCMessage {
  return { jsonrpc: '2.0', id, error: { code: tooLongCode, message: 'too long' } }
}

function ended({ status }: ProgramEnd, said: string): Problem {
  const how =
    typeof status === 'number'
      ? `ended with status ${status}`
      : status === undefined
        ? 'ended'
        : `was ended by ${status}`
  const last = lastWords(said).slice(0, 300)
  // What a shell says that could not become the program: not executable, not found.
  const couldNotRun = status === 126 || status === 127
  return upstreamProblem(couldNotRun ? 'spawn' : 'connect', 'upstream-unreachable', {
    detail:
      `The program of the server ${how}${last === '' ? '' : `; it said last: ${last}`}`.replace(
        /(?<![.?!])$/,
        '.',
      ),
    next: couldNotRun
      ? 'The operator looks whether the user that runs programs may read and execute it.'
      : 'The owner looks at what the program says, and at its command, arguments and environment.',
  })
}

/** What says least though it comes last: Node's version after a stack, brackets, and where npm keeps its log. */
const trailing = /^(?:Node\.js v\d|[\s)\]}]*$|npm (?:error|ERR!) *(?:$|A complete log of this run))/

/** The last line that says something: neither that nor indented, as stacks are. The very last one where there is no other. */
function lastWords(said: string): string {
  const lines = said.trimEnd().split('\n')
  return (
    lines.findLast((line) => !/^\s/.test(line) && !trailing.test(line)) ??
    lines.at(-1) ??
    ''
  ).trim()
}

const tooLong = () =>
  upstreamProblem('connect', 'response-too-large', {
    detail: 'The program of the server wrote a line that is longer than is taken.',
    next: 'Whoever wrote the program puts it right.',
  })

const noMcp = () =>
  upstreamProblem('connect', 'upstream-invalid-response', {
    detail: 'The program of the server writes what is no MCP message to its standard output.',
    next: 'Whoever wrote the program lets it write to its standard error; or the command is not that of a server.',
  })

const notStarted = () =>
  new Problem('upstream-unreachable', 'The program of the server has not been started.')
