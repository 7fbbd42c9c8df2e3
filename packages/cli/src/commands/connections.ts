import type { CredentialInput } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, type Terminal, table } from '../terminal.ts'
import { findConnection } from './lookup.ts'
import type { RunCommand } from './run-command.ts'

const kinds = ['bearer', 'header', 'query', 'basic', 'path'] as const

interface AddOptions {
  readonly label?: string
  readonly service: string
  readonly origin?: string[]
  readonly kind: (typeof kinds)[number]
  readonly name?: string
  readonly prefix?: string
  readonly username?: string
  readonly testUrl?: string
}

const collect = (value: string, before: string[] = []) => [...before, value]

/** `sallyport connections …`: accounts and keys, and where each may go. */
export function addConnectionCommands(program: Command, run: RunCommand): void {
  const connections = program.command('connections').description('Accounts and keys in the vault')

  connections
    .command('add')
    .description('Keep a credential; the secret is asked for, or read from stdin')
    .option('--label <label>', 'a name for people')
    .option('--service <service>', 'a service of the catalog', 'custom')
    .option(
      '--origin <origin>',
      'where it may be sent, e.g. https://api.example.com (repeat)',
      collect,
    )
    .addOption(new Option('--kind <kind>', 'how it is put on').choices(kinds).default('bearer'))
    .option('--name <name>', 'the header’s, parameter’s or placeholder’s name')
    .option('--prefix <prefix>', 'text before the value of a header')
    .option('--username <username>', 'for --kind basic')
    .option('--test-url <url>', 'a GET that proves the credential')
    .action(
      run(async ({ terminal, owner }, [options]: [AddOptions]) => {
        const client = await owner()
        const label = options.label ?? (await terminal.ask('Label', { option: '--label' }))
        const origins = options.origin ?? [
          await terminal.ask('Origin (https://api.example.com)', { option: '--origin' }),
        ]
        const answer = await client.call('createConnection', {
          label,
          service: options.service,
          origins,
          credential: await askCredential(options, terminal),
          ...(options.testUrl !== undefined && { testUrl: options.testUrl }),
        })
        terminal.answer(answer, `${answer.connection.id}  ${answer.connection.label}`)
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

async function askCredential(options: AddOptions, terminal: Terminal): Promise<CredentialInput> {
  const named = async (question: string) =>
    options.name ?? (await terminal.ask(question, { option: '--name' }))
  switch (options.kind) {
    case 'bearer':
      return { kind: 'bearer', token: await terminal.askSecret('Token') }
    case 'header': {
      const name = await named('Name of the header')
      const prefix = options.prefix === undefined ? {} : { prefix: options.prefix }
      return { kind: 'header', name, ...prefix, value: await terminal.askSecret('Value') }
    }
    case 'query': {
      const name = await named('Name of the query parameter')
      return { kind: 'query', name, value: await terminal.askSecret('Value') }
    }
    case 'basic': {
      const username =
        options.username ?? (await terminal.ask('User name', { option: '--username' }))
      return { kind: 'basic', username, password: await terminal.askSecret('Password') }
    }
    case 'path': {
      const placeholder = await named('Placeholder in the path, without braces')
      return { kind: 'path', placeholder, value: await terminal.askSecret('Value') }
    }
  }
}
