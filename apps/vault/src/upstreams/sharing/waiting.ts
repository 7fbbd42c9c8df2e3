import type { Problem } from '@sallyport/contracts'

/** A place at which one waits until somebody wakes it. */
export interface Waiting {
  wake(): void
  /** Until it is woken, or so long: false. What woke it before counts. */
  wait(ms: number): Promise<boolean>
  end(problem: Problem): void
  /** Rejects once it was ended. */
  readonly ended: Promise<never>
  readonly isEnded: () => boolean
}

/** Builds one. */
export function createWaiting(): Waiting {
  let isAwake = false
  let isEnded = false
  let go = () => {}
  let reject: (problem: Problem) => void = () => {}
  const ended = new Promise<never>((_resolve, fail) => {
    reject = fail
  })
  ended.catch(() => undefined) // Whoever waits is told; nobody has to be waiting.
  const wake = () => {
    isAwake = true
    go()
  }
  return {
    ...{ wake, ended, isEnded: () => isEnded },
    end(problem) {
      isEnded = true
      reject(problem)
      wake()
    },
    async wait(ms) {
      if (!isAwake) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          go = resolve
          timer = setTimeout(resolve, ms)
        })
        clearTimeout(timer)
      }
      const isWoken = isAwake
      isAwake = false
      return isWoken
    },
  }
}
