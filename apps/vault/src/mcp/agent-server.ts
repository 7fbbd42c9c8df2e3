import type { AgentTool, ToolListing } from '@sallyport/contracts'
import {
  type Clock,
  consumerInstructions,
  createGivenLinks,
  createServer,
  createToolbox,
  type GrantedTools,
  givenTo,
  instructions,
  namesOfAll,
  namesOfToolset,
  nextStepOf,
} from 'sallyport-mcp/server'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { McpRequest, ServerOf } from './mcp-request.ts'
import { createToolsFeed } from './tools-feed.ts'
import { watchToken } from './watch-token.ts'

/** How long a call may wait for an owner where the client hears of its progress. */
const pollTimeoutMs = 300_000
/** The same for a call that takes much memory: as long as a client waits that hears of nothing. */
const pollTimeoutMsLarge = 45_000
/** Calls of all agents whose approval's link was given, remembered so that the same call again is about it. */
const givenLinksMax = 20_000
/** How often such a client hears of it. */
const pollIntervalMs = 5_000

/** The tools of an agent at one time. */
interface AgentToolsNow {
  readonly tools: readonly { readonly view: AgentTool }[]
  readonly listing: ToolListing
  readonly revision: string
}

export interface AgentServerNeeds {
  /** Throws where the token is not good any more. */
  readonly authenticate: (bearer: string) => Promise<AuthenticatedAgent>
  /** All tools of an agent now: the same objects until they change. */
  readonly toolsOf: (agent: AuthenticatedAgent) => Promise<AgentToolsNow>
  /** Whether the token may only have run out. */
  readonly isNotEnded: (agent: AuthenticatedAgent) => Promise<boolean>
  readonly clock: Clock
  readonly log: (line: string) => void
}

/**
 * Builds the servers of agents: the one of the stdio package, whose client is the vault itself. Every call takes the one path with
 * its checks, limits and audit, under the caller's own token.
 */
export function createAgentServers(needs: AgentServerNeeds): ServerOf {
  const { clock, log } = needs
  const links = createGivenLinks(givenLinksMax)
  return ({ agent, bearer, toolset, client, isLarge }, answer) => {
    const granted: GrantedTools = {
      async list() {
        // It may have been taken away since the request came (S-10).
        const { tools, ...rest } = await needs.toolsOf(await needs.authenticate(bearer))
        const views = tools.map(({ view }) => view)
        if (toolset === undefined) return { ...rest, tools: views }
        return { ...rest, tools: views.filter((view) => view.toolset === toolset) }
      },
    }
    const given = givenTo(links, agent.agentId)
    const hasOwn = agent.via === 'token' && toolset === undefined
    const toolbox = createToolbox({
      ...{ client, clock, granted, given, hasOwn },
      config: { pollTimeoutMs: isLarge ? pollTimeoutMsLarge : pollTimeoutMs, pollIntervalMs },
      naming: toolset === undefined ? namesOfAll(granted) : namesOfToolset(toolset),
    })
    return {
      build: ({ era }) =>
        createServer({
          ...{ toolbox, nextStep: nextStepOf, pollIntervalMs, now: clock.now, log },
          instructions: hasOwn ? instructions : consumerInstructions,
          // A client of the older era is told on a stream that only sessions have; its list is current each time it asks.
          listChanged: era === 'modern',
        }),
      bus: createToolsFeed({ client, clock, ended: answer.ended }),
      watch: (kind) => {
        const isOver = () => isTokenOver(needs, { agent, bearer, kind })
        void watchToken({ clock, isOver, ended: answer.ended, end: answer.end })
      },
    }
  }
}

/**
 * A call under way is finished where its token ran out meanwhile, or cannot be looked up now: each request that it still makes is
 * authenticated. A stream that only tells of changes is begun anew at no loss.
 */
async function isTokenOver(
  { authenticate, isNotEnded }: AgentServerNeeds,
  {
    agent,
    bearer,
    kind,
  }: Pick<McpRequest, 'agent' | 'bearer'> & { readonly kind: 'call' | 'subscription' },
): Promise<boolean> {
  return kind === 'call'
    ? await isNotEnded(agent).then(
        (isGood) => !isGood,
        () => false,
      )
    : await authenticate(bearer).then(
        () => false,
        () => true,
      )
}
