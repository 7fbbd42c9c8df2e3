import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { createFairShare } from '../fair-share.ts'

/** So much is looked at at once; thousands of messages have room in more. */
const pieceBytes = 8 * 1024

/** The same stream of events, read as fast as leaves others their share of time. */
export function fairBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const share = createFairShare()
  let waiting: Uint8Array = new Uint8Array()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (waiting.byteLength === 0) {
        const step = await reader.read()
        if (step.done) return controller.close()
        waiting = step.value
      }
      const piece = waiting.subarray(0, pieceBytes)
      waiting = waiting.subarray(pieceBytes)
      const from = performance.now()
      controller.enqueue(piece)
      // Whoever reads does all of its work before the next tick.
      await new Promise<void>((resolve) => process.nextTick(resolve))
      const pauseMs = share.spent(performance.now() - from)
      if (pauseMs > 0) await pause(pauseMs, undefined, { ref: false })
    },
    cancel: (reason) => reader.cancel(reason),
  })
}
