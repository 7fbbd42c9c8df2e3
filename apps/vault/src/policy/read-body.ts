import type { BodyField } from './body-field.ts'
import { type BodyNode, stringNode } from './body-node.ts'
import { parseContentType } from './content-type.ts'
import type { PolicyRequest } from './decision.ts'
import { readForm } from './read-form.ts'
import { type Fault, readJson } from './read-json.ts'
import { readMessage } from './read-message.ts'
import { readMultipart } from './read-multipart.ts'
import type { KnownValues } from './values-at.ts'

// Reads what would be sent as its receiver is told to read it. Whatever two receivers could read differently is unreadable.

/** A body as rules see it. `text` is what the positions of nodes are in. */
export type ReadBody =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'json'
      readonly root: BodyNode
      readonly text: string
      readonly known: KnownValues
    }
  | { readonly kind: 'form'; readonly fields: readonly BodyField[]; readonly text: string }
  | { readonly kind: 'multipart'; readonly fields: readonly BodyField[] }
  /** Plain text, in which sensitive data can be looked for and no path leads anywhere. */
  | { readonly kind: 'text'; readonly root: BodyNode; readonly text: string }
  /** A message (RFC 5322), already read: a path to it begins with `@mime`. */
  | { readonly kind: 'message'; readonly root: BodyNode }
  /** `why` ends the sentence “The body cannot be read: …”. */
  | { readonly kind: 'unreadable'; readonly why: string }

/** Longer bodies are not read. */
const readBytesMax = 1024 * 1024
const depthMax = 64

/** What bodies of these types never begin with. Many receivers go by the bytes, and whoever sends them chooses their name. */
const ownBeginnings: ReadonlySet<string> = new Set([
  'application/x-www-form-urlencoded',
  'message/rfc822',
])
/** `{`, `[`, `"` and `<`. */
const otherBeginnings: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x22, 0x3c])
const spaces: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, 0x0a])

const none: ReadBody = Object.freeze({ kind: 'none' })
const plainTexts: ReadonlySet<string> = new Set(['text/plain', 'text/csv', 'text/markdown'])
const utf8 = /^utf-?8$/i

const unreadable = (why: string): ReadBody => ({ kind: 'unreadable', why })

/** Reads a request's body by its content type. Never throws. One without bytes is none. */
export function readBody({
  headers = [],
  body,
}: Pick<PolicyRequest, 'headers' | 'body'>): ReadBody {
  if (body === undefined || body.byteLength === 0) return none
  if (body.byteLength > readBytesMax) return unreadable('it has more than 1 MiB')
  const encoding = findHeader(headers, 'content-encoding')
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return unreadable('it is compressed or encoded')
  }
  const declared = findHeader(headers, 'content-type')
  if (declared === undefined) return unreadable('it has no content type')
  const type = parseContentType(declared)
  if (type === undefined) return unreadable('its content type is malformed')
  const { essence, parameters } = type
  const charset = parameters.get('charset')
  if (charset !== undefined && !utf8.test(charset)) {
    return unreadable('it names another character set than UTF-8')
  }
  if (ownBeginnings.has(essence) && beginsOtherwise(body)) {
    return unreadable('it begins as JSON or XML does, which its content type is not')
  }
  if (essence === 'multipart/form-data') {
    const fields = readMultipart(body, parameters.get('boundary'))
    return 'fault' in fields ? unreadable(fields.fault) : { kind: 'multipart', fields }
  }
  if (essence === 'message/rfc822') {
    const root = readMessage(body)
    return root === undefined
      ? unreadable('its message can be read in two ways')
      : { kind: 'message', root }
  }
  const text = decodeUtf8(body)
  return text === undefined ? unreadable('it is not UTF-8') : readText(essence, text)
}

function beginsOtherwise(body: Uint8Array): boolean {
  const first = body.find((byte) => !spaces.has(byte))
  return first !== undefined && otherBeginnings.has(first)
}

const findHeader = (headers: NonNullable<PolicyRequest['headers']>, wanted: string) =>
  headers.find(([name]) => name === wanted)?.[1]

function readText(essence: string, text: string): ReadBody {
  if (essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')) {
    const root = readJson(text, { depthMax })
    return isFault(root) ? unreadable(root.fault) : { kind: 'json', root, text, known: new Map() }
  }
  if (essence === 'application/x-www-form-urlencoded') {
    const fields = readForm(text)
    return 'fault' in fields ? unreadable(fields.fault) : { kind: 'form', fields, text }
  }
  if (plainTexts.has(essence)) {
    const root = stringNode(text, 'plain', {
      start: 0,
      end: text.length,
      nameStart: -1,
      nameEnd: -1,
    })
    return { kind: 'text', root, text }
  }
  return unreadable('it is neither JSON nor a form')
}

const isFault = (root: BodyNode | Fault): root is Fault => 'fault' in root

/** A byte order mark is kept as what it is. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // TypeError: these bytes are not UTF-8.
  }
}
