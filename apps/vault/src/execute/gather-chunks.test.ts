import { describe, expect, it } from 'vitest'
import { gatherChunks } from './gather-chunks.ts'

async function* from(chunks: readonly Uint8Array[]) {
  yield* chunks
}
const gather = async (chunks: readonly Uint8Array[]) => {
  const out: Buffer[] = []
  for await (const chunk of gatherChunks(from(chunks))) out.push(Buffer.from(chunk))
  return out
}
const kib = 1024

describe('the chunks of an answer', () => {
  it('are the same bytes in the same order, however they were cut', async () => {
    const whole = Buffer.from(Array.from({ length: 300 * kib }, (_, at) => (at * 31) % 251))
    for (const size of [1, 7, 1000, 40 * kib, 64 * kib - 1, 64 * kib, 64 * kib + 1, 200 * kib]) {
      const cut: Uint8Array[] = []
      for (let at = 0; at < whole.byteLength; at += size) cut.push(whole.subarray(at, at + size))
      expect(Buffer.concat(await gather(cut)).equals(whole), String(size)).toBe(true)
    }
  })

  it('are few where they came in bytes, and none is larger than 64 KiB', async () => {
    const out = await gather(Array.from({ length: 200 * kib }, () => Buffer.from('x')))
    expect(out.map(({ byteLength }) => byteLength)).toEqual([64 * kib, 64 * kib, 64 * kib, 8 * kib])
  })

  it('keep what was gathered while the upstream uses its chunk again', async () => {
    async function* reusing() {
      const chunk = Buffer.alloc(4)
      for (const word of ['one.', 'two.']) {
        chunk.write(word)
        yield chunk
      }
    }
    const out: string[] = []
    for await (const chunk of gatherChunks(reusing())) out.push(Buffer.from(chunk).toString())
    expect(out.join('')).toBe('one.two.')
  })

  it('keep their order where large ones follow small ones', async () => {
    const large = Buffer.alloc(70 * kib, 'L')
    const out = await gather([Buffer.from('a'), large, Buffer.from('b'), Buffer.alloc(0)])
    expect(out.map((chunk) => chunk.toString().slice(0, 1))).toEqual(['a', 'L', 'b'])
  })

  it('of nothing are none', async () => {
    expect(await gather([])).toEqual([])
    expect(await gather([Buffer.alloc(0)])).toEqual([])
  })
})
