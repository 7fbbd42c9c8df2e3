import { type JsonLayout, layOutJson } from './lay-out-json.ts'

// Reads the bytes that would be sent the way their receiver is told to read them.

export interface FormPair {
  readonly name: string
  readonly value: string
}

/** A body as a person can read it. `bytes`: only its bytes can be shown. */
export type Readable =
  | { readonly kind: 'json'; readonly layout: JsonLayout }
  | { readonly kind: 'form'; readonly pairs: readonly FormPair[] }
  | { readonly kind: 'text' }
  | { readonly kind: 'bytes' }

export interface ReadBody {
  readonly readable: Readable
  /** The bytes as UTF-8, character by character; absent where they are none. */
  readonly text?: string
  readonly bytes: Uint8Array
  /** What an owner should know before believing the readable form. Plain sentences of ours. */
  readonly warnings: readonly string[]
}

interface GivenBody {
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly base64: string
}

/** Reads a body by its content type. What does not keep to it is shown as text or bytes, with a word of warning. */
export function readBody({ contentType = '', contentEncoding, base64 }: GivenBody): ReadBody {
  const bytes = decodeBase64(base64)
  const text = decodeUtf8(bytes)
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]?.toLowerCase()
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    const warning =
      'The headers say that the body is compressed or encoded: only its bytes can be shown.'
    return { readable: { kind: 'bytes' }, bytes, warnings: [warning] }
  }
  if (charset !== undefined && !['utf-8', 'utf8', 'us-ascii', 'ascii'].includes(charset)) {
    const warning =
      'The headers name another character set than UTF-8: only the bytes can be shown.'
    return { readable: { kind: 'bytes' }, bytes, warnings: [warning] }
  }
  if (text === undefined) {
    const warnings = isTextual(type)
      ? ['The headers promise text, and the bytes are no UTF-8: only the bytes can be shown.']
      : []
    return { readable: { kind: 'bytes' }, bytes, warnings }
  }
  return { ...readText(type, text), text, bytes }
}

function readText(type: string, text: string): Pick<ReadBody, 'readable' | 'warnings'> {
  if (type === 'application/x-www-form-urlencoded') {
    return readForm(text)
  }
  const isJson = type === 'application/json' || type.endsWith('+json')
  const layout = isJson || type === '' ? layOutJson(text) : undefined
  if (layout !== undefined) {
    return { readable: { kind: 'json', layout }, warnings: warningsOf(layout) }
  }
  const warnings = isJson
    ? ['The headers promise JSON, and the body is none. It is shown as text.']
    : []
  return { readable: { kind: isReadable(text) ? 'text' : 'bytes' }, warnings }
}

function warningsOf({ duplicates, isCut }: JsonLayout): string[] {
  const warnings: string[] = []
  if (duplicates.length > 0) {
    warnings.push('A name stands twice in one object. Receivers differ in which one they take.')
  }
  if (isCut) warnings.push('Only the beginning is laid out as JSON. “Bytes” shows all of it.')
  return warnings
}

const pairsMax = 5_000

function readForm(text: string): Pick<ReadBody, 'readable' | 'warnings'> {
  const pairs: FormPair[] = []
  // A question mark at its start would be taken for that of a URL.
  for (const [name, value] of new URLSearchParams(`&${text}`)) {
    if (pairs.length === pairsMax) {
      const warnings = ['Only the first fields are listed. “Text” and “Bytes” show more.']
      return { readable: { kind: 'form', pairs }, warnings }
    }
    pairs.push({ name, value })
  }
  return { readable: { kind: 'form', pairs }, warnings: [] }
}

const isTextual = (type: string) =>
  type.startsWith('text/') || /[/+](json|xml|x-www-form-urlencoded)$/.test(type)

const controlsShareMax = 0.1
const sampleChars = 4_096

/** Text may hold a control here and there; what is mostly controls is data that happens to be UTF-8. */
function isReadable(text: string): boolean {
  const sample = text.slice(0, sampleChars)
  const controls = sample.match(/(?![\t\n\r])\p{Cc}/gu)?.length ?? 0
  return controls <= sample.length * controlsShareMax
}

/** The bytes as UTF-8, a byte order mark kept as what it is; undefined where they are none. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function decodeBase64(base64: string): Uint8Array {
  const binary = atob(base64)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}
