import type { Command } from 'commander'
import type { Process } from './context.ts'
import { endWithoutLeftovers, outliveTerminal, whenToldToStop } from './when-told-to-stop.ts'

/** `sallyport worker`: runs the jobs that replicas share in this process, until it is told to stop. */
export function addWorkerCommand(program: Command, given: Process): void {
  program
    .command('worker')
    .description('Run the jobs of a vault with several replicas (the same settings as theirs)')
    .action(async (_options: object, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>()
      // Loaded only here: the other commands need nothing of the vault.
      const { runWorker } = await import('@sallyport/vault/worker')
      outliveTerminal(given.streams.stdout, given.streams.stderr)
      await runWorker({
        environment: given.environment,
        announce: () => {
          const text = json === true ? JSON.stringify({ ready: true }) : 'Sallyport worker is ready'
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
