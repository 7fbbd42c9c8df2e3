import type { Client } from '@sallyport/sdk'
import { withFreshSignIn } from '../fresh-sign-in.ts'
import { openTerminal } from '../open-terminal.ts'
import { readSettings, type Settings } from '../settings.ts'
import { ownerClient } from '../sign-in.ts'
import { createTerminal, type Streams, type Terminal } from '../terminal.ts'

/** What the process gives to the commands. */
export interface Process {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly streams: Streams
  readonly directory: string
}

/** What a command runs with. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly settings: Settings
  readonly streams: Streams
  /** The command’s own environment, out of which nothing is taken but what an option names. */
  readonly environment: Process['environment']
  /** Runs the rest once stdin was read: where a person is at the terminal, questions go there. */
  afterStdin(rest: (context: CommandContext) => Promise<void>): Promise<void>
  /** Signs in where that is needed. */
  owner(): Promise<Client>
  /** Makes a call; where the vault wants a sign-in of the last minutes for it, asks for one and makes it again. */
  withFreshSignIn<Answer>(call: (client: Client) => Promise<Answer>): Promise<Answer>
}

/** The options that every command takes. */
export interface SharedOptions {
  readonly json?: boolean
  readonly url?: string
}

/** Makes a command's context of what the process gives and the shared options. */
export function commandContext(process: Process, options: SharedOptions): CommandContext {
  const terminal = createTerminal(process.streams, { json: options.json === true })
  const settings = readSettings(process.environment, options.url)
  const { streams } = process
  const owner = () => ownerClient(settings, terminal)
  const context: CommandContext = {
    terminal,
    settings,
    streams,
    environment: process.environment,
    async afterStdin(rest) {
      const stdin = streams.stderr.isTTY === true ? openTerminal() : undefined
      if (stdin === undefined) return rest(context)
      try {
        await rest(commandContext({ ...process, streams: { ...streams, stdin } }, options))
      } finally {
        // It would be read on for ever.
        stdin.destroy()
      }
    },
    owner,
    withFreshSignIn: async (call) => withFreshSignIn(await owner(), { settings, terminal, call }),
  }
  return context
}
