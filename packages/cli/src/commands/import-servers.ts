import {
  fillServer,
  type McpConfigReading,
  type ReadServer,
  readMcpConfig,
  type ServerDraft,
} from '@sallyport/catalog'
import { type McpServer, Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { wantsPerson } from '../fresh-sign-in.ts'
import { CommandError, printable, shellWord } from '../terminal.ts'
import { serversAsJson, showServers } from '../tools/show-servers.ts'
import { type AskedVariables, askVariables } from './ask-variables.ts'
import { requireYes } from './confirm.ts'
import type { CommandContext } from './context.ts'
import { secretsFromFile } from './secrets-from-file.ts'
import { faultOfCommand, listAllServers, listAllVariables } from './server-lookups.ts'
import { howItIs } from './show-server.ts'

/** What the command line says of a file of MCP servers. */
interface ImportServersOptions {
  readonly name?: string
  readonly only?: string[]
  readonly except?: string[]
  readonly variable?: string[]
  readonly fromEnv?: string[]
  readonly secretFile?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

interface Given {
  readonly document: string
  readonly options: ImportServersOptions
  /** Whether stdin was the document. */
  readonly isPiped: boolean
  /** `--variable` as pairs. */
  readonly variables: Readonly<Record<string, string>>
}

/** Takes over the MCP servers of a client’s configuration file; see `readMcpConfig`. */
export async function importServers(context: CommandContext, given: Given): Promise<void> {
  const { terminal } = context
  const { options } = given
  const client = await context.owner()
  const reading = chooseServers(readMcpConfig(given.document), options)
  const names = new Set((await listAllServers(client)).map(({ name }) => name))
  const looked = await refuseCommands(client, refuseTaken(reading, names))
  if (options.dryRun === true) {
    return terminal.answer(serversAsJson(looked), showServers(looked))
  }
  terminal.note(showServers(looked))
  const drafts = looked.servers.flatMap(({ draft }) => (draft === undefined ? [] : [draft]))
  if (drafts.length === 0) throw new CommandError('None of it can be taken.')
  const asked = await ask(context, client, { ...given, reading: looked })
  if (asked.reused.length > 0) {
    terminal.note(`Kept already, and used as they are: ${asked.reused.join(', ')}`)
  }
  const counted = drafts.length === 1 ? '1 server' : `${drafts.length} servers`
  await requireYes(terminal, `Keep ${counted} and connect?`, {
    // A file of somebody else’s that refers to keys which are there would send them where it says.
    ...{ yes: options.yes, isSafe: asked.reused.length === 0 },
  })
  await keep(context, { drafts, asked })
}

/** `--only`, `--except` and `--name`, by the names in the file. Throws CommandError for names that are not there. */
function chooseServers(
  reading: McpConfigReading,
  { only, except, name }: ImportServersOptions,
): McpConfigReading {
  const fits = (pattern: string, key: string) =>
    pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern
  for (const pattern of [...(only ?? []), ...(except ?? [])]) {
    if (reading.servers.some(({ key }) => fits(pattern, key))) continue
    throw new CommandError(`No server of it is called ${pattern}. \`--dry-run\` shows them.`)
  }
  const servers = reading.servers.filter(
    ({ key }) =>
      only?.some((pattern) => fits(pattern, key)) !== false &&
      except?.some((pattern) => fits(pattern, key)) !== true,
  )
  if (name !== undefined && servers.length !== 1) {
    throw new CommandError('--name is for one server: choose it with --only.')
  }
  const named = servers.map((server) =>
    name === undefined || server.draft === undefined
      ? server
      : { ...server, draft: { ...server.draft, name } },
  )
  return withServers(reading, named)
}

/** A server whose name is taken is refused; the others are not held up by it. */
const refuseTaken = (reading: McpConfigReading, taken: ReadonlySet<string>): McpConfigReading =>
  withServers(
    reading,
    reading.servers.map((server) => {
      if (server.draft === undefined || !taken.has(server.draft.name)) return server
      return {
        ...{ key: server.key, outcome: 'refused', secrets: [] },
        reasons: [
          `There is a server called ${server.draft.name} already: give this one another name with --only and --name.`,
        ],
      } satisfies ReadServer
    }),
  )

/** What the vault would not run is said before anything is asked for. */
async function refuseCommands(
  client: Client,
  reading: McpConfigReading,
): Promise<McpConfigReading> {
  const checked = new Map<string, string | undefined>()
  const servers: ReadServer[] = []
  for (const server of reading.servers) {
    const command = server.draft?.command?.join('')
    if (command !== undefined && !checked.has(command)) {
      checked.set(command, await faultOfCommand(client, command))
    }
    const fault = command === undefined ? undefined : checked.get(command)
    servers.push(
      fault === undefined
        ? server
        : { key: server.key, outcome: 'refused', reasons: [fault], secrets: [] },
    )
  }
  return withServers(reading, servers)
}

/** With fewer servers, what nobody refers to any more is not asked for. */
function withServers(reading: McpConfigReading, servers: readonly ReadServer[]): McpConfigReading {
  const kept = new Set(servers.filter(({ draft }) => draft !== undefined).map(({ key }) => key))
  const variables = reading.variables.flatMap((variable) => {
    const usedBy = variable.usedBy.filter((place) =>
      [...kept].some((key) => place.startsWith(`${key}: `)),
    )
    return usedBy.length === 0 ? [] : [{ ...variable, usedBy }]
  })
  return { ...reading, servers, variables }
}

async function ask(
  { terminal, environment }: CommandContext,
  client: Client,
  { reading, options, isPiped, variables }: Given & { readonly reading: McpConfigReading },
): Promise<AskedVariables> {
  const isBare = reading.variables.length === 0
  const kept = new Set(isBare ? [] : (await listAllVariables(client)).map(({ name }) => name))
  const fromEnvironment = new Set(options.fromEnv)
  const lacking = reading.variables.filter(
    ({ name, kind, proposal }) =>
      kind === 'sealed' && !kept.has(name) && !fromEnvironment.has(name) && proposal === undefined,
  )
  if (isPiped && !terminal.interactive && options.secretFile === undefined && lacking.length > 0) {
    throw new CommandError(
      `The document came on stdin, so ${lacking.map(({ name }) => name).join(', ')} cannot: name a file with --secret-file, or --from-env.`,
    )
  }
  return askVariables(reading.variables, {
    ...{ terminal: secretsFromFile(terminal, options.secretFile), environment },
    ...{ fromEnvironment, kept, given: new Map(Object.entries(variables)) },
  })
}

interface Keeping {
  readonly drafts: readonly ServerDraft[]
  readonly asked: AskedVariables
}

interface Failed {
  readonly name: string
  readonly message: string
}

/** Variables first: what refers to none would be refused. What fails is said, and the others are kept. */
async function keep(context: CommandContext, { drafts, asked }: Keeping): Promise<void> {
  const { terminal, withFreshSignIn, settings } = context
  const stored = new Set<string>()
  const servers: McpServer[] = []
  const failed: Failed[] = []
  await withFreshSignIn(async (client) => {
    for (const [name, value] of asked.sealed) {
      if (stored.has(name)) continue
      await client.call('putVariable', { name, value })
      stored.add(name)
    }
    for (const draft of drafts) {
      const { name } = draft
      if ([...servers, ...failed].some((one) => one.name === name)) continue
      try {
        const input = fillServer(draft, asked.plain)
        servers.push((await client.call('createMcpServer', input)).server)
      } catch (thrown) {
        if (!(thrown instanceof Problem) || wantsPerson.has(thrown.type)) throw thrown
        failed.push({ name, message: [thrown.detail, thrown.next].filter(Boolean).join(' ') })
      }
    }
  })
  const [first] = servers
  terminal.answer(
    { servers, failed, variables: [...stored] },
    [
      ...servers.map((server) => `${server.id}  ${printable(server.name)}: ${howItIs(server)}`),
      ...failed.map(({ name, message }) => `not kept  ${printable(name)}: ${printable(message)}`),
      ...(first === undefined
        ? []
        : [
            'No agent has any of it yet.',
            `Next: npx sallyport grant ${shellWord(first.toolset)} --agent <agent>${settings.urlOption}`,
          ]),
    ].join('\n'),
  )
  if (failed.length > 0)
    throw new CommandError(`${failed.length} of ${drafts.length} were not kept.`)
}
