import { type Connection, clientAuthentications, inputCredentialKinds } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, shellWord, table } from '../terminal.ts'
import { addAccountCommands } from './connect-account.ts'
import { howToPass } from './how-to-pass.ts'
import { findConnection } from './lookup.ts'
import { createConnection, type NewConnectionOptions } from './new-connection.ts'
import { collect } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

/** `sallyport connections …`: accounts and keys, and where each may go. */
export function addConnectionCommands(program: Command, run: RunCommand): void {
  const connections = program.command('connections').description('Accounts and keys in the vault')

  addAccountCommands(connections, run)
  credentialOptions(
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
      .option('--test-url <url>', 'a GET that proves the credential'),
  ).action(
    run(async ({ terminal, settings, owner }, [options]: [NewConnectionOptions]) => {
      const connection = await createConnection(await owner(), terminal, options)
      const { id, label, origins } = connection
      terminal.answer(
        { connection },
        [
          `${id}  ${label}, for ${origins.join(' ')} alone`,
          ...(connection.credential?.kind === 'caller' ? howToPass(id) : []),
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
      run(async ({ terminal, owner, settings }, [options]: [{ cursor?: string }]) => {
        const page = await (await owner()).call('listConnections', options)
        const rows = page.connections.map((connection) => [
          connection.id,
          connection.label,
          connection.service,
          connection.status,
          inShort(connection.origins),
          connection.credential === undefined
            ? ''
            : `${connection.credential.kind} ${connection.credential.hint}`,
        ])
        const text = table(['id', 'label', 'service', 'status', 'origins', 'credential'], rows)
        const more = page.nextCursor ? [`More: --cursor ${page.nextCursor}`] : []
        const toMend = page.connections.flatMap(whatToMend(settings.urlOption))
        terminal.answer(page, [text, ...more, ...toMend].join('\n'))
      }),
    )
  addConnectionChanges(connections, run)
}

/** A list of addresses where there is room for one. */
const inShort = ([first = '', ...others]: readonly string[]) =>
  others.length === 0 ? first : `${first} and ${others.length} more`

/** Why a connection does not work, and what mends it; nothing where it works. */
const whatToMend =
  (urlOption: string) =>
  ({ label, statusReason, credential }: Connection): string[] => {
    if (statusReason === undefined) return []
    const mend =
      credential?.kind === 'oauth2'
        ? `npx sallyport connections reconnect ${shellWord(label)}${urlOption}`
        : 'give it another credential in the dashboard'
    return ['', `${label}: ${statusReason}`, `Next: ${mend}`]
  }

const credentialOptions = (command: Command) =>
  command
    .addOption(
      new Option('--kind <kind>', 'how it is put on (default: as the service takes it)').choices(
        inputCredentialKinds,
      ),
    )
    .option('--name <name>', 'the header’s, parameter’s or placeholder’s name')
    .addOption(
      new Option('--place <place>', 'for caller: where the caller’s own goes').choices([
        'header',
        'query',
        'cookie',
      ]),
    )
    .option('--prefix <prefix>', 'text before the value of a header')
    .option('--username <username>', 'for basic')
    .option(
      '--part <place>',
      'for several: header:X-Api-Key, query:key, cookie:sid, … (repeat)',
      collect,
    )
    .option('--scope <scope>', 'for what a token is asked (repeat)', collect)
    .option(
      '--app <app>',
      'for oauth2: whose refresh token it is (provider or id of the OAuth app)',
    )
    .option('--token-endpoint <url>', 'for oauth2-client-credentials')
    .option('--client-id <id>', 'for oauth2-client-credentials')
    .addOption(
      new Option('--client-authentication <method>', 'for oauth2-client-credentials').choices(
        clientAuthentications.filter((method) => method !== 'none'),
      ),
    )
    .option('--private-key-file <file>', 'for oauth2-client-credentials with private_key_jwt')
    .option('--key-id <id>', 'of that key')
    .option('--audience <audience>', 'for oauth2-client-credentials, where the server wants it')
    .option('--key-file <file>', 'for jwt-service-account: the JSON file with its key')
    .option('--subject <user>', 'for jwt-service-account: for whom it acts')
    .option('--access-key-id <id>', 'for aws-sigv4')
    .option('--session-token', 'for aws-sigv4: a session token is asked for too')
    .option('--region <region>', 'for aws-sigv4, where the host does not say it')
    .option('--aws-service <service>', 'for aws-sigv4, where the host does not say it')

function addConnectionChanges(connections: Command, run: RunCommand): void {
  connections
    .command('revoke <connection>')
    .description('Revoke a connection at once and for good (id or label)')
    .action(
      run(async ({ terminal, owner }, [wanted]: [string]) => {
        const client = await owner()
        const { id, label } = await findConnection(client, wanted)
        const answer = await client.call('revokeConnectionByOwner', { connectionId: id })
        terminal.answer(
          answer,
          [`${label} is revoked; its credential is destroyed.`, answer.atProvider?.message]
            .filter((line) => line !== undefined)
            .join('\n'),
        )
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
