import type { CallOf, createMcpServer, McpServer, McpServerTried } from '@sallyport/contracts'
import { type Command, Option } from 'commander'
import { CommandError, printable, shellWord, type Terminal } from '../terminal.ts'
import type { CommandContext } from './context.ts'
import { collect, readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'
import { askValue } from './secret-value.ts'
import { secretsFromFile } from './secrets-from-file.ts'
import { faultOfCommand, findServer } from './server-lookups.ts'
import { describeServer, howItIs } from './show-server.ts'

interface Settings {
  readonly transport?: 'stdio' | 'streamable_http' | 'sse' | 'http'
  readonly description?: string
  readonly header?: string[]
  readonly env?: string[]
  readonly cwd?: string
  readonly permission?: 'workspace' | 'full'
  readonly package?: string
  readonly connectTimeout?: number
  readonly readTimeout?: number
  readonly perAgent?: boolean
  readonly secretFile?: string
}

interface AddOptions extends Settings {
  readonly disabled?: boolean
  readonly test?: boolean
}

interface EditOptions extends Settings {
  readonly name?: string
  readonly url?: string
  readonly command?: string
  readonly arg?: string[]
  readonly removeHeader?: string[]
  readonly removeEnv?: string[]
}

/** `servers add` and `servers edit`. */
export function addServerSettingCommands(servers: Command, run: RunCommand): void {
  withSettings(
    servers
      .command('add <name> [url-or-command...]')
      .description('Keep one and connect to it: a URL, or a command with its words after --'),
  )
    .option('--disabled', 'keep it, and do not connect yet')
    .option('--test', 'only try it, and keep nothing')
    .addHelpText('after', addHelp)
    .action(
      run((context, [name, words, options]: [string, string[], AddOptions]) =>
        addServer(context, { name, words, options }),
      ),
    )

  withSettings(
    servers
      .command('edit <server>')
      .description('Change what is named and keep the rest, secrets too (id or name)'),
  )
    .option('--name <name>', 'another name')
    .option('--url <url>', 'of streamable_http and sse')
    .option('--command <command>', 'of stdio')
    .option('--arg <word>', 'in place of all words after the command (repeat)', collect)
    .option('--remove-header <name>', 'take it away (repeat)', collect)
    .option('--remove-env <name>', 'take it away (repeat)', collect)
    .option('--no-per-agent', 'one process for all agents')
    .action(
      run((context, [wanted, options]: [string, EditOptions]) =>
        editServer(context, wanted, options),
      ),
    )
}

const addHelp = `
Examples:
  sallyport servers add context7 https://mcp.context7.com/mcp --header CONTEXT7_API_KEY
  sallyport servers add files -- npx -y @modelcontextprotocol/server-filesystem .

Values of headers and of the environment are asked for, or read from stdin, a line each. What refers to
variables alone may stand here: --header 'Authorization=Bearer \${TOKEN}'.`

const withSettings = (command: Command): Command =>
  command
    .addOption(
      new Option('--transport <transport>', 'where the URL does not say it').choices([
        ...['stdio', 'streamable_http', 'sse', 'http'],
      ]),
    )
    .option('--description <text>', 'what it is for')
    .option('--header <name>', 'a header, whose value is asked for (repeat)', collect)
    .option('--env <name>', 'of its environment; the value is asked for (repeat)', collect)
    .option('--cwd <directory>', 'where its program works, within a folder of its own')
    .addOption(
      new Option('--permission <permission>', 'full: --cwd may be any folder').choices([
        ...['workspace', 'full'],
      ]),
    )
    .option('--package <package>', 'what its command was installed from')
    .option('--connect-timeout <seconds>', '30 unless given', readCount)
    .option('--read-timeout <seconds>', '30 unless given', readCount)
    .option('--per-agent', 'a process of its own for each agent')
    .option('--secret-file <file>', 'the values, a line each, in place of being asked for them')

/** What of the settings is the same for a new server and for one that is there. */
const plainSettings = (options: Settings) => ({
  ...(options.description !== undefined && { description: options.description }),
  ...(options.cwd !== undefined && { cwd: options.cwd }),
  ...(options.permission !== undefined && { permission: options.permission }),
  ...(options.package !== undefined && { package: options.package }),
  ...(options.connectTimeout !== undefined && { connectTimeoutSeconds: options.connectTimeout }),
  ...(options.readTimeout !== undefined && { readTimeoutSeconds: options.readTimeout }),
  ...(options.perAgent !== undefined && { perAgent: options.perAgent }),
})

interface Adding {
  readonly name: string
  readonly words: readonly string[]
  readonly options: AddOptions
}

async function addServer(context: CommandContext, { name, words, options }: Adding): Promise<void> {
  const { terminal, settings, withFreshSignIn } = context
  const client = await context.owner()
  const way = readWay(words, options.transport)
  // Before a secret is asked for in vain.
  const fault =
    way.transport === 'stdio' ? await faultOfCommand(client, way.command ?? '') : undefined
  if (fault !== undefined) throw new CommandError(fault)
  const input: CallOf<typeof createMcpServer> = {
    ...{ name, ...way },
    ...plainSettings(options),
    ...(await askValues(terminal, options)),
    ...(options.disabled === true && { enabled: false }),
  }
  if (options.test === true) {
    return tellTried(terminal, await client.call('testMcpServerDraft', input))
  }
  const answer = await withFreshSignIn((asked) => asked.call('createMcpServer', input))
  const { server } = answer
  const look = server.transport === 'stdio' && server.status === 'error' ? 'log' : 'test'
  const wanted = server.auth.state === 'required' ? 'sign-in' : look
  const then = server.enabled ? wanted : 'enable'
  const isConnecting = server.enabled && server.status === 'disconnected'
  const next =
    server.status === 'connected'
      ? `npx sallyport grant ${server.toolset} --agent <agent>${settings.urlOption}`
      : `npx sallyport servers ${isConnecting ? 'list' : `${then} ${shellWord(server.name)}`}${settings.urlOption}`
  terminal.answer(
    answer,
    [
      `${server.id}  ${server.name}: ${howItIs(server).replace(/(?<![.?!])$/, '.')} No agent has any of it yet.`,
      `Next: ${next}`,
    ].join('\n'),
  )
}

type Way = Pick<CallOf<typeof createMcpServer>, 'transport' | 'url' | 'command' | 'args'>

/** `https://…`, or the words of a command. Throws CommandError where neither was given. */
function readWay(words: readonly string[], transport: Settings['transport']): Way {
  const [first, ...rest] = words
  if (first === undefined) {
    throw new CommandError(
      'Where is it? Give its URL, or its command after --, as in `sallyport servers add files -- npx -y some-server`.',
    )
  }
  const isUrl = /^https?:\/\//i.test(first)
  if (isUrl && transport !== 'stdio') {
    if (rest.length === 0) return { transport: transport ?? 'streamable_http', url: first }
    throw new CommandError(`Behind the URL stands ${rest.join(' ')}, which belongs to nothing.`)
  }
  if (transport === undefined || transport === 'stdio') {
    return { transport: 'stdio', command: first, args: rest }
  }
  throw new CommandError(`${first} is no URL, as ${transport} wants one.`)
}

/** What a value that stands on the command line may hold: words around variables, and no secret of its own. */
const referring = /^(?:[A-Za-z]+ )?\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

async function askValues(terminal: Terminal, options: Settings) {
  const secrets = secretsFromFile(terminal, options.secretFile)
  const env = await askPairs(secrets, options.env, 'env')
  const headers = await askPairs(secrets, options.header, 'header')
  return {
    ...(env.length > 0 && { env: Object.fromEntries(env) }),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
  }
}

async function askPairs(
  terminal: Terminal,
  names: readonly string[] = [],
  option: 'env' | 'header',
): Promise<[string, string][]> {
  const pairs: [string, string][] = []
  for (const given of names) {
    const [, name = given, value] = /^([^=]*)=(.*)$/s.exec(given) ?? []
    if (value !== undefined && !referring.test(value)) {
      throw new CommandError(
        `--${option} ${printable(name)}: its value is asked for, or read from stdin, and never an argument; \${VARIABLE} alone may stand there.`,
      )
    }
    // What was typed is what is meant: a $ in it is no variable.
    const asked = async () => (await askValue(terminal, name)).replaceAll('$', '$$$$')
    pairs.push([name, value ?? (await asked())])
  }
  return pairs
}

function tellTried(terminal: Terminal, tried: McpServerTried): void {
  const stage = tried.stage === undefined ? '' : `${tried.stage}: `
  const names = tried.discoveredTools.map((name) => `  ${printable(name)}`)
  terminal.answer(tried, [`${stage}${printable(tried.message)}`, ...names].join('\n'))
  if (!tried.success) throw new CommandError('The test did not succeed.')
}

async function editServer(
  context: CommandContext,
  wanted: string,
  options: EditOptions,
): Promise<void> {
  const { terminal, withFreshSignIn } = context
  const client = await context.owner()
  const server = await findServer(client, wanted)
  const asked = await askValues(terminal, options)
  const env = changePairs(server.env, asked.env, options.removeEnv)
  const headers = changePairs(server.headers, asked.headers, options.removeHeader)
  const { name, url, command, arg, transport } = options
  const changes = {
    ...plainSettings(options),
    ...(name !== undefined && { name }),
    ...(transport !== undefined && { transport }),
    ...(url !== undefined && { url }),
    ...(command !== undefined && { command }),
    ...(arg !== undefined && { args: arg }),
    ...(env !== undefined && { env }),
    ...(headers !== undefined && { headers }),
  }
  if (Object.keys(changes).length === 0) {
    throw new CommandError('What is to change? Add --help to see what can be.')
  }
  const answer = await withFreshSignIn((signedIn) =>
    signedIn.call('updateMcpServer', { serverId: server.id, ...changes }),
  )
  terminal.answer(answer, describeServer(answer.server))
}

/** Masked values go back as they came, and stay. Throws CommandError for a name that is not there. */
function changePairs(
  before: McpServer['env'],
  more: Readonly<Record<string, string>> | undefined,
  removed: readonly string[] = [],
): Record<string, string> | undefined {
  if (more === undefined && removed.length === 0) return undefined
  for (const name of removed) {
    if (!Object.hasOwn(before, name)) {
      throw new CommandError(`It has nothing called ${printable(name)}.`)
    }
  }
  const kept = Object.entries(before).filter(([name]) => !removed.includes(name))
  return { ...Object.fromEntries(kept), ...more }
}
