import { arrayNode, type BodyNode, numberNode, objectNode, stringNode } from './body-node.ts'
import { type ContentType, parseContentType } from './content-type.ts'
import { parseAddresses } from './mime-addresses.ts'
import {
  decodeBase64,
  decodeCharset,
  decodeQuotedPrintable,
  decodeWords,
  fromBinary,
  plainHtml,
} from './mime-text.ts'
import { cutParts } from './read-multipart.ts'

// A message (RFC 5322, RFC 2045) as programs write it. Whoever sends it reads it again: where two readers could see other
// recipients, another text or other attachments, it cannot be read.

const depthMax = 8
const headersMax = 200
const read = new WeakMap<BodyNode, { readonly message: BodyNode | undefined }>()

/** The message that a text spells, in base64url or base64; undefined for what cannot be read. Read once for each node. */
export function messageOf(node: BodyNode, text: string): BodyNode | undefined {
  const known = read.get(node)
  if (known !== undefined) return known.message
  const bytes = decodeBase64(text)
  const message = bytes && readMessage(bytes)
  read.set(node, { message })
  return message
}

/** Reads a message's bytes: `to`, `cc`, `bcc`, `from`, `replyTo`, `subject`, `text`, `attachments`; what is not in it is left out. */
export function readMessage(bytes: Uint8Array): BodyNode | undefined {
  const text = decodeCharset(bytes, 'utf-8')
  const lines = text && withLineEnds(text)
  const entity = lines === undefined ? undefined : readEntity(lines)
  if (entity === undefined) return undefined
  const { headers } = entity
  // A blank line first: some readers skip it and take what follows for the headers.
  if (headers.size === 0) return undefined
  if ([...headers.keys()].some((name) => /^(?:resent-|apparently-to$)/.test(name))) return undefined
  const content: Content = { texts: [], attachments: [] }
  if (!readContent(entity, content, depthMax)) return undefined
  const addresses = readAddresses(headers)
  const subject = decodeWords(headers.get('subject') ?? '')
  if (addresses === undefined || subject === undefined) return undefined
  const { texts, attachments } = content
  return objectNode({
    ...addresses,
    ...(headers.has('subject') && { subject: stringNode(subject) }),
    ...(texts.length > 0 && { text: stringNode(texts.join('\n')) }),
    ...(attachments.length > 0 && { attachments: arrayNode(attachments) }),
  })
}

function readAddresses(headers: Entity['headers']): Record<string, BodyNode> | undefined {
  const lists: Record<string, BodyNode> = {}
  for (const [member, name] of addressHeaders) {
    const list = headers.get(name)
    const addresses = list === undefined ? [] : parseAddresses(list)
    if (addresses === undefined) return undefined
    if (addresses.length > 0) lists[member] = arrayNode(addresses.map((one) => stringNode(one)))
  }
  return lists
}

const addressHeaders = [
  ['to', 'to'],
  ['cc', 'cc'],
  ['bcc', 'bcc'],
  ['from', 'from'],
  ['replyTo', 'reply-to'],
] as const

/** One kind of line end throughout, written as CRLF. */
function withLineEnds(text: string): string | undefined {
  if (!text.includes('\r')) return text.replaceAll('\n', '\r\n')
  return /\r(?!\n)|(?<!\r)\n/.test(text) ? undefined : text
}

