import { Problem } from '@sallyport/contracts'
import type { Scrubber } from './scrub.ts'

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
 * out of what parsing would unfold. `keptHeaders` are those that the allowlist lets through.
 */
export async function readAnswer(
  answer: UpstreamAnswer,
  scrubber: Scrubber,
  keptHeaders: readonly (readonly [string, string])[],
): Promise<CleanAnswer> {
  const headers: Record<string, string> = Object.create(null)
  let redactions = 0
  for (const [name, value] of keptHeaders) {
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

function parseBody(
  bytes: Buffer,
  contentType: string,
  scrubber: Scrubber,
): { body: unknown; redactions: number } {
  if (bytes.byteLength === 0) return { body: null, redactions: 0 }
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const text = decodeText(bytes)
  if (text === undefined) return { body: binary(bytes, type), redactions: 0 }
  if (isJson(type)) return parseJson(text, scrubber)
  if (type === '' || type.startsWith('text/') || textTypes.test(type)) {
    return { body: text, redactions: 0 }
  }
  return { body: binary(bytes, type), redactions: 0 }
}

const isJson = (type: string) => type === 'application/json' || type.endsWith('+json')
const textTypes =
  /^application\/(xml|x-ndjson|jsonl|javascript|ecmascript|x-www-form-urlencoded|yaml|x-yaml|graphql|sql|toml)$|\+xml$|\+yaml$/

/** A string escape can hide a secret until it is parsed: what parsing unfolds is searched once more. */
function parseJson(text: string, scrubber: Scrubber): { body: unknown; redactions: number } {
  const body = tryParse(text)
  if (body === undefined) return { body: text, redactions: 0 }
  if (!text.includes('\\')) return { body, redactions: 0 }
  const unfolded = JSON.stringify(body)
  const clean = scrubber.text(unfolded)
  if (clean === unfolded) return { body, redactions: 0 }
  const again = tryParse(clean)
  if (again !== undefined) return { body: again, redactions: 1 }
  throw new Problem(
    'upstream-invalid-response',
    'The answer could not be cleaned of the credential.',
    {
      next: 'An owner can look at what the upstream sends back.',
    },
  )
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not JSON whatever its content type says: it is passed on as text.
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined // Not UTF-8: it is passed on as base64.
  }
}

const binary = (bytes: Buffer, type: string) => ({
  $base64: bytes.toString('base64'),
  contentType: type === '' ? 'application/octet-stream' : type,
})
