import type { Command } from 'commander'
import type { Process } from './commands/context.ts'
import { addUpCommand } from './commands/up.ts'
import { addWorkerCommand } from './commands/worker.ts'
import { createEmptyProgram } from './empty-program.ts'

const serverCommands = ['up', 'worker']

/** Whether these arguments start a server: it needs none of the code of the commands that ask one. */
export const startsServer = ([command]: readonly string[]): boolean =>
  command !== undefined && serverCommands.includes(command)

/** Builds `sallyport` with nothing but the commands that start a server: quicker to load. */
export function createServerProgram(process: Process, version: string): Command {
  const program = createEmptyProgram(process, version)
  addUpCommand(program, process)
  addWorkerCommand(program, process)
  return program
}
