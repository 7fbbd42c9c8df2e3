import { Buffer } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'

/** A body as the model gets it. */
export type CutBody =
  | { readonly truncated: false; readonly body: unknown }
  | {
      readonly truncated: true
      /** The beginning: of text as text, of JSON as the text of its beginning, of bytes as base64. */
      readonly body: unknown
      readonly totalBytes: number
    }

/** Cuts a body to a number of bytes of UTF-8, never within a character. */
export function cutBody(body: unknown, bytesMax: number): CutBody {
  const base64 = base64Of(body)
  if (base64 !== undefined) {
    const totalBytes = Buffer.byteLength(base64, 'base64')
    if (totalBytes <= bytesMax) return { truncated: false, body }
    // Whole groups of four characters, so that what is left decodes.
    const $base64 = base64.slice(0, Math.floor(bytesMax / 3) * 4)
    return { truncated: true, body: { ...(body as object), $base64 }, totalBytes }
  }
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '')
  const bytes = Buffer.from(text)
  if (bytes.byteLength <= bytesMax) return { truncated: false, body }
  const beginning = new StringDecoder('utf8').write(bytes.subarray(0, bytesMax))
  return { truncated: true, body: beginning, totalBytes: bytes.byteLength }
}

function base64Of(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('$base64' in body)) return undefined
  return typeof body.$base64 === 'string' ? body.$base64 : undefined
}
