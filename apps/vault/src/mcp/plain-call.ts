// Most messages are calls of a tool that no notice, no link and no second round goes with, and most answers to them are texts. Both
// are read and written here, at a fraction of what a server of the SDK costs. What is not exactly as it is most of the time is the
// SDK's: a message before anything is done, an answer once it is there.

import { type CallAnswer, serverInfo } from 'sallyport-mcp/server'

/** A call of a tool whose client hears of nothing but its answer. */
export interface PlainCall {
  readonly id: string | number
  readonly name: string
  readonly args: Members
  /** Of 2026-07-28; else of a revision before it. */
  readonly isModern: boolean
}

/** An answer as it goes out. */
export interface PlainAnswer {
  readonly type: 'application/json' | 'text/event-stream'
  readonly text: string
}

type Members = Readonly<Record<string, unknown>>

const modernRevision = '2026-07-28'
const legacyRevisions = new Set(['2025-03-26', '2025-06-18', '2025-11-25'])
const metaPrefix = 'io.modelcontextprotocol/'

/** Reads a message; undefined for what the SDK has to look at. */
export function readPlainCall(body: unknown, headers: Headers): PlainCall | undefined {
  if (!isObject(body) || !hasOnly(body, ['jsonrpc', 'id', 'method', 'params'])) return undefined
  const { jsonrpc, id, method, params } = body
  if (jsonrpc !== '2.0' || method !== 'tools/call' || !isId(id) || !isObject(params))
    return undefined
  if (!hasOnly(params, ['name', 'arguments', '_meta'])) return undefined
  const { name, arguments: args = {}, _meta } = params
  if (typeof name !== 'string' || !/^[\w.-]{1,128}$/.test(name) || !isObject(args)) return undefined
  if (!isJson(headers.get('content-type')) || !acceptsBoth(headers.get('accept'))) return undefined
  const revision = headers.get('mcp-protocol-version') ?? ''
  if (_meta === undefined && legacyRevisions.has(revision)) {
    return { id, name, args, isModern: false }
  }
  const isModern =
    revision === modernRevision &&
    headers.get('mcp-method') === method &&
    headers.get('mcp-name') === name &&
    isPlainEnvelope(_meta)
  return isModern ? { id, name, args, isModern } : undefined
}

/** Who calls, and nothing that a client could do for the call: show a link, hear of progress. */
function isPlainEnvelope(meta: unknown): boolean {
  const keys = ['protocolVersion', 'clientInfo', 'clientCapabilities'].map(
    (key) => metaPrefix + key,
  )
  if (!isObject(meta) || !hasOnly(meta, keys)) return false
  const [revision, info, capabilities] = keys.map((key) => meta[key])
  return (
    revision === modernRevision &&
    isObject(info) &&
    hasOnly(info, ['name', 'version']) &&
    typeof info.name === 'string' &&
    typeof info.version === 'string' &&
    isObject(capabilities) &&
    hasOnly(capabilities, [])
  )
}

/** Writes an answer as the SDK does; undefined for one that the SDK has to write. */
export function writePlainAnswer(
  { id, isModern }: PlainCall,
  answer: CallAnswer,
): PlainAnswer | undefined {
  const { _meta, content, structuredContent, isError, ...rest } = answer as Members
  const isPlain =
    Object.keys(rest).length === 0 &&
    Array.isArray(content) &&
    content.every(isPlainText) &&
    (_meta === undefined || (isObject(_meta) && Object.keys(_meta).length === 0)) &&
    (structuredContent === undefined || isObject(structuredContent)) &&
    (isError === undefined || typeof isError === 'boolean')
  if (!isPlain) return undefined
  const result = {
    ...(_meta !== undefined && { _meta: {} }),
    ...{ content, structuredContent, isError },
    ...(isModern && { resultType: 'complete', _meta: { [`${metaPrefix}serverInfo`]: serverInfo } }),
  }
  const text = JSON.stringify({ result, jsonrpc: '2.0', id })
  return isModern
    ? { type: 'application/json', text }
    : { type: 'text/event-stream', text: `event: message\ndata: ${text}\n\n` }
}

const isPlainText = (content: unknown): boolean =>
  isObject(content) &&
  hasOnly(content, ['type', 'text']) &&
  content.type === 'text' &&
  typeof content.text === 'string'

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasOnly = (members: Members, names: readonly string[]): boolean =>
  Object.keys(members).every((name) => names.includes(name))

const isId = (id: unknown): id is string | number =>
  typeof id === 'string' || Number.isSafeInteger(id)

const isJson = (type: string | null): boolean =>
  type === 'application/json' || type === 'application/json; charset=utf-8'

const acceptsBoth = (accept: string | null): boolean =>
  accept === 'application/json, text/event-stream' ||
  accept === 'text/event-stream, application/json'
