import { CommanderError } from 'commander'
import type { Process } from './commands/context.ts'
import { explainFailure } from './explain-failure.ts'
import { createServerProgram, startsServer } from './server-program.ts'
import { clearLine } from './terminal.ts'

declare const SALLYPORT_VERSION: string

/** Runs one command and resolves with its exit code; what failed is said in one sentence on stderr. `args` stand after its name. */
export async function runCommand(process: Process, args: readonly string[]): Promise<number> {
  const { stdin, stderr } = process.streams
  try {
    const createProgram = startsServer(args)
      ? createServerProgram
      : (await import('./program.ts')).createProgram
    await createProgram(process, SALLYPORT_VERSION).parseAsync(args, { from: 'user' })
    return 0
  } catch (thrown) {
    // Commander has printed its own.
    if (thrown instanceof CommanderError) return thrown.exitCode
    const { text, exitCode } = explainFailure(thrown)
    // What it was at may stand there, without an end.
    stderr.write(`${stderr.isTTY === true ? clearLine : ''}sallyport: ${text}\n`)
    return exitCode
  } finally {
    // A pipe that its writer keeps open must not keep this process.
    stdin.unref?.()
  }
}
