import { Problem } from '@sallyport/contracts'

/** A request as `send` takes it. The URL is the final one, as `URL.href` writes it; headers go out in this order. */
export interface OutgoingRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
}

/** The same, checked, in the shape that goes on the wire. */
export interface WireRequest {
  readonly method: string
  readonly origin: string
  readonly path: string
  /** Names and values by turns. */
  readonly headers: string[]
  readonly body: Uint8Array | null
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
const headersMax = 100
const headerBytesMax = 64 * 1024
const urlCharsMax = 32 * 1024

/** RFC 9110 §5.1 and §5.5 without tab: a value is printable Latin-1, so that no byte can end a line. */
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const headerValue = /^[\x20-\x7e\xa0-\xff]*$/

/** What the connection itself writes or what changes where a message ends: RFC 9112 §6, RFC 9110 §7.6. */
const framingHeaders = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
  'expect',
  'http2-settings',
  'proxy-connection',
  'proxy-authorization',
])

/**
 * The last check before the wire (S-19): nothing in a request can end a line, add a header or move the end of the message.
 * Freezing has refused all of this before; here it holds for every caller.
 * @throws Problem invalid-method, invalid-url, invalid-header
 */
export function toWireRequest(request: OutgoingRequest): WireRequest {
  const { method, url, body } = request
  if (!methods.has(method)) {
    throw new Problem(
      'invalid-method',
      'The method is one of GET, HEAD, POST, PUT, PATCH and DELETE.',
    )
  }
  const hasBody = body !== undefined && body.byteLength > 0
  if (hasBody && (method === 'GET' || method === 'HEAD')) {
    throw new Problem('invalid-input', `A ${method} request has no body.`)
  }
  const slash = url.indexOf('/', url.indexOf('://') + 3)
  const path = url.slice(slash)
  if (slash < 8 || url.length > urlCharsMax || !/^\/[\x21\x22\x24-\x7e]*$/.test(path)) {
    throw new Problem(
      'invalid-url',
      'The URL is not absolute, has a fragment or holds characters that a URL does not have.',
    )
  }
  return {
    method,
    origin: url.slice(0, slash),
    path,
    headers: toWireHeaders(request.headers),
    body: hasBody ? body : null,
  }
}

function toWireHeaders(headers: OutgoingRequest['headers']): string[] {
  const wire: string[] = []
  let bytes = 0
  for (const [name, value] of headers) {
    if (!headerName.test(name) || !headerValue.test(value)) {
      throw new Problem('invalid-header', 'A header has a character that headers do not have.')
    }
    if (framingHeaders.has(name.toLowerCase())) {
      throw new Problem('invalid-header', `The header ${name} is written by the vault itself.`)
    }
    bytes += name.length + value.length
    wire.push(name, value)
  }
  if (headers.length > headersMax || bytes > headerBytesMax) {
    throw new Problem('invalid-header', 'The request has too many headers.')
  }
  return wire
}
