import type { Command } from 'commander'
import { type CommandContext, commandContext, type Process, type SharedOptions } from './context.ts'

/** Wraps a command's action: it gets its context and commander's arguments. */
export type RunCommand = <Args extends unknown[]>(
  action: (context: CommandContext, args: Args) => Promise<void>,
) => (...args: unknown[]) => Promise<void>

/** Makes the wrapper. Commander hands the command over as the last argument of every action. */
export function createRunCommand(process: Process): RunCommand {
  return (action) =>
    async (...args) => {
      const command = args.at(-1) as Command
      const shared = command.optsWithGlobals<SharedOptions>()
      await action(commandContext(process, shared), args as never)
    }
}
