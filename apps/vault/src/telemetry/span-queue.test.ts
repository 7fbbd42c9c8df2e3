import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { describe, expect, it, vi } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createSpanQueue } from './span-queue.ts'

const success = 0
const failure = 1

type Callback = (result: { code: number }) => void

function start(answer: (done: Callback) => void) {
  const batches: number[] = []
  const dropped = { count: 0 }
  const queue = createSpanQueue({
    exporter: {
      export(spans, done) {
        batches.push(spans.length)
        answer(done as Callback)
      },
      shutdown: async () => {},
    },
    onDropped(count) {
      dropped.count += count
    },
  })
  return { queue, batches, dropped }
}

const span = (traceFlags = 1) =>
  ({ spanContext: () => ({ traceId: 't', spanId: 's', traceFlags }) }) as ReadableSpan

describe('the queue of spans', () => {
  it('hands over what ended, in batches, and nothing that is not sampled', async () => {
    const { queue, batches, dropped } = start((done) => done({ code: success }))
    for (let count = 0; count < 300; count += 1) queue.onEnd(span())
    queue.onEnd(span(0))
    await queue.forceFlush()
    expect(batches).toEqual([256, 44])
    expect(dropped.count).toBe(0)
  })

  it('holds no more than it may where the collector hangs, counts what it drops, and still ends', async () => {
    verifies('S-44')
    vi.useFakeTimers()
    try {
      const { queue, batches, dropped } = start(() => {})
      for (let count = 0; count < 5_000; count += 1) queue.onEnd(span())
      expect(batches).toEqual([256])
      expect(dropped.count).toBe(5_000 - 256 - 2_048)
      const closed = queue.shutdown()
      await vi.advanceTimersByTimeAsync(4_000)
      await closed
      queue.onEnd(span())
      expect(batches).toEqual([256])
    } finally {
      vi.useRealTimers()
    }
  })

  it('counts what the collector refuses, and what the exporter throws on', async () => {
    const { queue, dropped } = start((done) => done({ code: failure }))
    for (let count = 0; count < 3; count += 1) queue.onEnd(span())
    await queue.forceFlush()
    expect(dropped.count).toBe(3)
    const broken = start(() => {
      throw new Error('broken')
    })
    broken.queue.onEnd(span())
    await broken.queue.forceFlush()
    expect(broken.dropped.count).toBe(1)
  })
})
