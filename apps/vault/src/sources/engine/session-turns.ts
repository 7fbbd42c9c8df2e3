import { Problem } from '@sallyport/contracts'

/** Sessions of one source at the same time; a database counts them, too. */
const perSourceMax = 8
const allMax = 64
/** Calls of one source that wait for their turn. */
const waitingMax = 64

interface Waiting {
  readonly start: () => void
}

/** Lets calls have sessions, so many at a time. */
export interface SessionTurns {
  /**
   * Waits for a turn, and gives what ends it.
   * @throws Problem overloaded, where too many wait; the signal's reason
   */
  take(sourceKey: string, signal: AbortSignal): Promise<() => void>
}

/** Turns in the order of asking, by source, and by all sources together. */
export function createSessionTurns(
  limits: { perSource?: number; all?: number; waiting?: number } = {},
): SessionTurns {
  const ofOne = limits.perSource ?? perSourceMax
  const ofAll = limits.all ?? allMax
  const queueMax = limits.waiting ?? waitingMax
  const sources = new Map<string, { open: number; readonly queue: Set<Waiting> }>()
  let open = 0

  function startNext(): void {
    for (const [key, source] of [...sources]) {
      const [first] = source.queue
      if (open >= ofAll) return
      if (first === undefined || source.open >= ofOne) continue
      source.queue.delete(first)
      // To the end: a busy source does not keep the others waiting.
      sources.delete(key)
      sources.set(key, source)
      first.start()
    }
  }

  return {
    take: (sourceKey, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        const source = sources.get(sourceKey) ?? { open: 0, queue: new Set<Waiting>() }
        sources.set(sourceKey, source)
        const tidy = () => {
          if (source.open === 0 && source.queue.size === 0) sources.delete(sourceKey)
        }
        const onAbort = () => {
          source.queue.delete(waiting)
          tidy()
          reject(signal.reason)
        }
        const waiting: Waiting = {
          start() {
            signal.removeEventListener('abort', onAbort)
            source.open += 1
            open += 1
            let isOver = false
            resolve(() => {
              if (isOver) return
              isOver = true
              source.open -= 1
              open -= 1
              tidy()
              startNext()
            })
          },
        }
        if (source.open < ofOne && open < ofAll && source.queue.size === 0) return waiting.start()
        if (source.queue.size >= queueMax) return reject(tooMany())
        source.queue.add(waiting)
        signal.addEventListener('abort', onAbort)
      }),
  }
}

function tooMany(): Problem {
  return new Problem('overloaded', 'Too many calls of this source are waiting.', {
    next: 'Nothing was sent; try again in a moment.',
    retryAfterSeconds: 1,
  })
}
