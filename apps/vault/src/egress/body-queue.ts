import type { Problem } from '@sallyport/contracts'

/** Bytes that wait for a slow reader before the upstream is told to wait. */
const waitingBytesMax = 64 * 1024

/** The one body between a connection that pushes and a reader that pulls. */
export interface BodyQueue extends AsyncIterable<Uint8Array> {
  /** Takes bytes; false asks the connection to wait until `onDrain`. */
  push(chunk: Uint8Array): boolean
  end(): void
  /** The reader gets the problem at its next step; bytes that wait are thrown away. */
  fail(problem: Problem): void
}

type Step = IteratorResult<Uint8Array, undefined>

/**
 * Makes a queue for one reader. `onDrain` is called when a connection that was asked to wait may go on, `onCancel` when the
 * reader leaves before the end.
 */
export function createBodyQueue(options: { onDrain(): void; onCancel(): void }): BodyQueue {
  const chunks: Uint8Array[] = []
  let waitingBytes = 0
  let isEnded = false
  let problem: Problem | undefined
  let reader: { resolve(step: Step): void; reject(problem: Problem): void } | undefined

  function take(): Step | undefined {
    const chunk = chunks.shift()
    if (chunk !== undefined) {
      const wasFull = waitingBytes >= waitingBytesMax
      waitingBytes -= chunk.byteLength
      if (wasFull && waitingBytes < waitingBytesMax) options.onDrain()
      return { done: false, value: chunk }
    }
    return isEnded ? { done: true, value: undefined } : undefined
  }

  function next(): Promise<Step> {
    if (problem !== undefined) return Promise.reject(problem)
    const step = take()
    if (step !== undefined) return Promise.resolve(step)
    return new Promise((resolve, reject) => {
      reader = { resolve, reject }
    })
  }

  function leave(): Promise<Step> {
    if (!isEnded && problem === undefined) options.onCancel()
    isEnded = true
    chunks.length = 0
    return Promise.resolve({ done: true, value: undefined })
  }

  return {
    push(chunk) {
      if (reader !== undefined) {
        const { resolve } = reader
        reader = undefined
        resolve({ done: false, value: chunk })
        return true
      }
      chunks.push(chunk)
      waitingBytes += chunk.byteLength
      return waitingBytes < waitingBytesMax
    },
    end() {
      isEnded = true
      reader?.resolve({ done: true, value: undefined })
      reader = undefined
    },
    fail(because) {
      problem = because
      chunks.length = 0
      reader?.reject(because)
      reader = undefined
    },
    [Symbol.asyncIterator]: () => ({ next, return: leave }),
  }
}
