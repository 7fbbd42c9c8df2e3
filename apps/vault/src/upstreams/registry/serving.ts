import type { Problem } from '@sallyport/contracts'
import type {
  LiveUpstream,
  RequestHow,
  UpstreamMethod,
  UpstreamReply,
} from '../clients/upstream-clients.ts'
import type { OpenedServer } from './open-server.ts'

/** For how long calls on a connection that was replaced may go on, in ms: longer than any call lasts. */
const drainMsMax = 60_000

/** A connection in use: counted, so that it ends only once the calls on it have. */
export interface Serving extends Pick<OpenedServer, 'secrets' | 'scrubber'> {
  /** Calls that were readied for the connection before it know its secrets alone: until then answers are cleaned here, too. */
  readonly cleansUntilMs: number
  /** Access tokens go to it, and are renewed under way: what it says is cleaned of them here. */
  readonly isSignedIn: boolean
  /** What it was opened for: settings with another key need another connection. */
  readonly key: string
  readonly upstream: LiveUpstream
  ask(
    method: UpstreamMethod,
    params: Readonly<Record<string, unknown>>,
    how: RequestHow,
  ): Promise<UpstreamReply>
  /** Takes no new calls any more, and ends with the last of those under way. */
  retire(): Promise<void>
  /** Ends it, calls under way included, which fail with the reason if there is one. */
  close(why?: Problem): Promise<void>
}

/** Counts the calls of a connection. */
export function createServing(
  opened: OpenedServer,
  { key, cleansUntilMs }: Pick<Serving, 'key' | 'cleansUntilMs'>,
  onEnd: () => void,
): Serving {
  const { upstream, scrubber, tokens } = opened
  const waiting = new Set<() => void>()
  let calls = 0
  let ended: Promise<void> | undefined

  const close = (why?: Problem) => {
    ended ??= upstream.close(why).finally(onEnd)
    return ended
  }
  const idle = () =>
    new Promise<void>((resolve) => {
      if (calls === 0) return resolve()
      const timer = setTimeout(resolve, drainMsMax)
      timer.unref()
      waiting.add(() => {
        clearTimeout(timer)
        resolve()
      })
    })

  return {
    ...{ key, cleansUntilMs, upstream, scrubber, close, isSignedIn: tokens !== undefined },
    get secrets() {
      return tokens === undefined ? opened.secrets : [...opened.secrets, ...tokens.list()]
    },
    async ask(method, params, how) {
      calls += 1
      try {
        return await upstream.request(method, params, how)
      } finally {
        calls -= 1
        if (calls === 0) for (const wake of waiting) wake()
      }
    },
    async retire() {
      await idle()
      await close()
    },
  }
}
