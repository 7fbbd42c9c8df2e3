import { type SqlDialect, sqlDialects } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, printable, type Terminal } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { askValue } from './secret-value.ts'
import { secretsFromFile } from './secrets-from-file.ts'
import { findSource } from './server-lookups.ts'
import { describeCheck, describeSource } from './show-source.ts'
import { readStatements } from './source-statements.ts'

interface Settings {
  readonly title?: string
  readonly description?: string
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly path?: string
  readonly user?: string
  readonly tls?: 'require' | 'off'
  readonly query?: boolean
  readonly schemaTools?: boolean
  readonly rowsMax?: number
  readonly timeout?: number
  readonly bytesMax?: number
  readonly secretFile?: string
  readonly password?: boolean
}

interface AddOptions extends Settings {
  readonly statements?: string
  readonly test?: boolean
}

interface EditOptions extends Settings {
  readonly name?: string
}

/** `sources add` and `sources edit`. */
export function addSourceSettingCommands(sources: Command, run: RunCommand): void {
  withSettings(
    sources
      .command('add <name>')
      .argument('<dialect>', `one of ${sqlDialects.join(', ')}`)
      .argument('[where]', 'host[:port]/database, or the path of a SQLite file')
      .description('Keep the sign-in to a database; its password is asked for'),
  )
    .option('--no-password', 'for a server that asks for none')
    .option('--statements <file>', 'YAML or JSON with the statements that are its tools')
    .option('--test', 'only try it, and keep nothing')
    .action(
      run((context, [name, dialect, where, options]: [string, string, string, AddOptions]) =>
        addSource(context, { name, dialect, where, options }),
      ),
    )

  withSettings(
    sources
      .command('edit <source>')
      .description('Change what is named and keep the rest, the password too (id or name)'),
  )
    .option('--name <name>', 'another name')
    .option('--host <host>', 'another server')
    .option('--port <port>', 'another port', readCount)
    .option('--database <database>', 'another database of the server')
    .option('--path <path>', 'another SQLite file')
    .option('--password', 'another password, which is asked for; brings back what was revoked')
    .option('--no-password', 'sign in without one from now on; brings back what was revoked')
    .option('--no-query', 'no free queries')
    .option('--no-schema-tools', 'no tools for its schema')
    .action(
      run((context, [wanted, options]: [string, EditOptions]) =>
        editSource(context, wanted, options),
      ),
    )
}

const withSettings = (command: Command): Command =>
  command
    .option('--title <title>', 'a name for people')
    .option('--description <text>', 'what is in it')
    .option('--user <user>', 'who signs in')
    .addOption(
      new Option('--tls <tls>', 'require (unless given), or off in the operator’s ranges').choices([
        ...['require', 'off'],
      ]),
    )
    .option('--query', 'a tool for SELECTs of the model’s own: parsed, read-only, bounded')
    .option('--schema-tools', 'the tools list_tables and describe_table')
    .option('--rows-max <n>', 'of one answer (1000 unless given)', readCount)
    .option('--bytes-max <n>', 'of one answer (1 MiB unless given)', readCount)
    .option('--timeout <seconds>', 'of one call (30 unless given)', readCount)
    .option('--secret-file <file>', 'a file with the password, in place of being asked for it')

const plainSettings = (options: Settings) => ({
  ...(options.title !== undefined && { title: options.title }),
  ...(options.description !== undefined && { description: options.description }),
  ...(options.user !== undefined && { user: options.user }),
  ...(options.tls !== undefined && { tls: options.tls }),
  ...(options.query !== undefined && { query: options.query }),
  ...(options.schemaTools !== undefined && { schemaTools: options.schemaTools }),
  ...(options.rowsMax !== undefined && { rowsMax: options.rowsMax }),
  ...(options.bytesMax !== undefined && { bytesMax: options.bytesMax }),
  ...(options.timeout !== undefined && { timeoutSeconds: options.timeout }),
})

interface Adding {
  readonly name: string
  readonly dialect: string
  readonly where: string | undefined
  readonly options: AddOptions
}

