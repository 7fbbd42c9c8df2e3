import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import type { RunCommand } from './run-command.ts'

type Backups = ReturnType<typeof import('@sallyport/vault/backups')['openBackups']>
type Summary = Awaited<ReturnType<Backups['check']>>

interface RestoreOptions {
  readonly check?: true
  readonly freeze?: true
}

/** `sallyport backup` and `sallyport restore`: for the vault's operator, with its environment. */
export function addBackupCommands(program: Command, run: RunCommand): void {
  program
    .command('backup <file>')
    .description(
      'Write all that the vault keeps to a new file, sealed; the vault may run meanwhile',
    )
    .action(
      run(async ({ terminal, environment }, [file]: [string]) => {
        const backups = await open(environment, terminal)
        const done = await backups.backUp(file)
        terminal.answer(done, `${describe(done)}\n${whatOpens(done)}`)
      }),
    )
  program
    .command('restore <file>')
    .description('Make a vault out of a backup, in an empty database or data directory')
    .option('--check', 'only read the backup to its end; change nothing')
    .option('--freeze', 'let no agent do anything until an owner has looked and unfrozen')
    .action(
      run(
        async ({ terminal, environment }, [file, { check, freeze }]: [string, RestoreOptions]) => {
          const backups = await open(environment, terminal)
          if (check === true) {
            const found = await backups.check(file)
            return terminal.answer(found, `${describe(found)}\nIt is whole. Nothing was changed.`)
          }
          const done = await backups.restore(file, { freezes: freeze === true })
          const frozen = freeze === true ? ' Every workspace is frozen: unfreeze it then.' : ''
          terminal.answer(
            done,
            `${describe(done)}\nIt is restored, ${done.rows ?? 0} rows. Start the vault with: sallyport up\nWhat was revoked after the backup works again: look through agents, connections and members.${frozen}`,
          )
        },
      ),
    )
}

/** Loaded only here: the other commands need nothing of the vault. */
async function open(
  environment: Readonly<Record<string, string | undefined>>,
  { note, step }: Pick<Terminal, 'note' | 'step'>,
): Promise<Backups> {
  const { openBackups } = await import('@sallyport/vault/backups')
  return openBackups(environment, {
    onProgress: note,
    onTable: (name, at) => step(`Table ${at}: ${name} …`),
  })
}

const whatOpens = ({ rootKeyId, kms }: Summary): string =>
  kms === null
    ? `It opens with the root key ${rootKeyId} alone, which is not in it: keep that key elsewhere.`
    : `It opens with the root key ${rootKeyId}, as ${kms} has encrypted it: keep that key in the KMS.`

const bytesPerMegabyte = 1_000_000

function describe({ path, createdAt, version, tables, bytes }: Summary): string {
  const size = bytes === undefined ? '' : `, ${(bytes / bytesPerMegabyte).toFixed(1)} MB`
  return `${path}: made ${createdAt} by version ${version}, ${tables} tables${size}.`
}
