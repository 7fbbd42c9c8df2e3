import type { Worker } from 'node:worker_threads'

/** A thread that had nothing to do for so long ends: it holds some 50 MB. */
const idleMs = 15_000

/** Holds one thread at most: begun when it is needed, ended when it has had nothing to do for a while. */
export function createThreadHolder<Message, Answer>(
  startThread: () => Worker,
  {
    onAnswer,
    onEnd,
  }: {
    readonly onAnswer: (answer: Answer) => void
    /** It ended of itself. */
    readonly onEnd: (error: unknown) => void
  },
) {
  let thread: Worker | undefined
  let idle: NodeJS.Timeout | undefined

  const end = (): void => {
    const ending = thread
    thread = undefined
    void ending?.terminate()
  }
  const open = (): Worker => {
    const own = startThread()
    // A process that is told to stop does not wait for it.
    own.unref()
    const ended = (error: unknown) => {
      if (thread !== own) return
      end()
      onEnd(error)
    }
    own.on('message', (answer: Answer) => {
      if (thread !== own) return
      idle = setTimeout(end, idleMs)
      idle.unref()
      onAnswer(answer)
    })
    own.on('messageerror', ended)
    own.on('error', ended)
    own.on('exit', (code) => ended(new Error(`The thread ended (${code}).`)))
    return own
  }
  return {
    /** Ends the thread, whatever it does; the next message begins another. */
    end,
    post(message: Message): void {
      clearTimeout(idle)
      thread ??= open()
      thread.postMessage(message)
    },
  }
}
