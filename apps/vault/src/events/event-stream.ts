import type { DashboardEvent } from '@sallyport/contracts'

/** Events that wait for one reader; with one more they become a single `reset`. */
const pendingMax = 100
/** How soon a browser that lost the stream asks again, in ms. */
const retryMs = 2_000

/** One reader's server-sent events (WHATWG HTML §9.2). What waits for a slow reader is bounded and told once. */
export interface EventStream {
  readonly body: ReadableStream<Uint8Array>
  /** Keeps an event until it is flushed; one that waits already is not kept twice. */
  add(event: DashboardEvent): void
  readonly hasPending: () => boolean
  /** Hands what waits to the reader, if the reader has taken what was handed to it before. */
  flush(): void
  /** A comment, so that nobody in between takes the connection for dead. */
  beat(): void
  /** Closes; what waits is dropped. */
  end(last?: DashboardEvent): void
}

const encoder = new TextEncoder()
const comment = encoder.encode(':\n\n')
const prelude = encoder.encode(`retry: ${retryMs}\n\n`)
const write = (event: DashboardEvent) => `data: ${JSON.stringify(event)}\n\n`

/** Opens a stream. `mayFlush` is asked whenever the reader is ready for more; `onGone` is told once when it ends. */
export function createEventStream(needs: {
  readonly mayFlush: () => boolean
  readonly onGone: () => void
}): EventStream {
  const pending = new Set<string>()
  const reset = write({ type: 'reset' })
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const isReady = () => (controller?.desiredSize ?? 0) > 0
  const flush = () => {
    if (pending.size === 0 || !isReady()) return
    const text = [...pending].join('')
    pending.clear()
    controller?.enqueue(encoder.encode(text))
  }
  const gone = () => {
    if (controller === undefined) return
    controller = undefined
    pending.clear()
    needs.onGone()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given
        given.enqueue(prelude)
      },
      pull() {
        if (needs.mayFlush()) flush()
      },
      cancel: gone,
    },
    { highWaterMark: 2 },
  )
  return {
    body,
    add(event) {
      // Whoever reads everything again needs to hear of nothing else.
      if (controller === undefined || pending.has(reset)) return
      const text = write(event)
      if (text === reset || (pending.size >= pendingMax && !pending.has(text))) {
        pending.clear()
        pending.add(reset)
      } else pending.add(text)
    },
    hasPending: () => pending.size > 0,
    flush,
    beat() {
      if (isReady()) controller?.enqueue(comment)
    },
    end(last) {
      if (last !== undefined) controller?.enqueue(encoder.encode(write(last)))
      controller?.close()
      gone()
    },
  }
}
