import type { Command } from 'commander'
import type { Process } from './context.ts'

/** `sallyport up`: runs the vault in this process until it is told to stop. */
export function addUpCommand(program: Command, process: Process): void {
  program
    .command('up')
    .description('Run the vault (settings come from the environment; see docs/configuration.md)')
    .action(async () => {
      // Loaded only here: the other commands need nothing of the vault.
      const { runVault } = await import('@sallyport/vault/main')
      await runVault({
        environment: process.environment,
        print: (text) => void process.streams.stdout.write(`${text}\n`),
      })
    })
}