interface Entity {
  /** Names in lower case, values unfolded. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

function readEntity(text: string): Entity | undefined {
  const blank = text.startsWith('\r\n') ? -2 : text.indexOf('\r\n\r\n')
  if (blank === -1) return undefined
  const headers = new Map<string, string>()
  const lines =
    blank < 0
      ? []
      : text
          .slice(0, blank)
          .replace(/\r\n(?=[ \t])/g, '')
          .split('\r\n')
  if (lines.length > headersMax) return undefined
  for (const line of lines) {
    const match = /^([!-9;-~]+):([^\0]*)$/.exec(line)
    const name = match?.[1]?.toLowerCase()
    if (name === undefined || (isOnce(name) && headers.has(name))) return undefined
    headers.set(name, (match?.[2] ?? '').trim())
  }
  return { headers, body: text.slice(blank + 4) }
}

const once: ReadonlySet<string> = new Set([
  ...['to', 'cc', 'bcc', 'from', 'sender', 'reply-to', 'subject', 'mime-version'],
])
const isOnce = (name: string) => once.has(name) || name.startsWith('content-')

interface Content {
  readonly texts: string[]
  readonly attachments: BodyNode[]
}

/** Takes up what an entity holds; false where something of it cannot be read. */
function readContent({ headers, body }: Entity, content: Content, depthLeft: number): boolean {
  const type = parseContentType(headers.get('content-type') ?? 'text/plain; charset=us-ascii')
  const encoding = (headers.get('content-transfer-encoding') ?? '7bit').toLowerCase()
  if (type === undefined) return false
  if (type.essence.startsWith('multipart/')) {
    const boundary = type.parameters.get('boundary')
    if (boundary === undefined || boundary === '' || depthLeft === 0) return false
    if (!plainEncodings.has(encoding)) return false
    const parts = cutParts(body, `--${boundary}`)
    return (
      parts?.every(({ start, end }) => {
        const entity = readEntity(body.slice(start, end))
        return entity !== undefined && readContent(entity, content, depthLeft - 1)
      }) ?? false
    )
  }
  const bytes = decodeTransfer(body, encoding)
  const file = readDisposition(headers.get('content-disposition'), type)
  if (bytes === undefined || file === undefined) return false
  const isText = type.essence === 'text/plain' || type.essence === 'text/html'
  if (file.isAttachment || file.filename !== undefined || !isText) {
    content.attachments.push(attachmentNode(bytes, type.essence, file.filename))
    return true
  }
  const text = decodeCharset(bytes, type.parameters.get('charset') ?? 'us-ascii')
  if (text === undefined) return false
  content.texts.push(text, ...(type.essence === 'text/html' ? [plainHtml(text)] : []))
  return true
}

const attachmentNode = (bytes: Uint8Array, essence: string, filename: string | undefined) =>
  objectNode(
    {
      ...(filename !== undefined && { filename: stringNode(filename) }),
      contentType: stringNode(essence),
      bytes: numberNode(bytes.byteLength),
    },
    'opaque',
  )

const plainEncodings: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary'])

function decodeTransfer(body: string, encoding: string): Uint8Array | undefined {
  if (plainEncodings.has(encoding)) return new TextEncoder().encode(body)
  if (encoding === 'base64') return decodeBase64(body.replaceAll('\r\n', ''))
  if (encoding !== 'quoted-printable' || /[^\t\r\n -~]/.test(body)) return undefined
  return decodeQuotedPrintable(body)
}

interface File {
  readonly isAttachment: boolean
  readonly filename: string | undefined
}

/** Whether a part is a file, and what it is called; undefined where that can be read in two ways. */
function readDisposition(text: string | undefined, type: ContentType): File | undefined {
  // Its grammar is that of a media type but for the subtype (RFC 2183 §2).
  const disposition = parseContentType(`x/${text ?? 'inline'}`)
  if (disposition === undefined) return undefined
  const names = [...disposition.parameters, ...type.parameters].flatMap(([name, value]) =>
    /^(?:file)?name/.test(name) ? [{ name, value }] : [],
  )
  const decoded = names.map(({ name, value }) =>
    name.endsWith('*') ? decodeExtended(value) : /\*/.test(name) ? undefined : decodeWords(value),
  )
  if (decoded.some((name) => name === undefined || name !== decoded[0])) return undefined
  const [filename] = decoded
  return { isAttachment: disposition.essence !== 'x/inline', filename }
}

/** `UTF-8''na%C3%AFve.txt` (RFC 2231 §4). */
function decodeExtended(value: string): string | undefined {
  const match = /^utf-8'[A-Za-z-]*'((?:[!#$&+.^_`|~0-9A-Za-z-]|%[0-9A-Fa-f]{2})*)$/i.exec(value)
  if (match === null) return undefined
  const binary = (match[1] ?? '').replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeCharset(fromBinary(binary), 'utf-8')
}
