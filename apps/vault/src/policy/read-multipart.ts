import { type BodyField, toField } from './body-field.ts'
import { type BodyNode, numberNode, objectNode, stringNode } from './body-node.ts'
import { parseContentType } from './content-type.ts'
import { type Fault, readJson } from './read-json.ts'

// multipart/form-data (RFC 7578) as browsers and libraries write it, and nothing else: readers of such bodies differ on
// almost everything that they need not be sent.

const partsMax = 1000
const textBytesMax = 65_536
const depthMax = 64
const boundaryPattern = /^[0-9A-Za-z'()+_,./:=?-]{1,70}$/
const dispositionPattern =
  /^content-disposition: ?form-data; ?name="([^"\\%\r\n]*)"(?:; ?filename="([^"\\%\r\n]*)")?$/i
const typePattern = /^content-type: ?([^\r\n]+)$/i

/**
 * Reads names, and values that are text or JSON. Of a file: `filename`, `contentType` and `bytes`; what is in it is not read.
 * A fault for text around the parts, other headers, escapes in names, and a boundary that stands anywhere else.
 */
export function readMultipart(
  body: Uint8Array,
  boundary: string | undefined,
): readonly BodyField[] | Fault {
  if (boundary === undefined || !boundaryPattern.test(boundary)) {
    return { fault: 'its content type names no usual boundary' }
  }
  // One character for each byte: positions are those of the bytes.
  const text = toLatin1(body)
  const parts = cutParts(text, `--${boundary}`)
  if (parts === undefined) return { fault: 'its parts are not put together in the usual way' }
  const fields: BodyField[] = []
  for (const { start, end } of parts) {
    const field = readPart({ text, body, start, end })
    if (field === undefined) return { fault: 'one of its parts is not written in the usual way' }
    fields.push(field)
  }
  return fields
}

const chunkBytes = 8192

function toLatin1(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunkBytes))
  }
  return text
}

interface Stretch {
  readonly start: number
  readonly end: number
}

/** Where the parts stand. Every place at which the delimiter occurs has to be the line of a delimiter. */
export function cutParts(text: string, delimiter: string): Stretch[] | undefined {
  if (!text.startsWith(`${delimiter}\r\n`)) return undefined
  const parts: Stretch[] = []
  let start = delimiter.length + 2
  for (;;) {
    const at = text.indexOf(delimiter, start)
    if (at < start + 2 || text.slice(at - 2, at) !== '\r\n' || parts.length === partsMax) {
      return undefined
    }
    parts.push({ start, end: at - 2 })
    const rest = at + delimiter.length
    if (text.startsWith('\r\n', rest)) {
      start = rest + 2
      continue
    }
    const end = text.slice(rest, rest + 5)
    return rest + end.length === text.length && (end === '--' || end === '--\r\n')
      ? parts
      : undefined
  }
}

interface Part extends Stretch {
  readonly text: string
  readonly body: Uint8Array
}

function readPart({ text, body, start, end }: Part): BodyField | undefined {
  const blank = text.indexOf('\r\n\r\n', start)
  if (blank < 0 || blank + 4 > end) return undefined
  const [first = '', second, ...others] = text.slice(start, blank).split('\r\n')
  const disposition = dispositionPattern.exec(
    decodeText(body.subarray(start, start + first.length)) ?? '',
  )
  const declared = second === undefined ? undefined : typePattern.exec(second)?.[1]
  if (disposition === null || others.length > 0) return undefined
  if (second !== undefined && declared === undefined) return undefined
  const [, name = '', filename] = disposition
  if (/\p{Cc}/u.test(`${name}${filename ?? ''}`)) return undefined
  // It names the character set of all the others (RFC 7578 §4.6).
  if (name.trim().toLowerCase() === '_charset_') return undefined
  const content = body.subarray(blank + 4, end)
  const node = readContent(content, { filename, declared })
  return node && toField(name, node)
}

interface Told {
  readonly filename: string | undefined
  readonly declared: string | undefined
}

/** Undefined for what promises to be readable and is not. */
function readContent(content: Uint8Array, { filename, declared }: Told): BodyNode | undefined {
  const type = declared === undefined ? undefined : parseContentType(declared)
  if (declared !== undefined && type === undefined) return undefined
  const charset = type?.parameters.get('charset') ?? 'utf-8'
  if (!/^utf-?8$/i.test(charset)) return undefined
  const essence = type?.essence ?? 'text/plain'
  // More parts inside, with names of their own.
  if (/^(?:multipart|message)\//.test(essence)) return undefined
  if (filename !== undefined || content.length > textBytesMax) {
    return fileNode(content, filename, essence)
  }
  if (essence === 'text/plain') {
    const text = decodeText(content)
    return text === undefined ? undefined : stringNode(text, 'loose')
  }
  if (essence !== 'application/json') return fileNode(content, filename, essence)
  const text = decodeText(content)
  const root = text === undefined ? undefined : readJson(text, { depthMax })
  return root === undefined || 'fault' in root ? undefined : root
}

const fileNode = (content: Uint8Array, filename: string | undefined, essence: string): BodyNode =>
  objectNode(
    {
      ...(filename !== undefined && { filename: stringNode(filename) }),
      contentType: stringNode(essence),
      bytes: numberNode(content.byteLength),
    },
    'opaque',
  )

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // TypeError: these bytes are not UTF-8.
  }
}
