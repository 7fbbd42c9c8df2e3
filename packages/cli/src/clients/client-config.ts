import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
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

/** What was written, or what to paste. */
export type Written = { readonly path: string } | { readonly paste: string }

interface ClientFormat {
  readonly path: string
  /** Where in the file servers stand, and how this client writes one. */
  readonly member: 'mcpServers' | 'mcp'
  readonly entry: (server: ServerCommand) => object
}

const standardEntry = ({ command, args, env }: ServerCommand) => ({ command, args, env })

const formats: Readonly<Record<Exclude<ClientName, 'json'>, ClientFormat>> = {
  claude: { path: '.mcp.json', member: 'mcpServers', entry: standardEntry },
  mcporter: { path: join('config', 'mcporter.json'), member: 'mcpServers', entry: standardEntry },
  opencode: {
    path: 'opencode.json',
    member: 'mcp',
    entry: ({ command, args, env }) => ({
      type: 'local',
      command: [command, ...args],
      environment: env,
      enabled: true,
    }),
  },
}

/**
 * Writes the server into a client's project configuration below `directory`, keeping whatever else stands there.
 * Throws CommandError, changing nothing, where the file is no JSON object.
 */
export function writeClientConfig(
  client: ClientName,
  server: ServerCommand,
  { directory, name }: { directory: string; name: string },
): Written {
  if (client === 'json') {
    return { paste: JSON.stringify({ mcpServers: { [name]: standardEntry(server) } }, null, 2) }
  }
  const { path, member, entry } = formats[client]
  const file = resolve(directory, path)
  const before = readJsonFile(file) ?? {}
  const servers = before[member] ?? {}
  if (typeof servers !== 'object' || Array.isArray(servers)) {
    throw new CommandError(`${file}: "${member}" is not an object. It was not changed.`)
  }
  const after = { ...before, [member]: { ...servers, [name]: entry(server) } }
  writeFileWhole(file, `${JSON.stringify(after, null, 2)}\n`, { secret: false })
  return { path: file }
}

/** The way to start `sallyport-mcp`: the bundle beside this repository's commands, else the published package. */
export function serverCommand(env: Readonly<Record<string, string>>): ServerCommand {
  const beside = fileURLToPath(new URL('../../mcp/dist/sallyport-mcp.js', import.meta.url))
  if (existsSync(beside)) return { command: process.execPath, args: [beside], env }
  return { command: 'npx', args: ['-y', 'sallyport-mcp'], env }
}

const checkTimeoutMs = 30_000

/** Runs the server's own `--check`: a full round trip as the client will make it. Returns what it printed. */
export async function checkServer(
  server: ServerCommand,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const child = spawn(server.command, [...server.args, '--check'], {
    env: { PATH: environment.PATH, HOME: environment.HOME, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: checkTimeoutMs,
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    output += String(chunk)
  })
  const code = await new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  if (code === 0) return output.trim()
  throw new CommandError(`The check of sallyport-mcp failed: ${output.trim()}`)
}
