import { performance } from 'node:perf_hooks'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { fairBody } from './fair-body.ts'

/** A stream of these chunks. */
const streamOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

function work(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

async function read(body: ReadableStream<Uint8Array>, msPerPiece: number) {
  const reader = body.getReader()
  const pieces: Uint8Array[] = []
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    pieces.push(step.value)
    work(msPerPiece)
  }
  return Buffer.concat(pieces)
}

describe('what a server sends without end', () => {
  it('comes through whole, in pieces that leave room for others in between', async () => {
    const sent = [Buffer.alloc(20_000, 'a'), Buffer.from('b'), Buffer.alloc(9_000, 'c')]
    expect(Buffer.concat(sent).equals(await read(fairBody(streamOf(...sent)), 0))).toBe(true)
  })

  it('is read more slowly where it takes much time, so that most of it is left to others', async () => {
    verifies('S-44')
    const from = performance.now()
    await read(fairBody(streamOf(Buffer.alloc(5 * 8 * 1024))), 40)
    // Five pieces of 40 ms each; nothing comes after the last one.
    expect(performance.now() - from).toBeGreaterThan(5 * 40 + 4 * 100)
  })

  it('is given back to the socket where nobody reads it any more, and fails as that does', async () => {
    const cancelled: unknown[] = []
    const cancel = (reason: unknown) => void cancelled.push(reason)
    await fairBody(new ReadableStream({ cancel })).cancel('enough')
    expect(cancelled).toEqual(['enough'])
    const pull = () => Promise.reject(new Error('cut'))
    await expect(read(fairBody(new ReadableStream({ pull })), 0)).rejects.toThrow('cut')
  })
})
