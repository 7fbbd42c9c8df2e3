import type { McpServer, Source, Variable } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError } from '../terminal.ts'
import { everyPage } from './lookup.ts'

const pageRowsMax = 200

/** An upstream MCP server by its id, its name, or the name of its toolset. Throws CommandError where there is none. */
export async function findServer(client: Client, wanted: string): Promise<McpServer> {
  if (wanted.startsWith('ups_')) {
    return (await client.call('getMcpServer', { serverId: wanted })).server
  }
  const all = await listAllServers(client)
  const found =
    all.find(({ name }) => name === wanted) ?? all.find(({ toolset }) => toolset === wanted)
  if (found !== undefined) return found
  throw new CommandError(`There is no server "${wanted}". \`sallyport servers list\` shows them.`)
}

/** All upstream MCP servers. */
export const listAllServers = (client: Client): Promise<McpServer[]> =>
  everyPage(async (cursor) => {
    const page = await client.call('listMcpServers', { limit: pageRowsMax, ...cursor })
    return { rows: page.servers, nextCursor: page.nextCursor }
  })

/** All variables; their values never come out. */
export const listAllVariables = (client: Client): Promise<Variable[]> =>
  everyPage(async (cursor) => {
    const page = await client.call('listVariables', { limit: pageRowsMax, ...cursor })
    return { rows: page.variables, nextCursor: page.nextCursor }
  })

/** A SQL source by its id or its name. Throws CommandError where there is none. */
export async function findSource(client: Client, wanted: string): Promise<Source> {
  if (wanted.startsWith('src_')) {
    return (await client.call('getSource', { sourceId: wanted })).source
  }
  const { sources } = await client.call('listSources', { name: wanted, limit: 1 })
  const [found] = sources
  if (found !== undefined) return found
  throw new CommandError(`There is no source "${wanted}". \`sallyport sources list\` shows them.`)
}

/** Why the vault would not run a command, and what installs it; nothing where it would. */
export async function faultOfCommand(client: Client, command: string): Promise<string | undefined> {
  const checked = await client.call('checkMcpCommand', { command })
  if (checked.exists && checked.allowed) return undefined
  const how = checked.install === undefined ? '' : ` To install it: ${checked.install.command}`
  return `${checked.message}${how}`
}
