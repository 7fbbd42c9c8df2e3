// Speaks MCP to upstream servers: opens connections and asks over them, and bounds whatever comes back.
import type { ConnectNeeds } from './connect-upstream.ts'
import type { UpstreamClients } from './live-upstream.ts'

export { type AuthChallenge, readChallenge } from './auth-challenge.ts'
export type { HttpDoor } from './http-door.ts'
export type {
  ListedTools,
  LiveUpstream,
  OpenConfig,
  RequestHow,
  UpstreamAuthorization,
  UpstreamClients,
  UpstreamMethod,
  UpstreamProgress,
  UpstreamReply,
  UpstreamTool,
} from './live-upstream.ts'
export { stageOf, upstreamProblem } from './upstream-problem.ts'

/** Builds the room. The SDK is loaded with the first connection: a vault without upstream servers starts without it. */
export function createUpstreamClients(needs: ConnectNeeds): UpstreamClients {
  let loading: Promise<UpstreamClients> | undefined
  let isClosed = false
  const load = async () => {
    const clients = (await import('./open-clients.ts')).openClients(needs)
    if (isClosed) await clients.close()
    return clients
  }
  return {
    async open(config, signal) {
      loading ??= load()
      return (await loading).open(config, signal)
    },
    async close() {
      isClosed = true
      await (await loading?.catch(() => undefined))?.close()
    },
  }
}
