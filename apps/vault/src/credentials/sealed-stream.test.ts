import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createRootKey } from './root-key.ts'
import { openSealedStream, SealedStreamError, sealStream } from './sealed-stream.ts'

const rootKey = createRootKey(randomBytes(32))
const header = Buffer.from('{"a":"header"}\n')
const chunk = 64 * 1024
const sealedChunk = chunk + 16

const through = (bytes: Uint8Array, by: ReturnType<typeof sealStream>) =>
  buffer(Readable.from([bytes]).compose(by) as Readable)
const seal = (text: Uint8Array) => through(text, sealStream(rootKey, header))
const open = (sealed: Uint8Array, key = rootKey, at = header) =>
  through(sealed, openSealedStream(key, at))

describe('a sealed stream', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk])(
    'of %i bytes opens to the same, whatever the pieces it comes in',
    async (bytes) => {
      const text = randomBytes(bytes)
      const sealed = await seal(text)
      // Vitest compares buffers byte by byte, at a second each.
      expect((await open(sealed)).equals(text)).toBe(true)
      const pieces = Array.from({ length: Math.ceil(sealed.length / 7001) }, (_, i) =>
        sealed.subarray(i * 7001, (i + 1) * 7001),
      )
      const opened = Readable.from(pieces).compose(openSealedStream(rootKey, header)) as Readable
      expect((await buffer(opened)).equals(text)).toBe(true)
    },
  )

  it('shows nothing of what is in it', async () => {
    const sealed = await seal(Buffer.from('a-secret-that-nobody-sees'.repeat(9)))
    expect(sealed.toString('latin1')).not.toContain('secret')
  })

  it('does not open where anything of it is other, less, more or elsewhere', async () => {
    const sealed = await seal(randomBytes(3 * chunk))
    const part = (n: number) => sealed.subarray(n * sealedChunk, (n + 1) * sealedChunk)
    const flipped = (at: number) => {
      const copy = Buffer.from(sealed)
      copy[at] = (copy[at] ?? 0) ^ 1
      return copy
    }
    const broken = {
      'a bit at the beginning': flipped(0),
      'a bit in the middle': flipped(sealedChunk + 100),
      'a bit at the end': flipped(sealed.length - 1),
      'the end missing': sealed.subarray(0, sealed.length - 1),
      'the last chunk missing': Buffer.concat([part(0), part(1)]),
      'only the first chunk': part(0),
      'a chunk missing': Buffer.concat([part(0), part(2)]),
      'chunks exchanged': Buffer.concat([part(1), part(0), part(2)]),
      'a chunk twice': Buffer.concat([part(0), part(0), part(1), part(2)]),
      'something more': Buffer.concat([sealed, Buffer.from('x')]),
      nothing: Buffer.alloc(0),
    }
    for (const [name, bytes] of Object.entries(broken)) {
      await expect(open(bytes), name).rejects.toThrow(SealedStreamError)
    }
  })

  it('does not open with another key, nor under another header', async () => {
    const sealed = await seal(Buffer.from('text'))
    await expect(open(sealed, createRootKey(randomBytes(32)))).rejects.toThrow(SealedStreamError)
    await expect(open(sealed, rootKey, Buffer.from('{"a":"Header"}\n'))).rejects.toThrow(
      SealedStreamError,
    )
  })
})
