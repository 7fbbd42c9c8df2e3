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

/** Makes the server that answers one request, and what tells its stream of changes. */
export type ServerOf = (
  request: McpRequest,
  answer: { readonly ended: AbortSignal; end(): void },
) => { readonly build: McpServerFactory; readonly bus: ServerEventBus }
