import type { McpServerFactory, ServerEventBus } from '@modelcontextprotocol/server'
import type { CallOptions, Client } from '@sallyport/sdk'
import type { CallAnswer } from 'sallyport-mcp/server'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { PlainAnswer, PlainCall } from './plain-call.ts'

/** Calls the vault's own operations, from outside or within. */
export type VaultClient = Client
export type { CallOptions }

/** A request to the endpoint, with who asks. */
export interface McpRequest {
  readonly request: Request
  /** The parsed body; undefined where there is none. */
  readonly body: unknown
  readonly agent: AuthenticatedAgent
  /** The caller's own token. Whatever is called, is called with it. */
  readonly bearer: string
  /** What else tells clients apart that have one token: the address, the program. */
  readonly marks: string
  /** The toolset that the address names; without one, all tools of the agent. */
  readonly toolset: string | undefined
  /** Calls the vault's own operations with the caller's token, as if it had come from outside. */
  readonly client: VaultClient
  /** It takes much memory until it is answered. */
  readonly isLarge: boolean
  /** To be called when the answer is over; once more does no harm. */
  readonly over: () => void
}

/** What answers one request. */
export interface AgentServer {
  readonly build: McpServerFactory
  /** Begins the one call of a tool that was asked for: `build` makes a server that answers with it. */
  readonly begin?: (call: PlainCall, signal: AbortSignal) => Promise<CallAnswer>
  /** Tells its stream of changes. */
  readonly bus: ServerEventBus
  /**
   * Looks until the stream is over, and ends it when the token that it was opened with is taken away; one that only tells of
   * changes also when the token runs out.
   */
  watch(kind: 'call' | 'subscription'): void
}

/** Makes the server that answers one request. */
export type ServerOf = (
  request: McpRequest,
  answer: { readonly ended: AbortSignal; end(): void },
) => AgentServer

/** What answers MCP clients. */
export interface McpEndpoint {
  /** Problem `overloaded` where the agent has too many answers open, `invalid-input` for too long a batch. */
  serve(request: McpRequest): Promise<Response | PlainAnswer>
  /** Ends streams of changes; calls under way are answered, and further ones refused. */
  close(): void
}
