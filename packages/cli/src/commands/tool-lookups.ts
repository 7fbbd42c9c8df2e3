import { type Tool, type Toolset, toolsOfToolsetMax } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { CommandError } from '../terminal.ts'
import { everyPage } from './lookup.ts'

const pageRowsMax = 200

/** A toolset by its id or its name. Throws CommandError where there is none. */
export async function findToolset(client: Client, wanted: string): Promise<Toolset> {
  const found = await lookForToolset(client, wanted)
  if (found !== undefined) return found
  throw new CommandError(`There is no toolset "${wanted}". \`sallyport toolsets list\` shows them.`)
}

/** The same, or nothing where there is none of that name. */
export async function lookForToolset(client: Client, wanted: string): Promise<Toolset | undefined> {
  if (wanted.startsWith('tls_')) {
    return (await client.call('getToolset', { toolsetId: wanted })).toolset
  }
  const all = await everyPage(async (cursor) => {
    const page = await client.call('listToolsets', { limit: pageRowsMax, name: wanted, ...cursor })
    return { rows: page.toolsets, nextCursor: page.nextCursor }
  })
  return all.find(({ name }) => name === wanted)
}

/** All tools of a toolset, by name. */
export async function listToolsOf(client: Client, toolsetId: string) {
  const all = await everyPage(async (cursor) => {
    const page = await client.call('listTools', { toolsetId, limit: pageRowsMax, ...cursor })
    return { rows: page.tools, nextCursor: page.nextCursor }
  })
  return all.slice(0, toolsOfToolsetMax)
}

/** The tools that an agent has. */
export async function listGrantedTools(client: Client, agentId: string) {
  const all = await everyPage(async (cursor) => {
    const page = await client.call('listAgentTools', { agentId, limit: pageRowsMax, ...cursor })
    return { rows: page.tools, nextCursor: page.nextCursor }
  })
  return all.filter(({ permission }) => permission.allowed)
}

/** A tool by its id or its full name, with its schemas. Throws CommandError where there is none. */
export async function findTool(client: Client, wanted: string): Promise<Tool> {
  if (wanted.startsWith('tol_')) return (await client.call('getTool', { toolId: wanted })).tool
  const { toolset, tool } = splitFullName(wanted)
  if (tool === undefined) {
    throw new CommandError(
      `"${wanted}" is not the name of a tool: write toolset.tool, as \`sallyport tools list\` shows them.`,
    )
  }
  const { id: toolsetId } = await findToolset(client, toolset)
  const tools = await listToolsOf(client, toolsetId)
  const found = tools.find(({ name }) => name === tool)
  if (found === undefined) {
    throw new CommandError(
      `${toolset} has no tool "${tool}". \`sallyport tools list ${toolset}\` shows them.`,
    )
  }
  return (await client.call('getTool', { toolId: found.id })).tool
}

/**
 * `stock-index.get_index`, the same as MCP clients have it (`stock-index__get_index`, `mcp__context7__query-docs`), or
 * `stock-index` alone.
 */
export function splitFullName(text: string): { toolset: string; tool: string | undefined } {
  const plain = text.replace(/^mcp__/, '')
  const [, toolset = plain, tool] = /^(.*?)(?:\.|__)(.*)$/s.exec(plain) ?? []
  return { toolset, tool }
}
