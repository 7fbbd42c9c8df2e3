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
    return { text: printable(`${thrown.detail}${next}`), exitCode: 1 }
  }
  if (thrown instanceof CommandError) return { text: printable(thrown.message), exitCode: 1 }
  if (!(thrown instanceof Error)) return { text: String(thrown), exitCode: unexpectedExitCode }
  if (isPromptClosed(thrown)) return { text: 'Stopped.', exitCode: interruptedExitCode }
  if ('exitCode' in thrown && typeof thrown.exitCode === 'number') {
    return { text: thrown.message, exitCode: thrown.exitCode }
  }
  if (isSystemError(thrown)) return { text: `${thrown.message}.`, exitCode: 1 }
  return { text: thrown.stack ?? thrown.message, exitCode: unexpectedExitCode }
}

/** Ctrl-C and Ctrl-D in a prompt. */
const isPromptClosed = ({ name }: Error) =>
  name === 'ExitPromptError' || name === 'AbortPromptError' || name === 'CancelPromptError'

/** A file that cannot be read or written, a program that cannot be started: the message names it. */
const isSystemError = (error: Error) => 'syscall' in error && 'code' in error
