// This room answers MCP clients over HTTP: with the server of the stdio package, which calls the vault's own operations as the caller.

import type { AgentServerNeeds } from './agent-server.ts'
import type { McpEndpoint } from './mcp-request.ts'

/** Builds the endpoint. The SDK is loaded with the first request: a vault whose agents call it otherwise starts without it. */
export function createMcpEndpoint(needs: AgentServerNeeds): McpEndpoint {
  const state = { isClosed: false }
  let loading: Promise<McpEndpoint> | undefined
  const load = async () => {
    const [{ openEndpoint }, { createAgentServers }] = await Promise.all([
      import('./open-endpoint.ts'),
      import('./agent-server.ts'),
    ])
    const endpoint = openEndpoint({ serverOf: createAgentServers(needs) })
    if (state.isClosed) endpoint.close()
    return endpoint
  }
  const open = () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  return {
    serve: async (request) => (await open()).serve(request),
    close() {
      state.isClosed = true
      // Where it could not be loaded, whoever asked was told.
      loading?.then((endpoint) => endpoint.close()).catch(() => undefined)
    },
  }
}
