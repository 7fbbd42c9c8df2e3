import { Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { exchangeProblem, invalidResponse, tooLargeProblem } from './upstream-problem.ts'

type MakeDecoder = () => Transform

/** The content codings that are read (RFC 9110 §8.4.1); zstd where node has it. */
const decoders: ReadonlyMap<string, MakeDecoder> = new Map([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['br', () => zlib.createBrotliDecompress()],
  ...zstdWhereNodeHasIt(),
])

/** Reads a content-encoding: `identity`, or a coding that `decodeBody` takes; undefined for one that is unknown here or stacked, which would be a bomb in a bomb. */
export function readCoding(value: string | undefined): string | undefined {
  const coding = (value ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return 'identity'
  if (coding === 'deflate' || decoders.has(coding)) return coding
  return undefined
}

/**
 * Decodes a body piece by piece and stops at `bytesMax` decoded bytes, whatever the encoded ones would still become.
 * @throws Problem response-too-large, upstream-invalid-response for bytes that are not in the coding or end early
 */
export async function* decodeBody(
  coding: string,
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    const first = await iterator.next()
    if (first.done === true) return // RFC 9110 allows a coding on a body that is not there
    const decoder = makeDecoder(coding, first.value)
    const input = Readable.from(startingWith(first.value, iterator))
    input.on('error', (error) => decoder.destroy(error))
    decoder.on('close', () => input.destroy())
    let bytes = 0
    try {
      for await (const chunk of input.pipe(decoder)) {
        bytes += chunk.byteLength
        if (bytes > bytesMax) throw tooLargeProblem('body')
        yield chunk
      }
    } catch (error) {
      throw asDecodeProblem(error, coding)
    } finally {
      decoder.destroy()
    }
  } finally {
    await iterator.return?.()
  }
}

function makeDecoder(coding: string, first: Uint8Array): Transform {
  // "deflate" is zlib (RFC 1950) by the standard and raw by the habit of some servers: the first byte tells.
  if (coding === 'deflate') {
    return ((first[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw()
  }
  const make = decoders.get(coding)
  if (make === undefined) throw invalidResponse('The coding of the answer is not read here.')
  return make()
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  yield first
  for (;;) {
    const step = await rest.next()
    if (step.done === true) return
    yield step.value
  }
}

function asDecodeProblem(error: unknown, coding: string): Error {
  const code =
    typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  if (/^(?:Z_|ERR__?BROTLI|ERR_ZSTD|ZSTD_|ERR_PADDING|ERR_BUFFER)/.test(code)) {
    return invalidResponse(`The body of the answer is not whole and valid ${coding}.`, code)
  }
  return exchangeProblem(error)
}

function zstdWhereNodeHasIt(): [string, MakeDecoder][] {
  const make: unknown = Reflect.get(zlib, 'createZstdDecompress')
  return typeof make === 'function' ? [['zstd', () => make()]] : []
}
