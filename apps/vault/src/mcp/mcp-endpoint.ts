// This room answers MCP clients over HTTP: with the server of the stdio package, which calls the vault's own operations as the caller.

import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server'
import { Problem } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import {
  type Clock,
  consumerInstructions,
  createGivenLinks,
  createServer,
  createToolbox,
  type GrantedTools,
  instructions,
  namesOfAll,
  namesOfToolset,
  nextStepOf,
  noTools,
  readGrantedTools,
} from 'sallyport-mcp/server'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { createOpenAnswers, type OpenAnswers } from './open-answers.ts'
import { createToolsFeed } from './tools-feed.ts'

/** How long a call may wait for an owner where the client hears of its progress. */
const pollTimeoutMs = 300_000
/** How often such a client hears of it. */
const pollIntervalMs = 5_000
/** How often a comment keeps a stream alive: proxies end those on which nothing moves for 30 or 60 s. */
const keepAliveMs = 15_000
/** Calls that one message may hold (JSON-RPC batches, which revisions before 2025-06-18 have). */
const batchMax = 20

/** A request to the endpoint, with who asks. */
export interface McpRequest {
  readonly request: Request
  /** The parsed body; undefined where there is none. */
  readonly body: unknown
  readonly agent: AuthenticatedAgent
  /** The caller's own token. Whatever is called, is called with it. */
  readonly bearer: string
  /** The toolset that the address names; without one, all tools of the agent. */
  readonly toolset: string | undefined
  /** Sends a request to the vault's own operations, as if it had come from outside. */
  readonly forward: (request: Request) => Response | Promise<Response>
}

export interface McpEndpointNeeds {
  /** Throws where the token is not good any more. */
  readonly authenticate: (bearer: string) => Promise<AuthenticatedAgent>
  readonly clock: Clock
  readonly log: (line: string) => void
}

export interface McpEndpoint {
  /** Problem `overloaded` where the agent has too many answers open, `invalid-input` for too long a batch. */
  serve(request: McpRequest): Promise<Response>
  /** Ends all streams and waits; further requests are refused. */
  close(): void
}

/**
 * Builds the endpoint: Streamable HTTP without sessions, of both protocol eras. Each request has a server of its own, whose
 * client is the vault itself: every call takes the one path with its checks, limits and audit.
 */
export function createMcpEndpoint(needs: McpEndpointNeeds): McpEndpoint {
  const answers = createOpenAnswers()
  const given = createGivenLinks()
  return {
    async serve(asked) {
      const { body, agent } = asked
      if (Array.isArray(body) && body.length > batchMax) throw batchTooLong()
      const answer = answers.open(agent.agentId, isListen(body) ? 'subscription' : 'call')
      try {
        return answer.follow(await answerTo(needs, { ...asked, given, answer }))
      } catch (error) {
        answer.end()
        throw error
      }
    },
    close: answers.close,
  }
}

const isListen = (body: unknown): boolean => methodOf(body) === 'subscriptions/listen'

const methodOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'method' in body ? body.method : undefined

interface Answering extends McpRequest {
  readonly given: ReturnType<typeof createGivenLinks>
  readonly answer: ReturnType<OpenAnswers['open']>
}

async function answerTo(needs: McpEndpointNeeds, asked: Answering): Promise<Response> {
  const { clock, log } = needs
  const { request, body, agent, bearer, toolset, answer } = asked
  const client = createClient({
    baseUrl: inside,
    auth: { kind: 'bearer', token: bearer },
    fetch: async (url, init) => asked.forward(new Request(url, withLength(init))),
  })
  const scope = toolset === undefined ? {} : { toolset }
  const granted: GrantedTools = {
    list: async (signal) => (await readGrantedTools(client, scope, { signal })) ?? noTools,
  }
  const hasOwn = agent.via === 'token' && toolset === undefined
  const toolbox = createToolbox({
    ...{ client, clock, granted, hasOwn, given: asked.given },
    config: { pollTimeoutMs, pollIntervalMs },
    naming: toolset === undefined ? namesOfAll(granted) : namesOfToolset(toolset),
  })
  const build: McpServerFactory = ({ era }) =>
    createServer({
      ...{ toolbox, nextStep: nextStepOf, pollIntervalMs, now: clock.now, log },
      instructions: hasOwn ? instructions : consumerInstructions,
      // A client of the older era is told on a stream that only sessions have; its list is current each time it asks.
      listChanged: era === 'modern',
    })
  const feed = createToolsFeed({
    ...{ client, clock, ended: answer.ended, onOver: answer.end },
    stillGood: () => needs.authenticate(bearer),
  })
  const handler = createMcpHandler(build, {
    legacy: 'stateless',
    // A call may wait for an owner: a stream says meanwhile that it goes on.
    responseMode: methodOf(body) === 'tools/call' ? 'sse' : 'auto',
    keepAliveMs,
    bus: feed,
  })
  answer.ended.addEventListener('abort', () => void handler.close(), { once: true })
  return await handler.fetch(request, body === undefined ? {} : { parsedBody: body })
}

/** An address that leads nowhere: what is sent there never leaves the process. */
const inside = 'http://vault.invalid'

/** So that the body is read at once and not piece by piece. */
function withLength(init: RequestInit): RequestInit {
  if (typeof init.body !== 'string') return init
  const headers = { ...(init.headers as Record<string, string>) }
  return {
    ...init,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(init.body)) },
  }
}

const batchTooLong = () =>
  new Problem('invalid-input', `A batch holds at most ${batchMax} messages.`, {
    next: 'Send them one by one.',
  })
