import { credentialKinds } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, shellWord, table } from '../terminal.ts'
import { findConnection } from './lookup.ts'
import { createConnection, type NewConnectionOptions } from './new-connection.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

/** `sallyport connections …`: accounts and keys, and where each may go. */
export function addConnectionCommands(program: Command, run: RunCommand): void {
  const connections = program.command('connections').description('Accounts and keys in the vault')

  connections
    .command('add')
    .description('Keep a credential; the secret is asked for, or read from stdin')
    .option('--label <label>', 'a name for people')
    .option('--service <service>', 'a service of the catalog, such as github (default: custom)')
    .option(
      '--origin <origin>',
      'where it may be sent, e.g. https://api.example.com (repeat; a service knows its own)',
      collect,
    )
    .addOption(
      new Option('--kind <kind>', 'how it is put on (default: bearer)').choices(credentialKinds),
    )
    .option('--name <name>', 'the header’s, parameter’s or placeholder’s name')
    .option('--prefix <prefix>', 'text before the value of a header')
    .option('--username <username>', 'for --kind basic')
    .option('--test-url <url>', 'a GET that proves the credential')
    .action(
      run(async ({ terminal, settings, owner }, [options]: [NewConnectionOptions]) => {
        const connection = await createConnection(await owner(), terminal, options)
        const { id, label, origins } = connection
        terminal.answer(
          { connection },
          [
            `${id}  ${label}, for ${origins.join(' ')} alone`,
            `Next: npx sallyport connect claude --allow ${shellWord(label)}${settings.urlOption}`,
          ].join('\n'),
        )
      }),
    )

  connections
    .command('list')
    .description('List connections, newest first')
    .option('--cursor <cursor>', 'go on after an earlier page')
    .action(
      run(async ({ terminal, owner }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listConnections', options)
        const rows = page.connections.map((connection) => [
          connection.id,
          connection.label,
          connection.service,
          connection.status,
          connection.origins.join(' '),
          connection.credential === undefined
            ? ''
            : `${connection.credential.kind} ${connection.credential.hint}`,
        ])
        const text = table(['id', 'label', 'service', 'status', 'origins', 'credential'], rows)
        terminal.answer(page, page.nextCursor ? `${text}\nMore: --cursor ${page.nextCursor}` : text)
      }),
    )
  addConnectionChanges(connections, run)
}

function addConnectionChanges(connections: Command, run: RunCommand): void {
  connections
    .command('revoke <connection>')
    .description('Revoke a connection at once and for good (id or label)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id, label } = await findConnection(client, wanted)
        const answer = await client.call('revokeConnectionByOwner', { connectionId: id })
        terminal.answer(answer, `${label} is revoked; its credential is destroyed.`)
      }),
    )

  connections
    .command('test <connection>')
    .description('Try the credential with one GET (id or label)')
    .option('--test-url <url>', 'instead of the stored one')
    .action(
      run(async ({ terminal, owner }, [wanted, options]: [string, { testUrl?: string }]) => {
        const client = await owner()
        const { id } = await findConnection(client, wanted)
        const answer = await client.call('testConnection', {
          connectionId: id,
          ...(options.testUrl !== undefined && { url: options.testUrl }),
        })
        terminal.answer(answer, answer.message)
        if (!answer.success) throw new CommandError('The test did not succeed.')
      }),
    )
}
