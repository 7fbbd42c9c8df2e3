import type { AgentTool, ToolListing } from '@sallyport/contracts'
import type { CallOptions, Client } from '@sallyport/sdk'

/** Tools that were granted to the agent, at one time. */
export interface GrantedList {
  readonly tools: readonly AgentTool[]
  readonly listing: ToolListing
  /** Another one once any of them, or how they are listed, has changed. */
  readonly revision: string
}

/** Where the tools come from that were granted to the agent. */
export interface GrantedTools {
  /**
   * Those that there are now, as far as the vault can be asked.
   * @throws Problem where the vault refuses, and nothing is known
   */
  list(signal: AbortSignal): Promise<GrantedList>
}

/** Nothing was granted, or nobody knows of it. */
export const noTools: GrantedList = { tools: [], listing: 'auto', revision: '' }

/** Pages of the longest list: more tools than a policy can grant. */
const pagesMax = 20
const toolsPerPage = 1000

interface Wanted {
  /** Of this toolset alone. */
  readonly toolset?: string
  /** The revision that is known: answered undefined while it holds. */
  readonly since?: string
  /** How long the vault may wait for another one. */
  readonly waitSeconds?: number
}

/**
 * Reads all tools of the agent, page by page; undefined where they are the same as `since`.
 * @throws Problem the vault's own
 */
export async function readGrantedTools(
  client: Client,
  { since, waitSeconds, ...scope }: Wanted,
  options: CallOptions,
): Promise<GrantedList | undefined> {
  const asked = { ...scope, limit: toolsPerPage }
  const waiting = since === undefined ? {} : { since, waitSeconds: waitSeconds ?? 0 }
  let page = await client.call('listMyTools', { ...asked, ...waiting }, options)
  if (page.unchanged === true) return undefined
  const { revision, listing } = page
  const tools = [...page.tools]
  for (let read = 1; page.nextCursor !== undefined && read < pagesMax; read += 1) {
    page = await client.call('listMyTools', { ...asked, cursor: page.nextCursor }, options)
    tools.push(...page.tools)
  }
  return { tools, listing, revision }
}
