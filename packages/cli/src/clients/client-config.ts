import { join, resolve } from 'node:path'
import { readJsonFile, writeFileWhole } from '../settings.ts'
import { CommandError } from '../terminal.ts'

/** How an MCP client starts the server. */
export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How an MCP client reaches a server over HTTP. The headers hold a token. */
interface RemoteServer {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** The MCP clients whose configuration is written, and `json`, which prints it. */
export const clientNames = ['claude', 'mcporter', 'opencode', 'json'] as const
export type ClientName = (typeof clientNames)[number]

/** A client's configuration, read and found sound, before anything is made for it. */
export interface ClientConfig {
  /** The file; undefined for the client that is only shown what to paste. */
  readonly path: string | undefined
  /** The environment that the entry of this name has now, if there is one. */
  readonly current: Readonly<Record<string, unknown>> | undefined
  /** Writes the server under the name and keeps whatever else stands in the file; returns what to paste instead, if so. */
  write(server: ServerCommand): string | undefined
}

/** The same for servers over HTTP, several at once, each under its own name. */
interface RemoteConfig {
  readonly path: string | undefined
  /** Throws CommandError where a server of one of the names stands in the file that is not the vault's, below this URL: it is kept. */
  refuseOthers(names: readonly string[], vaultUrl: string): void
  /**
   * Writes them for their owner's eyes alone; returns what to paste instead, for the client that is only shown it. Where the token
   * that stood there has `ended`, whatever else had it goes too: it would be refused.
   */
  write(
    servers: Readonly<Record<string, RemoteServer>>,
    of: { readonly ended: boolean },
  ): string | undefined
}

interface ClientFormat {
  readonly path: string
  /** Where in the file servers stand, and how this client writes one. */
  readonly member: 'mcpServers' | 'mcp'
  readonly environment: 'env' | 'environment'
  readonly entry: (server: ServerCommand) => object
  readonly remote: (server: RemoteServer) => object
}

const standardEntry = ({ command, args, env }: ServerCommand) => ({ command, args, env })
const standardRemote = ({ url, headers }: RemoteServer) => ({ type: 'http', url, headers })
const standard = {
  member: 'mcpServers',
  environment: 'env',
  entry: standardEntry,
  remote: standardRemote,
} as const

const formats: Readonly<Record<Exclude<ClientName, 'json'>, ClientFormat>> = {
  claude: { path: '.mcp.json', ...standard },
  mcporter: { path: join('config', 'mcporter.json'), ...standard },
  opencode: {
    path: 'opencode.json',
    member: 'mcp',
    environment: 'environment',
    entry: ({ command, args, env }) => ({
      type: 'local',
      command: [command, ...args],
      environment: env,
      enabled: true,
    }),
    remote: ({ url, headers }) => ({ type: 'remote', url, headers, enabled: true }),
  },
}

/**
 * Reads a client's project configuration below `directory`, for the server called `name`. Throws CommandError where the
 * file, or what stands in it, is not what the client takes: it is left for its owner to mend.
 */
export function openClientConfig(
  client: ClientName,
  { directory, name }: { directory: string; name: string },
): ClientConfig {
  if (client === 'json') {
    const write = (server: ServerCommand) =>
      JSON.stringify({ mcpServers: { [name]: standardEntry(server) } }, null, 2)
    return { path: undefined, current: undefined, write }
  }
  const { path: below, member, environment, entry } = formats[client]
  const path = resolve(directory, below)
  const open = () => readServers(path, member)
  const before = asObject(open().servers[name])
  return {
    path,
    current: asObject(before?.[environment]),
    write(server) {
      // Read once more: the client itself may have written meanwhile.
      const { config, servers } = open()
      const after = { ...config, [member]: { ...servers, [name]: entry(server) } }
      writeFileWhole(path, `${JSON.stringify(after, null, 2)}\n`, { secret: false })
      return undefined
    },
  }
}

/** Reads it for servers over HTTP, likewise. */
export function openRemoteConfig(client: ClientName, directory: string): RemoteConfig {
  if (client === 'json') {
    const write = (servers: Readonly<Record<string, RemoteServer>>) =>
      JSON.stringify({ mcpServers: entriesOf(servers, standardRemote) }, null, 2)
    return { path: undefined, refuseOthers: () => {}, write }
  }
  const { path: below, member, remote } = formats[client]
  const path = resolve(directory, below)
  readServers(path, member)
  return {
    path,
    refuseOthers(names, vaultUrl) {
      const { servers } = readServers(path, member)
      const isOurs = (server: unknown) =>
        String(asObject(server)?.url).startsWith(vaultUrl) ||
        tokenOf(server)?.startsWith('Bearer spc_') === true
      const other = names.find((name) => Object.hasOwn(servers, name) && !isOurs(servers[name]))
      if (other === undefined) return
      throw new CommandError(
        `${path}: another server is called ${other} there. Rename it, or the toolset. Nothing was changed.`,
      )
    },
    write(added, { ended }) {
      const { config, servers } = readServers(path, member)
      const kept = ended ? withoutTokensOf(Object.keys(added), servers) : servers
      const after = { ...config, [member]: { ...kept, ...entriesOf(added, remote) } }
      // It holds a token from now on, whoever could read it before.
      writeFileWhole(path, `${JSON.stringify(after, null, 2)}\n`, { secret: true })
      return undefined
    },
  }
}

/** The servers but for those that have a token of one of these. */
function withoutTokensOf(names: readonly string[], servers: Readonly<Record<string, unknown>>) {
  const tokens = new Set(names.map((name) => tokenOf(servers[name])))
  return Object.fromEntries(
    Object.entries(servers).filter(([, server]) => {
      const token = tokenOf(server)
      return token === undefined || !tokens.has(token)
    }),
  )
}

function tokenOf(server: unknown): string | undefined {
  const token = asObject(asObject(server)?.headers)?.Authorization
  return typeof token === 'string' ? token : undefined
}

const entriesOf = (
  servers: Readonly<Record<string, RemoteServer>>,
  entry: (server: RemoteServer) => object,
) => Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, entry(server)]))

function readServers(path: string, member: string) {
  const config = readJsonFile(path) ?? {}
  const servers = asObject(config[member] ?? {})
  if (servers !== undefined) return { config, servers }
  throw new CommandError(`${path}: "${member}" is not an object. It was not changed.`)
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? { ...value } : undefined
}
