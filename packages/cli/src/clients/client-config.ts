import { join, resolve } from 'node:path'
import { readJsonFile, writeFileWhole } from '../settings.ts'
import { CommandError } from '../terminal.ts'

/** How an MCP client starts the server. */
export interface ServerCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
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

interface ClientFormat {
  readonly path: string
  /** Where in the file servers stand, and how this client writes one. */
  readonly member: 'mcpServers' | 'mcp'
  readonly environment: 'env' | 'environment'
  readonly entry: (server: ServerCommand) => object
}

const standardEntry = ({ command, args, env }: ServerCommand) => ({ command, args, env })
const standard = { member: 'mcpServers', environment: 'env', entry: standardEntry } as const

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
  const open = () => {
    const config = readJsonFile(path) ?? {}
    const servers = asObject(config[member] ?? {})
    if (servers !== undefined) return { config, servers }
    throw new CommandError(`${path}: "${member}" is not an object. It was not changed.`)
  }
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

function asObject(value: unknown): Record<string, unknown> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? { ...value } : undefined
}
