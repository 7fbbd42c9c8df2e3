import { CommandError, type Terminal } from '../terminal.ts'
import type { Process } from './context.ts'

/**
 * The value of a variable of this command’s own environment that somebody named. Throws CommandError where it is not there: what
 * is empty was most likely not exported.
 */
export function readNamedEnvironment(environment: Process['environment'], name: string): string {
  const value = environment[name]
  if (value !== undefined && value !== '') return value
  throw new CommandError(`--from-env ${name}: there is no such variable in this environment.`)
}

/** Asks for a value that is sealed; what nobody gave is said by its name. */
export async function askValue(terminal: Terminal, question: string): Promise<string> {
  const value = await terminal.askSecret(question)
  if (value !== '') return value
  throw new CommandError(`${question}: nothing was given.`)
}
