import { once } from 'node:events'
import type { Command } from 'commander'
import type { Process } from './context.ts'

/** `sallyport up`: runs the vault in this process until it is told to stop. */
export function addUpCommand(program: Command, given: Process): void {
  program
    .command('up')
    .description('Run the vault (settings come from the environment; see docs/configuration.md)')
    .action(async () => {
      // Loaded only here: the other commands need nothing of the vault.
      const { runVault } = await import('@sallyport/vault/main')
      await runVault({
        environment: given.environment,
        print: (text) => void given.streams.stdout.write(`${text}\n`),
        stopped: Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]),
      })
    })
}
