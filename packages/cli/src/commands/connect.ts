import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Connection, Policy } from '@sallyport/contracts'
import { type Client, createClient } from '@sallyport/sdk'
import { Argument, type Command } from 'commander'
import { enrolAgent, findOwnAgent, removeAgent } from '../agent-key.ts'
import {
  type ClientConfig,
  type ClientName,
  clientNames,
  openClientConfig,
} from '../clients/client-config.ts'
import { checkServer, serverCommand } from '../clients/mcp-server.ts'
import type { Settings } from '../settings.ts'
import { CommandError, shellWord, type Terminal } from '../terminal.ts'
import { connectTools } from './connect-tools.ts'
import type { CommandContext, Process } from './context.ts'
import { grantAccess, readEverything } from './grant-access.ts'
import { findConnection, listAllAgents, listAllConnections } from './lookup.ts'
import { createConnection } from './new-connection.ts'
import { collect, readCount } from './option-values.ts'
import type { RunCommand } from './run-command.ts'

interface ConnectOptions {
  readonly name?: string
  readonly server: string
  readonly allow?: string[]
  readonly directory?: string
  readonly agent?: string
  readonly days?: number
}

const agentNames: Readonly<Record<ClientName, string>> = {
  claude: 'Claude Code',
  mcporter: 'mcporter',
  opencode: 'OpenCode',
  json: 'MCP client',
}

/** `sallyport connect <client>`: from nothing to a working MCP client in one command. */
export function addConnectCommand(program: Command, run: RunCommand, process: Process): void {
  program
    .command('connect')
    .description('Give an MCP client an agent with a key of its own, and write its configuration')
    .addArgument(new Argument('<client>', 'whose configuration').choices(clientNames))
    .option(
      '--allow <connection>',
      'let it read (GET) through this connection (repeat; id or label)',
      collect,
    )
    .option('--directory <directory>', 'the project to write into (default: the current directory)')
    .option('--name <name>', 'the agent’s name')
    .option('--server <name>', 'the name of the server in the configuration', 'sallyport')
    .option(
      '--agent <agent>',
      'an agent that is there, by a token for its granted tools: a server for each toolset',
    )
    .option(
      '--days <n>',
      'with --agent: how long the token works (default 30, at most 90)',
      readCount,
    )
    .action(
      run(async (context, [client, options]: [ClientName, ConnectOptions]) => {
        const { agent, days } = options
        const whole = { ...context, process }
        if (agent === undefined) return connect(whole, client, options)
        const directory = await askDirectory(whole, client, options)
        await connectTools(context, client, { agent, days, directory })
      }),
    )
}

async function connect(
  context: CommandContext & { process: Process },
  client: ClientName,
  options: ConnectOptions,
): Promise<void> {
  const { terminal, settings } = context
  const directory = await askDirectory(context, client, options)
  // A broken file is refused before anything is made.
  const config = openClientConfig(client, { directory, name: options.server })
  const owner = await context.owner()
  const connections = await chooseConnections(owner, terminal, options)
  const provision = { owner, client, options, config, connections }
  const { agent, server, check } = await provideServer(context, provision)
  const paste = config.write(server)
  const { id: agentId, name, keyPath } = agent
  const { policies } = await owner.call('listPolicies', { agentId })
  terminal.answer(
    { agentId, name, keyPath, ...(paste === undefined ? { path: config.path } : { paste }), check },
    [
      paste ?? `Written  ${config.path}`,
      `Agent    ${agentId}  ${name}`,
      `Its key  ${keyPath}`,
      check,
      '',
      nextStep({ client, directory, settings, name, policies }),
    ].join('\n'),
  )
}

interface Provision {
  readonly owner: Client
  readonly client: ClientName
  readonly options: ConnectOptions
  readonly config: ClientConfig
  readonly connections: readonly Connection[]
}

