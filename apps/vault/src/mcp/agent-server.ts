import { createClient } from '@sallyport/sdk'
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
  noTools,
  readGrantedTools,
} from 'sallyport-mcp/server'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { McpRequest, ServerOf } from './mcp-request.ts'
import { createToolsFeed } from './tools-feed.ts'
import { watchToken } from './watch-token.ts'

/** How long a call may wait for an owner where the client hears of its progress. */
const pollTimeoutMs = 300_000
/** Calls of all agents whose approval's link was given, remembered so that the same call again is about it. */
const givenLinksMax = 20_000
/** How often such a client hears of it. */
const pollIntervalMs = 5_000

export interface AgentServerNeeds {
  /** Throws where the token is not good any more. */
  readonly authenticate: (bearer: string) => Promise<AuthenticatedAgent>
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
  return ({ agent, bearer, toolset, forward }, answer) => {
    const client = createClient({
      baseUrl: inside,
      auth: { kind: 'bearer', token: bearer },
      fetch: async (url, init) => forward(new Request(url, withLength(init))),
    })
    const scope = toolset === undefined ? {} : { toolset }
    const granted: GrantedTools = {
      list: async (signal) => (await readGrantedTools(client, scope, { signal })) ?? noTools,
    }
    const given = givenTo(links, agent.agentId)
    const hasOwn = agent.via === 'token' && toolset === undefined
    const toolbox = createToolbox({
      ...{ client, clock, granted, given, hasOwn },
      config: { pollTimeoutMs, pollIntervalMs },
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

/** An address that leads nowhere: what is sent there never leaves the process. */
const inside = 'http://vault.invalid'

/** So that the body is read at once and not piece by piece. */
function withLength(init: RequestInit): RequestInit {
  if (typeof init.body !== 'string') return init
  const headers = { ...(init.headers as Record<string, string>) }
  const length = String(Buffer.byteLength(init.body))
  return { ...init, headers: { ...headers, 'content-length': length } }
}
