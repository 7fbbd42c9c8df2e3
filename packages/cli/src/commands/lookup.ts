import type { Agent, Connection, ToolSummary, Toolset } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { NamedToolset } from '../policy-files/tool-names.ts'
import { CommandError } from '../terminal.ts'

/** Pages of a list that a look-up by name reads at most. */
const pagesMax = 50
const pageRowsMax = 200

/** Finds an agent by its id or its name. Throws CommandError where none or more than one fits. */
export async function findAgent(client: Client, wanted: string): Promise<Agent> {
  if (wanted.startsWith('agt_')) return (await client.call('getAgent', { agentId: wanted })).agent
  const all = await listAllAgents(client)
  return pickOne(
    wanted,
    all.filter((agent) => agent.name === wanted),
    'agent',
  )
}

/** Finds a connection by its id or its label. Throws CommandError where none or more than one fits. */
export async function findConnection(client: Client, wanted: string): Promise<Connection> {
  if (wanted.startsWith('con_')) {
    return (await client.call('getConnection', { connectionId: wanted })).connection
  }
  const all = await listAllConnections(client)
  const fitting = all.filter(({ label, status }) => label === wanted && status !== 'revoked')
  return pickOne(wanted, fitting, 'connection')
}

/** The id of an agent for a list's filter: what is deleted has entries still, so an id is taken as it is. */
export const idOfAgent = async (client: Client, wanted: string): Promise<string> =>
  wanted.startsWith('agt_') ? wanted : (await findAgent(client, wanted)).id

/** The id of a connection for a list's filter. */
export const idOfConnection = async (client: Client, wanted: string): Promise<string> =>
  wanted.startsWith('con_') ? wanted : (await findConnection(client, wanted)).id

/** All agents of the workspace. */
export const listAllAgents = (client: Client): Promise<Agent[]> =>
  everyPage(async (cursor) => {
    const page = await client.call('listAgents', { limit: pageRowsMax, ...cursor })
    return { rows: page.agents, nextCursor: page.nextCursor }
  })

/** All connections of the workspace, revoked ones too. */
export const listAllConnections = (client: Client): Promise<Connection[]> =>
  everyPage(async (cursor) => {
    const page = await client.call('listConnections', { limit: pageRowsMax, ...cursor })
    return { rows: page.connections, nextCursor: page.nextCursor }
  })

/** Toolsets by name; with the tools of those that are meant, by their names or ids. */
export async function listNamedToolsets(
  client: Client,
  meant: ReadonlySet<string>,
): Promise<NamedToolset[]> {
  const toolsets = await everyPage<Toolset>(async (cursor) => {
    const page = await client.call('listToolsets', { limit: pageRowsMax, ...cursor })
    return { rows: page.toolsets, nextCursor: page.nextCursor }
  })
  const named: NamedToolset[] = []
  for (const { id, name } of toolsets) {
    const isMeant = meant.has(id) || meant.has(name)
    named.push({ id, name, tools: isMeant ? await listToolsOf(client, id) : [] })
  }
  return named
}

const listToolsOf = (client: Client, toolsetId: string): Promise<ToolSummary[]> =>
  everyPage(async (cursor) => {
    const page = await client.call('listTools', { toolsetId, limit: pageRowsMax, ...cursor })
    return { rows: page.tools, nextCursor: page.nextCursor }
  })

/** Reads a list to its end, bounded. */
export async function everyPage<Row>(
  read: (cursor: { cursor?: string }) => Promise<{ rows: Row[]; nextCursor?: string | undefined }>,
): Promise<Row[]> {
  const all: Row[] = []
  let cursor: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const { rows, nextCursor } = await read(cursor === undefined ? {} : { cursor })
    all.push(...rows)
    if (nextCursor === undefined) return all
    cursor = nextCursor
  }
  throw new CommandError('The list is too long to search by name: give the id.')
}

function pickOne<Row extends { id: string }>(wanted: string, rows: Row[], what: string): Row {
  const [only, ...others] = rows
  if (only === undefined) {
    throw new CommandError(
      `There is no ${what} "${wanted}". \`sallyport ${what}s list\` shows them.`,
    )
  }
  if (others.length === 0) return only
  const ids = rows.map(({ id }) => id).join(', ')
  throw new CommandError(`More than one ${what} is called "${wanted}": give the id (${ids}).`)
}
