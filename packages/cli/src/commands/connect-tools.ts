import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { Client } from '@sallyport/sdk'
import { type ClientName, openRemoteConfig } from '../clients/client-config.ts'
import { CommandError, shellWord } from '../terminal.ts'
import { listConsumerTokens } from './agent-tokens.ts'
import type { CommandContext } from './context.ts'
import { findAgent } from './lookup.ts'
import { listGrantedTools } from './tool-lookups.ts'

interface ToolsFor {
  readonly agent: string
  readonly days: number | undefined
  readonly directory: string
}

const labelCharsMax = 100

/**
 * Gives an MCP client the granted tools of an agent that is there: a consumer token, and one server for each toolset. A token that
 * was made here before for the same file is replaced by it.
 */
export async function connectTools(
  { terminal, settings, owner }: CommandContext,
  client: ClientName,
  { agent: wanted, days, directory }: ToolsFor,
): Promise<void> {
  // A broken file is refused before anything is made.
  const config = openRemoteConfig(client, directory)
  const vault = await owner()
  const agent = await findAgent(vault, wanted)
  const toolsets = await grantedToolsets(vault, agent.id)
  const [first] = toolsets
  if (first === undefined) {
    throw new CommandError(
      `${agent.name} has no tools yet: npx sallyport grant <toolset> --agent ${shellWord(agent.name)}${settings.urlOption}`,
    )
  }
  const base = settings.baseUrl.replace(/\/$/, '')
  config.refuseOthers(
    toolsets.map(({ toolset }) => toolset),
    `${base}/mcp/`,
  )
  const label = labelOf(`${client} at ${hostname()} ${config.path ?? ''}`.trim())
  // What was only shown may have been pasted anywhere: its token goes on.
  const before =
    config.path === undefined
      ? undefined
      : (await listConsumerTokens(vault, agent.id)).find(({ name }) => name === label)
  const { token, consumerToken } = await vault.call('createConsumerToken', {
    ...{ agentId: agent.id, name: label },
    ...(days !== undefined && { expiresInDays: days }),
    ...(before !== undefined && { replaces: before.id }),
  })
  const headers = { Authorization: `Bearer ${consumerToken}` }
  const servers = Object.fromEntries(
    toolsets.map(({ toolset }) => [toolset, { url: `${base}/mcp/${toolset}`, headers }]),
  )
  const paste = config.write(servers, { ended: before !== undefined })
  const tools = toolsets.flatMap(({ toolset, names }) => names.map((name) => `${toolset}.${name}`))
  terminal.answer(
    {
      ...{ agentId: agent.id, tokenId: token.id, expiresAt: token.expiresAt, tools },
      ...(paste === undefined ? { path: config.path } : { paste }),
    },
    [
      paste ?? `Written  ${config.path}`,
      `Agent    ${agent.id}  ${agent.name}`,
      `Its token works until ${token.expiresAt} and calls these alone:`,
      ...tools.map((tool) => `  ${tool}`),
      ...(config.path === undefined
        ? []
        : ['Keep the file out of version control: the token is in it.']),
      ...(client === 'mcporter' ? [`Next: npx mcporter list ${first.toolset} --schema`] : []),
    ].join('\n'),
  )
}

/** By which the token is known again; long ones stay apart, since a token of the same name is replaced. */
function labelOf(text: string): string {
  if (text.length <= labelCharsMax) return text
  const tail = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return `${text.slice(0, labelCharsMax - tail.length - 1)} ${tail}`
}

/** The toolsets of which an agent has tools, with the names of those. */
async function grantedToolsets(client: Client, agentId: string) {
  const names = new Map<string, string[]>()
  for (const { toolset, name } of await listGrantedTools(client, agentId)) {
    names.set(toolset, [...(names.get(toolset) ?? []), name])
  }
  return [...names].map(([toolset, tools]) => ({ toolset, names: tools }))
}
