import type { ServerEventBus } from '@modelcontextprotocol/server'
import type { Client } from '@sallyport/sdk'
import type { Clock } from 'sallyport-mcp/server'

/** How long one question for changes is held. */
const waitSeconds = 50
/** After a question that failed, and between two that were answered. */
const pauseMs = 1_000

const kinds = ['tools_list_changed', 'resources_list_changed', 'prompts_list_changed'] as const

interface Needs {
  readonly client: Client
  readonly clock: Clock
  /** The answer is over. */
  readonly ended: AbortSignal
}

/** What tells a stream of one agent that its list of tools has changed. It asks only while somebody listens. */
export function createToolsFeed({ client, clock, ended }: Needs): ServerEventBus {
  const watch = async (stop: AbortSignal, tell: () => void): Promise<void> => {
    let since: string | undefined
    while (!stop.aborted) {
      try {
        const waiting = since === undefined ? {} : { since, waitSeconds }
        const asked = { ...waiting, limit: 1 }
        const { revision } = await client.call('listMyTools', asked, { signal: stop })
        if (since !== undefined && revision !== since) tell()
        since = revision
      } catch {
        // Whoever watches the token finds out that it is over; anything else passes.
      }
      // It rejects where nobody listens any more.
      await clock.pause(pauseMs, stop).catch(() => {})
    }
  }
  return {
    // Nobody publishes here: each stream asks for itself.
    publish: () => {},
    subscribe(listener) {
      const left = new AbortController()
      const stop = AbortSignal.any([ended, left.signal])
      // What changed of the tools may be a server's resources or prompts.
      const tell = () => {
        for (const kind of kinds) listener({ kind })
      }
      void watch(stop, tell)
      return () => left.abort()
    },
  }
}
