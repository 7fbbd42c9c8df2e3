import { Problem } from '@sallyport/contracts'
import { CommandError, printable } from './terminal.ts'

/** What a failed command says on stderr, and its exit code. */
export interface Failure {
  readonly text: string
  readonly exitCode: number
}

/** What a shell answers for a program that SIGINT ended. */
const interruptedExitCode = 130
/** EX_SOFTWARE of sysexits.h. */
const unexpectedExitCode = 70

/** One sentence for what is expected to go wrong; the stack for what is not. */
export function explainFailure(thrown: unknown): Failure {
  if (thrown instanceof Problem) {
    const next = thrown.next === undefined ? '' : ` ${thrown.next}`
    const text = printable(`${thrown.detail}${next}`)
    return { text: [text, ...furtherFaults(thrown)].join('\n'), exitCode: 1 }
  }
  if (thrown instanceof CommandError) return { text: printable(thrown.message), exitCode: 1 }
  if (!(thrown instanceof Error)) return { text: String(thrown), exitCode: unexpectedExitCode }
  if (isPromptClosed(thrown)) return { text: 'Stopped.', exitCode: interruptedExitCode }
  if ('exitCode' in thrown && typeof thrown.exitCode === 'number') {
    return { text: thrown.message, exitCode: thrown.exitCode }
  }
  if (isSystemError(thrown)) return { text: printable(explainSystem(thrown)), exitCode: 1 }
  return { text: thrown.stack ?? thrown.message, exitCode: unexpectedExitCode }
}

/** Ctrl-C and Ctrl-D in a prompt. */
const isPromptClosed = ({ name }: Error) =>
  name === 'ExitPromptError' || name === 'AbortPromptError' || name === 'CancelPromptError'

const faultsShownMax = 10

/** All arguments that are wrong, where the sentence names the first alone. */
const furtherFaults = ({ type, fields = [] }: Problem): string[] =>
  type !== 'invalid-arguments' || fields.length < 2
    ? []
    : fields
        .slice(0, faultsShownMax)
        .map(({ field, message }) => printable(`  ${field} ${message}`))

/** A file that cannot be read or written, a program that cannot be started: the message names it. */
const isSystemError = (error: Error): error is NodeJS.ErrnoException =>
  'syscall' in error && 'code' in error

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EEXIST: 'it is there already, and nothing is written over',
  ENOTDIR: 'a part of the path is a file and no folder',
  EISDIR: 'it is a folder',
  EACCES: 'you may not',
  EPERM: 'you may not',
  EROFS: 'the disk cannot be written to',
  ENOSPC: 'the disk is full',
}
const systemVerbs: Readonly<Record<string, string>> = { mkdir: 'made', open: 'opened' }

function explainSystem({ message, code = '', path, syscall = '' }: NodeJS.ErrnoException): string {
  const reason = systemReasons[code]
  const verb = systemVerbs[syscall]
  if (reason === undefined || verb === undefined || path === undefined) return `${message}.`
  return `${path} could not be ${verb}: ${reason}.`
}