async function addSource(context: CommandContext, adding: Adding): Promise<void> {
  const { terminal, settings } = context
  const { name, options } = adding
  const dialect = readDialect(adding.dialect)
  const place = await readPlace(terminal, dialect, adding.where)
  const tools = options.statements === undefined ? [] : readStatements(options.statements)
  const client = await context.owner()
  const login = await readLogin(terminal, dialect, options)
  const { tls } = options
  if (options.test === true) {
    const writes = tools.some((tool) => tool.writes === true)
    const tried = await client.call('testSourceDraft', {
      ...{ dialect, ...place, ...login, writes },
      ...(tls !== undefined && { tls }),
    })
    terminal.answer(tried, describeCheck(tried.check))
    if (!tried.check.ok) throw new CommandError('The test did not succeed.')
    return
  }
  const answer = await context.withFreshSignIn((asked) =>
    asked.call('createSource', {
      ...{ name, dialect, ...place },
      ...plainSettings(options),
      ...login,
      ...(tools.length > 0 && { tools }),
    }),
  )
  const { source, notes } = answer
  terminal.answer(
    answer,
    [
      describeSource(source, source.tools),
      ...notes.map((note) => `Note: ${printable(note)}`),
      ...(source.toolCount === 0
        ? [`Next: npx sallyport sources statements ${name} <file>${settings.urlOption}`]
        : [
            'No agent has any of it yet.',
            `Next: npx sallyport grant ${name} --agent <agent>${settings.urlOption}`,
          ]),
    ].join('\n'),
  )
}

function readDialect(text: string): SqlDialect {
  const plain = text.replace(/^postgresql$/, 'postgres').replace(/^mariadb$/, 'mysql')
  const dialect = sqlDialects.find((one) => one === plain)
  if (dialect !== undefined) return dialect
  throw new CommandError(`${text} is none of ${sqlDialects.join(', ')}.`)
}

/** `db.example.com:5432/shop`, or a path; asked for where it is not given. */
async function readPlace(terminal: Terminal, dialect: SqlDialect, where: string | undefined) {
  const isFile = dialect === 'sqlite'
  const question = isFile ? 'The path of the file' : 'Where is it, as host:port/database'
  const text = where ?? (await terminal.ask(question, { option: 'it as the last argument' }))
  if (isFile) return { path: text }
  if (/^[a-z]+:\/\/|@/i.test(text)) {
    throw new CommandError(
      'It is host:port/database alone: --user says who signs in, and the password is asked for.',
    )
  }
  const [, host, port, database] = /^(\[[^\]]+\]|[^:/]+)(?::(\d{1,5}))?\/(.+)$/s.exec(text) ?? []
  if (host === undefined || database === undefined) {
    throw new CommandError(`${text} is not host:port/database.`)
  }
  return { host, database, ...(port !== undefined && { port: Number(port) }) }
}

async function readLogin(terminal: Terminal, dialect: SqlDialect, options: AddOptions) {
  if (dialect === 'sqlite') return {}
  const user = options.user ?? (await terminal.ask('Who signs in', { option: '--user' }))
  if (options.password === false) return { user }
  const secrets = secretsFromFile(terminal, options.secretFile)
  return { user, password: await askValue(secrets, `Password of ${user}`) }
}

async function editSource(
  context: CommandContext,
  wanted: string,
  options: EditOptions,
): Promise<void> {
  const { terminal } = context
  const client = await context.owner()
  const { id: sourceId, user } = await findSource(client, wanted)
  const { name, host, port, database, path } = options
  const changesPassword =
    options.password === true || (options.secretFile !== undefined && options.password !== false)
  const secrets = secretsFromFile(terminal, options.secretFile)
  const changes = {
    ...plainSettings(options),
    ...(name !== undefined && { name }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(database !== undefined && { database }),
    ...(path !== undefined && { path }),
    ...(options.password === false && { password: null }),
    ...(changesPassword && {
      password: await askValue(secrets, `Password of ${options.user ?? user ?? 'it'}`),
    }),
  }
  if (Object.keys(changes).length === 0) {
    throw new CommandError('What is to change? Add --help to see what can be.')
  }
  const answer = await context.withFreshSignIn((asked) =>
    asked.call('updateSource', { sourceId, ...changes }),
  )
  const { source, notes } = answer
  terminal.answer(
    answer,
    [describeSource(source, source.tools), ...notes.map((note) => `Note: ${printable(note)}`)].join(
      '\n',
    ),
  )
}
