// Puts the small chunks of an answer together before anything works on them.

/** A chunk of at least this many bytes passes as it is, and no more than this many are gathered. */
const gatheredBytesMax = 64 * 1024

/**
 * The same bytes in the same order, in chunks of 64 KiB wherever they came in smaller ones: an upstream may send ten million chunks
 * of one byte, and each would cost as much as a whole one does. Nothing is left out, and none is empty.
 */
export async function* gatherChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let gathered: Buffer = Buffer.alloc(0)
  let filled = 0
  for await (const chunk of chunks) {
    if (filled > 0 && filled + chunk.byteLength > gatheredBytesMax) {
      yield gathered.subarray(0, filled)
      gathered = Buffer.alloc(0)
      filled = 0
    }
    if (chunk.byteLength >= gatheredBytesMax) {
      yield chunk
      continue
    }
    if (filled + chunk.byteLength > gathered.byteLength) {
      gathered = grown(gathered, filled, filled + chunk.byteLength)
    }
    gathered.set(chunk, filled)
    filled += chunk.byteLength
  }
  if (filled > 0) yield gathered.subarray(0, filled)
}

/** Room for twice what is needed, so that many small chunks are not copied again for each. Most answers are one chunk and small. */
function grown(gathered: Buffer, filled: number, needed: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(
    filled === 0 ? needed : Math.min(needed * 2, gatheredBytesMax),
  )
  larger.set(gathered.subarray(0, filled))
  return larger
}
