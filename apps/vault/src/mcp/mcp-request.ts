import type { McpServerFactory, ServerEventBus } from '@modelcontextprotocol/server'
import type { AuthenticatedAgent } from '../identity/caller.ts'

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

/** What answers one request. */
export interface AgentServer {
  readonly build: McpServerFactory
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
