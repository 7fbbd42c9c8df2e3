import type { McpServerFactory, ServerEventBus } from '@modelcontextprotocol/server'
import type { Client } from '@sallyport/sdk'
import type { AuthenticatedAgent } from '../identity/caller.ts'

/** Calls the vault's own operations, from outside or within. */
export type VaultClient = Client

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
