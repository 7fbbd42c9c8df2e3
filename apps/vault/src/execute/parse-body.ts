import { notCleaned, type Scrubber } from './scrub.ts'

/** Long text that is more than this many times its size when it is written as JSON goes as base64: controls take six. */
const growthMax = 2
const growthFreeBytes = 64 * 1024

/** A body whose bytes are scrubbed. */
export interface ScrubbedBody {
  readonly bytes: Buffer
  readonly contentType: string
  /** How often something was taken out of the answer so far. */
  readonly redactions: number
  /** It was rewritten after it was scrubbed, so that what is written is searched once more in any case. */
  readonly isRewritten?: boolean
}

/** The body as it goes into the answer to an agent. */
interface ParsedBody {
  readonly body: unknown
  readonly redactions: number
}

/** The media type of a content type, in lower case and without parameters. */
export const mediaTypeOf = (contentType: string) =>
  contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''

/**
 * Parses a body by its content type, and searches what that unfolds for secrets once more (S-20).
 * @throws Problem upstream-invalid-response where a secret cannot be taken out
 */
export function parseBody(body: ScrubbedBody, scrubber: Scrubber): ParsedBody {
  const { bytes, contentType, redactions } = body
  if (bytes.byteLength === 0) return { body: null, redactions }
  const parsed = unfoldBody(bytes, mediaTypeOf(contentType), {
    scrubber,
    isRewritten: body.isRewritten === true,
  })
  return { body: parsed.body, redactions: redactions + parsed.redactions }
}

function unfoldBody(
  bytes: Buffer,
  type: string,
  { scrubber, isRewritten }: { readonly scrubber: Scrubber; readonly isRewritten: boolean },
): ParsedBody {
  const text = decodeText(bytes)
  if (text === undefined) return packed(bytes, type, scrubber)
  if (isJson(type)) {
    const body = tryParse(text.replace(/^\ufeff/, ''))
    if (body === undefined) return unfolded(text, '', scrubber)
    return unfolded(body, isRewritten ? '' : text, scrubber)
  }
  if (!isText(type)) return packed(bytes, type, scrubber)
  const growth = growthOf(bytes)
  if (growth === 0 && !isRewritten) return { body: text, redactions: 0 }
  const isLong = bytes.byteLength > growthFreeBytes
  if (isLong && growth > (growthMax - 1) * bytes.byteLength) return packed(bytes, type, scrubber)
  return unfolded(text, '', scrubber)
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
/** Whether a body of this media type is handed on as text. */
export const isText = (type: string) =>
  type === '' || type.startsWith('text/') || textTypes.test(type)
const textTypes =
  /^application\/((?:x-)?(?:ndjson|jsonl|jsonlines|json-lines)|xml|javascript|ecmascript|x-www-form-urlencoded|yaml|x-yaml|graphql|sql|toml)$|\+xml$|\+yaml$/

/** What was made of an answer after it was cleaned, searched for secrets once more (S-20). */
export const cleanMade = (made: unknown, scrubber: Scrubber): ParsedBody =>
  unfolded(made, '', scrubber)

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
  throw notCleaned()
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

/** Undefined for what is not UTF-8. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined // Not UTF-8: it is passed on as base64.
  }
}
