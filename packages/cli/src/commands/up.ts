import type { Command } from 'commander'
import { serverCommand } from '../clients/mcp-server.ts'
import { defaultUrl } from '../settings.ts'
import type { Process } from './context.ts'
import { endWithoutLeftovers, outliveTerminal, whenToldToStop } from './when-told-to-stop.ts'

/** `sallyport up`: runs the vault in this process until it is told to stop. */
export function addUpCommand(program: Command, given: Process): void {
  program
    .command('up')
    .description('Run the vault (settings come from the environment; see docs/configuration.md)')
    .action(async (_options: object, command: Command) => {
      const { command: mcpCommand, args } = serverCommand({})
      const { json } = command.optsWithGlobals<{ json?: boolean }>()
      // Loaded only here: the other commands need nothing of the vault.
      const { runVault } = await import('@sallyport/vault/main')
      outliveTerminal(given.streams.stdout, given.streams.stderr)
      await runVault({
        environment: given.environment,
        mcpServer: { command: mcpCommand, args },
        announce: (ready) => {
          const text = json === true ? JSON.stringify(ready) : welcome(ready)
          given.streams.stdout.write(`${text}\n`)
        },
        stopped: whenToldToStop(process, {
          environment: given.environment,
          say: (sentence) => void given.streams.stderr.write(`sallyport: ${sentence}\n`),
          monotonicMs: () => performance.now(),
        }),
      }).finally(() => endWithoutLeftovers(process))
    })
}

/** The first line is what scripts wait for. The rest is for the first start alone. */
export function welcome({ url, setupUrl }: { url: string; setupUrl?: string }): string {
  const ready = `Sallyport is ready at ${url}`
  if (setupUrl === undefined) return ready
  const where = url === defaultUrl ? '' : ` --url ${url}`
  return [
    ready,
    '',
    `  You are its first owner: ${setupUrl}`,
    '',
    '  The page leads you on. Or, in another terminal, in this folder:',
    `    npx sallyport connect claude${where}      keep a key, and let Claude Code use it`,
    `    npx sallyport connections add${where}     keep another key`,
  ].join('\n')
}
