import type { Command } from 'commander'
import { CommandError, type Terminal } from '../terminal.ts'
import type { RunCommand } from './run-command.ts'

type Keys = Awaited<ReturnType<typeof import('@sallyport/vault/keys')['openKeys']>>
type Status = Awaited<ReturnType<Keys['status']>>

/** `sallyport keys`: what an operator does to keys, with the environment of the vault; it may run meanwhile. */
export function addKeyCommands(program: Command, run: RunCommand): void {
  const keys = program
    .command('keys')
    .description('Look after the keys of the vault; for its operator, with its environment')
  keys
    .command('status')
    .description(
      'Show which root keys, workspace keys and secrets there are, and what each is needed for',
    )
    .action(
      run(async ({ terminal, environment }) => {
        const status = await withKeys(environment, (opened) => opened.status())
        terminal.answer(status, describeStatus(status))
      }),
    )
  addRotations(keys, run)
  keys
    .command('audit-key <workspace>')
    .description('Print the keys that prove each audit record of a workspace, for `audit verify`')
    .action(
      run(async ({ terminal, environment }, [workspaceId]: [string]) => {
        const key = await withKeys(environment, (opened) => opened.auditKey(workspaceId))
        terminal.answer({ workspaceId, key }, key)
      }),
    )
}

function addRotations(keys: Command, run: RunCommand): void {
  const rotate = keys.command('rotate').description('Replace a key while the vault runs')
  rotate
    .command('root')
    .description('Replace the root key: everything that it wraps is wrapped anew')
    .action(
      run(async ({ terminal, environment }) => {
        const done = await withKeys(environment, (opened) => opened.rotateRoot(tell(terminal)))
        const sentence = done.wasDone
          ? `The root key is ${done.to} already.`
          : `The root key is ${done.to} now; nothing needs ${done.from} any more.`
        terminal.answer(done, `${sentence} ${done.next}`)
      }),
    )
  addSecretRotation(rotate, run)
  rotate
    .command('workspace')
    .description('Replace the key of a workspace: everything in it is sealed anew')
    .option('--workspace <id>', 'the one workspace')
    .option('--all', 'every workspace')
    .action(
      run(async ({ terminal, environment }, [options]: [{ workspace?: string; all?: true }]) => {
        const { workspace, all } = options
        if ((workspace === undefined) === (all === undefined)) {
          throw new CommandError('Say which: --workspace <id>, or --all.')
        }
        const ids = workspace === undefined ? undefined : [workspace]
        const done = await withKeys(environment, (opened) =>
          opened.rotateWorkspaces(ids, tell(terminal)),
        )
        terminal.answer(done, done.map(describeRotation).join('\n'))
        if (done.some(({ left }) => left.length > 0)) {
          throw new CommandError('Something is still sealed under an older key; that key was kept.')
        }
      }),
    )
}

function addSecretRotation(rotate: Command, run: RunCommand): void {
  rotate
    .command('secrets')
    .description('Replace the secrets with which audit logs and their checkpoints are made')
    .action(
      run(async ({ terminal, environment }) => {
        const done = await withKeys(environment, (opened) => opened.rotateSecrets())
        const { to, chains, broken } = done
        const sentence = `Version ${to} of the audit log’s keys is in use; ${chains} logs went over to it. Export them, or note the new public key that an export names: from now on that is the one to trust.`
        terminal.answer(done, sentence)
        if (broken.length > 0) {
          throw new CommandError(
            `These workspaces’ logs had been changed from outside, and take no more entries: ${broken.join(', ')}.`,
          )
        }
      }),
    )
}

const tell = (terminal: Terminal) => (sentence: string) => terminal.note(sentence)

/** Loaded only here: the other commands need nothing of the vault. */
async function withKeys<T>(
  environment: Readonly<Record<string, string | undefined>>,
  work: (keys: Keys) => Promise<T>,
): Promise<T> {
  const { openKeys } = await import('@sallyport/vault/keys')
  const keys = await openKeys(environment)
  try {
    return await work(keys)
  } finally {
    await keys.close()
  }
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

function describeStatus({ rootKeys, workspaces, secrets, vaults }: Status): string {
  return [
    ...rootKeys.map(
      ({ id, isCurrent, isKnown, kms, workspaceKeys, secrets }) =>
        `root key ${id}${isCurrent ? ', current' : ''}${kms === null ? '' : `, ${kms}`}${isKnown ? '' : ', not here'}: wraps ${counted(workspaceKeys, 'workspace key')} and ${counted(secrets, 'secret')}`,
    ),
    ...workspaces.flatMap(({ id, name, keys }) =>
      keys.map(
        ({ version, rows }) => `${id} (${name}), key ${version}: seals ${counted(rows, 'value')}`,
      ),
    ),
    ...secrets.map(
      ({ purpose, version, older }) =>
        `secret ${purpose}: version ${version}${older.length === 0 ? '' : `; ${older.join(', ')} kept to prove older records`}`,
    ),
    vaults.length === 1 ? '1 vault runs' : `${vaults.length} vaults run`,
    ...vaults.map(({ id, rootKeyIds }) => `vault ${id}: has ${rootKeyIds.join(', ')}`),
  ].join('\n')
}

function describeRotation(done: Awaited<ReturnType<Keys['rotateWorkspaces']>>[number]): string {
  const { workspaceId, version, resealed, left, unreadable } = done
  if (version === 0) return `${workspaceId}: it has no key yet.`
  const kept = left.length === 0 ? '' : ` Older keys that are still needed: ${left.join(', ')}.`
  const damaged = unreadable.map((place) => `\n  does not open: ${place}`).join('')
  return `${workspaceId}: key ${version} is in use, ${resealed} values were sealed anew.${kept}${damaged}`
}
