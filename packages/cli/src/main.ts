import { Problem } from '@sallyport/contracts'
import { CommanderError } from 'commander'
import { createProgram } from './program.ts'
import { CommandError } from './terminal.ts'

// The entry point of `sallyport`: the process goes in, an exit code comes out.

declare const SALLYPORT_VERSION: string

async function main(): Promise<number> {
  const { env, stdin, stdout, stderr } = process
  const streams = { stdin, stdout, stderr }
  const program = createProgram(
    { environment: env, streams, directory: process.cwd() },
    SALLYPORT_VERSION,
  )
  try {
    await program.parseAsync(process.argv)
    return 0
  } catch (thrown) {
    return explain(thrown, stderr)
  }
}

/** One sentence on stderr for what is expected to go wrong; the stack for what is not. */
function explain(thrown: unknown, stderr: NodeJS.WriteStream): number {
  if (thrown instanceof CommanderError) return thrown.exitCode
  if (thrown instanceof Problem) {
    stderr.write(
      `sallyport: ${thrown.detail}${thrown.next === undefined ? '' : ` ${thrown.next}`}\n`,
    )
    return 1
  }
  if (thrown instanceof Error && 'exitCode' in thrown && typeof thrown.exitCode === 'number') {
    stderr.write(`sallyport: ${thrown.message}\n`)
    return thrown.exitCode
  }
  if (thrown instanceof CommandError || isPromptClosed(thrown)) {
    stderr.write(`sallyport: ${thrown.message}\n`)
    return 1
  }
  stderr.write(
    `sallyport: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
  )
  return 70
}

const isPromptClosed = (thrown: unknown): thrown is Error =>
  thrown instanceof Error && thrown.name === 'ExitPromptError'

process.exitCode = await main()
