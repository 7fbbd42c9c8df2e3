import { Problem } from '@sallyport/contracts'
import type { Scrubber } from './scrub.ts'
import type { TakeTurn } from './take-turns.ts'

/** Answers of more bytes than this take turns at being parsed and searched. */
const turnFromBytes = 256 * 1024
/** Long text that is more than this many times its size when it is written as JSON goes as base64: controls take six. */
const growthMax = 2
const growthFreeBytes = 64 * 1024

/** An upstream's answer as egress hands it over. */
export interface UpstreamAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: AsyncIterable<Uint8Array>
}

/** The answer as the agent gets it: scrubbed, its body parsed by its content type. */
export interface CleanAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly responseBytes: number
  readonly redactions: number
}

/**
 * Reads an answer to its end and takes every form of the secrets out of it (S-20): out of the bytes as they come, and
 * out of what parsing would unfold. `answer.headers` are those that the allowlist lets through.
 */
export async function readAnswer(
  answer: UpstreamAnswer,
  scrubber: Scrubber,
  takeTurn: TakeTurn,
): Promise<CleanAnswer> {
  const headers: Record<string, string> = Object.create(null)
  let redactions = 0
  for (const [name, value] of answer.headers) {
    if (scrubber.isInName(name)) {
      redactions += 1
      continue
    }
    const clean = scrubber.text(value)
    if (clean !== value) redactions += 1
    headers[name] = headers[name] === undefined ? clean : `${headers[name]}, ${clean}`
  }
  const stream = scrubber.stream()
  const chunks: Uint8Array[] = []
  let responseBytes = 0
  for await (const chunk of answer.body) {
    responseBytes += chunk.byteLength
    chunks.push(stream.push(chunk))
  }
  chunks.push(stream.end())
  if (responseBytes > turnFromBytes) await takeTurn()
  const parsed = parseBody(join(chunks), headers['content-type'] ?? '', scrubber)
  return {
    status: answer.status,
    headers,
    body: parsed.body,
    responseBytes,
    redactions: redactions + stream.hits + parsed.redactions,
  }
}

const join = (chunks: readonly Uint8Array[]): Buffer => {
  const filled = chunks.filter((chunk) => chunk.byteLength > 0)
  const [only, second] = filled
  if (only !== undefined && second === undefined) {
    return Buffer.from(only.buffer, only.byteOffset, only.byteLength)
  }
  return Buffer.concat(filled)
}

interface ParsedBody {
  readonly body: unknown
  readonly redactions: number
}

function parseBody(bytes: Buffer, contentType: string, scrubber: Scrubber): ParsedBody {
  if (bytes.byteLength === 0) return { body: null, redactions: 0 }
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const text = decodeText(bytes)
  if (text === undefined) return packed(bytes, type, scrubber)
  if (isJson(type)) {
    const body = tryParse(text.replace(/^\ufeff/, ''))
    return body === undefined ? unfolded(text, '', scrubber) : unfolded(body, text, scrubber)
  }
  if (type === '' || type.startsWith('text/') || textTypes.test(type)) {
    const growth = growthOf(bytes)
    if (growth === 0) return { body: text, redactions: 0 }
    const isLong = bytes.byteLength > growthFreeBytes
    if (isLong && growth > (growthMax - 1) * bytes.byteLength) return packed(bytes, type, scrubber)
    return unfolded(text, '', scrubber)
  }
  return packed(bytes, type, scrubber)
}

/** How many bytes more text takes when it is written as JSON: quotes and backslashes one, controls one or five. */
function growthOf(bytes: Uint8Array): number {
  let growth = 0
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) growth += 1
    else if (byte < 0x20) growth += byte >= 0x08 && byte <= 0x0d && byte !== 0x0b ? 1 : 5
  }
  return growth
}

const isJson = (type: string) => type === 'application/json' || type.endsWith('+json')
const textTypes =
  /^application\/(xml|x-ndjson|jsonl|javascript|ecmascript|x-www-form-urlencoded|yaml|x-yaml|graphql|sql|toml)$|\+xml$|\+yaml$/

/**
 * What parsing unfolds and writing folds is searched once more, as it will be written: `\u0073`, `1.2e3` and the spaces of
 * JSON can hide a secret until then. `read` is the text that the body was parsed from, which was searched already.
 */
function unfolded(body: unknown, read: string, scrubber: Scrubber): ParsedBody {
  const written = tryWrite(body)
  if (written === undefined) return { body: read, redactions: 0 }
  if (written === read) return { body, redactions: 0 }
  const clean = scrubber.text(written)
  if (clean === written) return { body, redactions: 0 }
  // Where the secret was no string but a part of the structure, what is left is no JSON any more: it goes on as text.
  return { body: tryParse(clean) ?? clean, redactions: 1 }
}

/** Base64 can spell a secret that the bytes do not hold. Nothing can be cut out of it, so the answer is withheld. */
function packed(bytes: Buffer, type: string, scrubber: Scrubber): ParsedBody {
  const body = {
    $base64: bytes.toString('base64'),
    contentType: type === '' ? 'application/octet-stream' : type,
  }
  if (scrubber.text(body.$base64) === body.$base64) return { body, redactions: 0 }
  throw new Problem(
    'upstream-invalid-response',
    'The answer could not be cleaned of the credential.',
    {
      next: 'An owner can look at what the upstream sends back.',
    },
  )
}

/** Undefined for what is nested too deeply to be written again. */
function tryWrite(body: unknown): string | undefined {
  try {
    return JSON.stringify(body)
  } catch (cause) {
    if (cause instanceof RangeError) return undefined
    throw cause
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not JSON whatever its content type says: it is passed on as text.
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined // Not UTF-8: it is passed on as base64.
  }
}
