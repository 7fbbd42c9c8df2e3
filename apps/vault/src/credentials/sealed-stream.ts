import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'
import { deriveFromRoot, type RootKey } from './root-key.ts'

// A stream sealed in chunks, as docs/backup.md describes it: each chunk AES-256-GCM under a key of this one stream, its nonce the
// chunk's number and whether it is the last. So nothing can be changed, left out, put elsewhere or cut off unnoticed.

/** Plaintext of a chunk; only the last one is shorter. */
const chunkBytes = 64 * 1024
const tagBytes = 16
const nonceBytes = 12
const lastMark = 1
const cipher = 'aes-256-gcm'

/** What was sealed is not whole: it was changed or cut off, or is another key's. */
export class SealedStreamError extends Error {
  override readonly name = 'SealedStreamError'
}

/** The key of one stream: bound to every byte of its header, which holds random bytes of its own. */
const streamKey = (rootKey: RootKey, header: Uint8Array): Buffer =>
  deriveFromRoot(rootKey, 'backup', { narrowedTo: createHash('sha256').update(header).digest() })

function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(nonceBytes)
  nonce.writeBigUInt64BE(BigInt(chunk))
  nonce[nonceBytes - 1] = isLast ? lastMark : 0
  return nonce
}

/** Seals what passes. `header` is no secret, stands before the stream, and was never used with another one. */
export function sealStream(rootKey: RootKey, header: Uint8Array): Transform {
  const key = streamKey(rootKey, header)
  return inChunks(chunkBytes, (chunk, number, isLast) => {
    const encrypt = createCipheriv(cipher, key, nonceOf(number, isLast), {
      authTagLength: tagBytes,
    })
    const text = [encrypt.update(chunk), encrypt.final()]
    return Buffer.concat([...text, encrypt.getAuthTag()])
  })
}

/**
 * Opens what `sealStream` has sealed. What passes is genuine, but only once the stream has ended is it whole: until then nothing may be
 * done that cannot be undone. Fails with SealedStreamError.
 */
export function openSealedStream(rootKey: RootKey, header: Uint8Array): Transform {
  const key = streamKey(rootKey, header)
  return inChunks(chunkBytes + tagBytes, (chunk, number, isLast) => {
    if (chunk.length < tagBytes) throw notWhole()
    const decrypt = createDecipheriv(cipher, key, nonceOf(number, isLast), {
      authTagLength: tagBytes,
    })
    decrypt.setAuthTag(chunk.subarray(-tagBytes))
    const text = decrypt.update(chunk.subarray(0, -tagBytes))
    try {
      decrypt.final()
    } catch {
      throw notWhole()
    }
    return text
  })
}

const notWhole = () =>
  new SealedStreamError('It was changed, or cut off, or was not sealed with this key.')

type Pass = (chunk: Buffer, number: number, isLast: boolean) => Buffer

/** Gathers chunks of one size. The last one, which may be empty, is known as such only at the end: one is always held back. */
function inChunks(size: number, pass: Pass): Transform {
  let held: Buffer = Buffer.alloc(0)
  let number = 0
  const attempt = (done: TransformCallback, work: () => Buffer | undefined) => {
    try {
      const out = work()
      if (out === undefined) done()
      else done(null, out)
    } catch (error) {
      done(error instanceof Error ? error : notWhole())
    }
  }
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      attempt(done, () => {
        held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
        const out: Buffer[] = []
        while (held.length > size) {
          out.push(pass(held.subarray(0, size), number, false))
          held = held.subarray(size)
          number += 1
        }
        return out.length === 0 ? undefined : Buffer.concat(out)
      })
    },
    flush(done) {
      attempt(done, () => pass(held, number, true))
    },
  })
}
