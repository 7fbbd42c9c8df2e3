import type { AgentTool, ToolListing } from '@sallyport/contracts'
import {
  answerCall,
  type CallAnswer,
  type Clock,
  consumerInstructions,
  createGivenLinks,
  createServer,
  createToolbox,
  createUpstreamReader,
  type GrantedTools,
  givenTo,
  instructions,
  namesOfAll,
  namesOfServer,
  namesOfServers,
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
  return ({ agent, bearer, toolset, client, isLarge, body }, answer) => {
    const granted: GrantedTools = {
      async list() {
        // It may have been taken away since the request came (S-10).
        const { tools, ...rest } = await needs.toolsOf(await needs.authenticate(bearer))
        const mine = viewsOf(tools)
        if (toolset === undefined) return { ...rest, tools: mine }
        return { ...rest, tools: mine.filter((view) => view.toolset === toolset) }
      },
    }
    const given = givenTo(links, agent.agentId)
    const hasOwn = agent.via === 'token' && toolset === undefined
    const config = { pollTimeoutMs: isLarge ? pollTimeoutMsLarge : pollTimeoutMs, pollIntervalMs }
    const calling = { client, clock, config, granted, given }
    const names = toolset === undefined ? namesOfServers : namesOfServer
    const reader = createUpstreamReader({ ...calling, names })
    const naming = toolset === undefined ? namesOfAll(granted) : namesOfToolset(toolset)
    const toolbox = createToolbox({ ...calling, reader, naming, hasOwn })
    let begun: Promise<CallAnswer> | undefined
    return {
      begin({ name, args }, signal) {
        const context = { signal, hearsProgress: false, report: () => {} }
        const serving = <T>(work: (call: typeof context) => Promise<T>) => work(context)
        const answer = answerCall(
          { toolbox, nextStep: nextStepOf, log },
          { name, args, signal, serving },
        )
        // Where nobody asks for it any more, its failure is nobody's.
        answer.catch(() => {})
        begun = answer
        return answer
      },
      build: async ({ era }) =>
        createServer({
          begun,
          ...{ toolbox, reader, nextStep: nextStepOf, pollIntervalMs, now: clock.now, log },
          readable: asksForMore(body) ? await reader.readable(answer.ended) : nothingMore,
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

/** Made once for each list, which is the same object until it changes and is asked for at every call. */
const views = new WeakMap<AgentToolsNow['tools'], readonly AgentTool[]>()

function viewsOf(tools: AgentToolsNow['tools']): readonly AgentTool[] {
  const known = views.get(tools) ?? tools.map(({ view }) => view)
  views.set(tools, known)
  return known
}

/** A server for one call of a tool needs to know of nothing else. */
const nothingMore = { resources: false, prompts: false }

/** Whether the message is about resources or prompts, or about what can be asked for at all. */
function asksForMore(body: unknown): boolean {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body]
  return messages.some((message) => {
    const { method } = (message ?? {}) as { readonly method?: unknown }
    return typeof method === 'string' && !method.startsWith('tools/')
  })
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
