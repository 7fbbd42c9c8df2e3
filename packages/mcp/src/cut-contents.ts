import { Buffer } from 'node:buffer'
import { cutBody } from './cut-body.ts'
import { maxBytesDefault } from './limits.ts'

type Members = Readonly<Record<string, unknown>>

/** Cuts what a server's resource or prompt holds to what a model is given at once, and says so. */
export function cutContents(result: Members): Members {
  const totalBytes = Buffer.byteLength(JSON.stringify(result))
  if (totalBytes <= maxBytesDefault) return result
  const { contents } = result
  if (Array.isArray(contents)) {
    let left = maxBytesDefault
    const shown = contents.map((content: unknown) => {
      const cut = cutContent(content, left)
      left = Math.max(0, left - Buffer.byteLength(JSON.stringify(cut)))
      return cut
    })
    return { ...result, contents: shown, ...cutNote(totalBytes) }
  }
  const { body } = cutBody(result, maxBytesDefault)
  return { beginning: body, ...cutNote(totalBytes) }
}

const cutNote = (totalBytes: number) => ({
  truncated: true,
  totalBytes,
  next: `This is the first part of ${totalBytes} bytes, and the rest cannot be had here. Read a smaller resource, or use a tool of the server that gives less at a time, if there is one.`,
})

/** Of a text its beginning; of bytes nothing, since a part of them is of no use. */
function cutContent(content: unknown, bytesMax: number): unknown {
  if (typeof content !== 'object' || content === null) return content
  const { text, blob, ...rest } = content as Members
  if (typeof text === 'string') return { ...rest, text: cutBody(text, bytesMax).body }
  if (typeof blob !== 'string') return content
  return blob.length <= bytesMax
    ? content
    : { ...rest, blobBytes: Buffer.byteLength(blob, 'base64') }
}