/** An agent with its access, and the server that acts for it, tried out. What is made here for a server that fails is taken back. */
async function provideServer(
  { settings, process }: CommandContext & { process: Process },
  { owner, client, options, config, connections }: Provision,
) {
  const own = { environment: config.current, name: options.name }
  const before = await findOwnAgent(owner, settings, own)
  const wanted = options.name ?? agentNames[client]
  const agent = before ?? (await enrolAgent(owner, settings, await freeName(owner, wanted)))
  try {
    for (const { id: connectionId, origins } of connections) {
      const pair = { agentId: agent.id, connectionId }
      await grantAccess(owner, pair, { entries: readEverything(origins) })
    }
    const server = serverCommand(await serverEnvironment(settings, agent))
    return { agent, server, check: await checkServer(server, process.environment) }
  } catch (thrown) {
    if (before === undefined) await removeAgent(owner, agent)
    throw thrown
  }
}

/** Where the client's project is: the configuration of MCP servers belongs to one. */
async function askDirectory(
  { terminal, settings, process }: CommandContext & { process: Process },
  client: ClientName,
  options: ConnectOptions,
): Promise<string> {
  if (client === 'json') return process.directory
  const given =
    options.directory ??
    (await terminal.ask('The project to use it in', { default: process.directory }))
  const home = settings.environment.HOME
  const path = home === undefined ? given : given.replace(/^~(?=$|\/)/, home)
  const directory = resolve(process.directory, path)
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return directory
  throw new CommandError(`There is no directory ${directory}.`)
}

/** An issuer other than the address that is used has to be said: agents sign for it. */
async function serverEnvironment(
  { baseUrl }: Settings,
  { id, keyPath }: { id: string; keyPath: string },
): Promise<Record<string, string>> {
  const anyone = createClient({ baseUrl, auth: { kind: 'none' } })
  const { issuer } = await anyone.call('getAuthorizationServerMetadata', {})
  return {
    SALLYPORT_BASE_URL: baseUrl,
    SALLYPORT_AGENT_ID: id,
    SALLYPORT_PRIVATE_KEY_PATH: keyPath,
    ...(issuer !== baseUrl && { SALLYPORT_TOKEN_AUDIENCE: issuer }),
  }
}

/** What --allow names; where nothing is named and somebody can be asked, what they choose or keep now. */
async function chooseConnections(
  owner: Client,
  terminal: Terminal,
  { allow }: ConnectOptions,
): Promise<readonly Connection[]> {
  if (allow !== undefined) {
    return Promise.all(allow.map((wanted) => findConnection(owner, wanted)))
  }
  if (!terminal.interactive) return []
  const all = await listAllConnections(owner)
  const usable = all.filter(({ status }) => status !== 'revoked')
  const keep = async () => [await createConnection(owner, terminal, {})]
  const choice = await terminal.choose('What may the agent read (GET)?', [
    ...usable.map((connection) => ({
      name: connection.label,
      description: connection.origins.join(' '),
      value: async () => [connection],
    })),
    { name: 'An API whose key you paste now', value: keep },
    { name: 'Nothing yet', value: async () => [] },
  ])
  return choice()
}

/** The name, or the first with a number after it that no agent has: commands find agents by their names. */
async function freeName(owner: Client, wanted: string): Promise<string> {
  const agents = await listAllAgents(owner)
  const taken = new Set(agents.map(({ name }) => name))
  const numbered = Array.from({ length: taken.size }, (_, index) => `${wanted} ${index + 2}`)
  return [wanted, ...numbered].find((name) => !taken.has(name)) ?? wanted
}

interface Connected {
  readonly client: ClientName
  readonly directory: string
  readonly settings: Settings
  readonly name: string
  readonly policies: readonly Policy[]
}

function nextStep({ client, directory, settings, name, policies }: Connected): string {
  const allowed = policies.flatMap(({ allow }) => allow)
  const [first] = allowed
  if (first === undefined) {
    return `It may do nothing yet. Next: npx sallyport policies allow ${shellWord(name)} <connection>${settings.urlOption}`
  }
  const may = allowed.map(
    ({ origin, methods, paths }) => `  ${methods}  ${origin}  ${paths.join(' ')}`,
  )
  const start = {
    claude: `Start \`claude\` in ${directory}`,
    mcporter: `Run mcporter in ${directory}`,
    opencode: `Start \`opencode\` in ${directory}`,
    json: 'Paste it into your client',
  }[client]
  return [
    'It may:',
    ...may,
    `${start}, and have it ${first.methods[0] ?? 'GET'} something at ${first.origin} through sallyport.`,
  ].join('\n')
}
