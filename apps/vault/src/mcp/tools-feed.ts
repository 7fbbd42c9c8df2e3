import type { ServerEventBus } from '@modelcontextprotocol/server'
import type { Client } from '@sallyport/sdk'
import { type Clock, readGrantedTools } from 'sallyport-mcp/server'

/** How long one question for changes is held. */
const waitSeconds = 50
/** How often a stream's token is looked at: what was taken away is to end it within five seconds (S-10). */
const lookMs = 2_000
/** After a question that failed, and between two that were answered. */
const pauseMs = 1_000

interface Needs {
  readonly client: Client
  readonly clock: Clock
  /** The answer is over. */
  readonly ended: AbortSignal
  /** Throws where the token is not good any more. */
  readonly stillGood: () => Promise<unknown>
  /** Ends the answer. */
  readonly onOver: () => void
}

/**
 * What tells a stream of one agent that its list of tools has changed. It asks only while somebody listens, and ends the stream
 * when the token it was opened with does.
 */
export function createToolsFeed({
  client,
  clock,
  ended,
  stillGood,
  onOver,
}: Needs): ServerEventBus {
  const look = async (stop: AbortSignal): Promise<void> => {
    while (!stop.aborted) {
      await clock.pause(lookMs, stop)
      await stillGood()
    }
  }
  const watch = async (stop: AbortSignal, tell: () => void): Promise<void> => {
    let since: string | undefined
    while (!stop.aborted) {
      try {
        const waiting = since === undefined ? {} : { since, waitSeconds }
        const list = await readGrantedTools(client, waiting, { signal: stop })
        if (list !== undefined && since !== undefined) tell()
        since = list?.revision ?? since
      } catch {
        // The look finds a token that is over; anything else passes.
      }
      await clock.pause(pauseMs, stop)
    }
  }
  return {
    // Nobody publishes here: each stream asks for itself.
    publish: () => {},
    subscribe(listener) {
      const left = new AbortController()
      const stop = AbortSignal.any([ended, left.signal])
      const tell = () => listener({ kind: 'tools_list_changed' })
      Promise.race([look(stop), watch(stop, tell)]).catch(() => {
        left.abort()
        onOver()
      })
      return () => left.abort()
    },
  }
}
