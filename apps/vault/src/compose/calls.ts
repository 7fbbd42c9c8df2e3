import { Problem, SqlPayload } from '@sallyport/contracts'
import { readCallAddress } from '../execute/call-address.ts'
import type { SendCall } from '../execute/send-call.ts'
import type { RequestPathNeeds } from './request-path.ts'

// Hands the request path the rooms that carry out calls which are no HTTP requests.

/** Upstream MCP servers, as calls need them. */
export interface UpstreamsOfCalls {
  readonly send: SendCall
  /** What must not come back from a server; the same list until it changes. */
  readonly secretsOf: (serverId: string) => readonly string[] | Promise<readonly string[]>
}

/** SQL sources, as calls need them. */
export interface SourcesOfCalls {
  readonly send: SendCall
  /** Looks at a statement of a model's own before it is frozen. Problem `invalid-arguments` for one that is never run. */
  readonly checkQuery: (sourceId: string, statement: string) => Promise<void>
}

/** Joins both. */
export function composeCalls({
  upstreams,
  sources,
}: {
  readonly upstreams: UpstreamsOfCalls
  readonly sources: SourcesOfCalls
}): RequestPathNeeds['calls'] {
  return {
    senders: { mcp: upstreams.send, sql: sources.send },
    async check({ scheme, target, payload }) {
      if (scheme !== 'sql') return
      const asked = SqlPayload.parse(payload)
      if (asked.run === 'query') await sources.checkQuery(target, asked.statement)
    },
    upstreamSecrets: ({ origins }) =>
      secretsAt(
        upstreams,
        origins.flatMap((origin) => readCallAddress(`${origin}/x`)?.host ?? []),
      ),
  }
}

/** A connection of an upstream belongs to one server. Where it names another number of them nothing can be kept back. */
function secretsAt(upstreams: UpstreamsOfCalls, serverIds: readonly string[]) {
  const [serverId, ...others] = serverIds
  if (serverId === undefined || others.length > 0) throw notConnected()
  return upstreams.secretsOf(serverId)
}

const notConnected = () =>
  new Problem('upstream-not-connected', 'What this tool is carried out by is not connected.', {
    next: 'Try again in a moment; an owner sees the state of the server or the source.',
  })
