import { type HttpMethod, httpMethods, Problem } from '@sallyport/contracts'
import { hasCallScheme, isWholeCall } from './call-address.ts'
import { requireSameFrame } from './call-frame.ts'
import { parseCanonicalUrl, urlBytesMax } from './canonical-url.ts'
import { encodeBody, type RequestBody } from './request-body.ts'
import { digestRequest } from './request-digest.ts'
import {
  filterRequestHeaders,
  type HeaderList,
  parseRequestHeaders,
  refuseCredentialCookies,
} from './request-headers.ts'
import {
  encodeQuery,
  parseQuery,
  type QueryMap,
  type QueryParameters,
  refuseCredentialName,
  refuseNamesInBoth,
  refuseOverrides,
} from './request-query.ts'

declare const frozen: unique symbol

/** The tool that a request is a call of, as it was when it was frozen. */
export interface FrozenTool {
  readonly toolId: string
  readonly toolsetId: string
  /** Its full name. */
  readonly name: string
  /** That of the tool that it is, where that is another toolset’s. */
  readonly sourceName?: string | undefined
  /** Of its definition. */
  readonly digest: string
  /** Names in lower case: what its definition sends beside what every request may. */
  readonly ownHeaders: readonly string[]
}

/**
 * The request as it will be sent, but for the credential. Only `freezeRequest` makes one, and `restoreFrozenRequest` again
 * from what `writeFrozenRequest` wrote of it; nothing is read twice.
 */
export interface FrozenRequest {
  readonly [frozen]: true
  readonly method: HttpMethod
  /** Absolute, with the query merged in. A path credential's `{placeholder}` still stands in it. */
  readonly url: string
  readonly origin: string
  /** Host and port, as WHATWG writes them. */
  readonly host: string
  /** The raw path, escapes and `{placeholder}` included. */
  readonly path: string
  /** Decoded, every occurrence, in order. */
  readonly query: QueryParameters
  /** Names in lower case, each once; what the vault fills in is in it. */
  readonly headers: HeaderList
  /** The exact bytes. A typed array cannot be frozen: nobody but this request holds it, and nobody writes to it. */
  readonly body?: Uint8Array
  /** SHA-256 over method, URL, headers and body, each with its length before it, the tool's id and `passed`; lower-case hex. */
  readonly digest: string
  /** Names of the agent's headers that are not sent. */
  readonly droppedHeaders: readonly string[]
  /** Absent where the agent wrote the request itself. */
  readonly tool?: FrozenTool
  /** The keyed fingerprint of the caller's own credential, where that is what will be put on. */
  readonly passed?: string
}

/** What an agent asks for; parts of the input of `execute`. */
export interface RequestInput {
  readonly method: string
  readonly url: string
  readonly query?: QueryMap | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
}

/** Where the credential will go. The agent leaves that place free, or, in a path, marks it. */
export interface CredentialSlot {
  /** Headers that are put on: the agent's own of these names are dropped. */
  readonly headerNames?: readonly string[] | undefined
  /** Query parameters, which the agent may not give itself. */
  readonly queryNames?: readonly string[] | undefined
  /** Cookies, which a tool may not give itself; agents send none in any case. */
  readonly cookieNames?: readonly string[] | undefined
  /** `{placeholder}` has to stand in the path exactly once, as in https://api.example.com/bot{token}/send. */
  readonly placeholder?: string | undefined
  /** The keyed fingerprint of what goes there, where it is the caller's own. */
  readonly passed?: string | undefined
}

/** What the connection says about its requests. */
export interface FreezeOptions {
  readonly allowEncodedSlash?: boolean | undefined
  /** Both unless said otherwise: the origins of the credential decide whether plain `http` is one of them. */
  readonly schemes?: readonly ('https' | 'http')[] | undefined
  /** Names of headers that the agent may send beside the usual ones. */
  readonly extraHeaders?: readonly string[] | undefined
  readonly slot?: CredentialSlot | undefined
  /** The request is a call of this tool. */
  readonly tool?: FrozenTool | undefined
}

const defaultHeaders: HeaderList = [
  ['accept', '*/*'],
  ['user-agent', 'Sallyport'],
]

/** The vault reads the answer, so it asks for no compression; an agent's accept-encoding never passes. */
const ownHeader = ['accept-encoding', 'identity'] as const

/**
 * Builds the outgoing request once: one method, one absolute URL, one list of headers, the bytes of the body (S-14). Whatever
 * would have to be repaired is refused.
 * @throws Problem invalid-method, invalid-url, invalid-query, invalid-header, invalid-input
 */
export function freezeRequest(input: RequestInput, options: FreezeOptions = {}): FrozenRequest {
  const { tool, slot } = options
  const { passed: ofCaller } = slot ?? {}
  const method = checkMethod(input.method)
  const target = freezeUrl(input, options)
  const { passed, dropped } = filterRequestHeaders(parseRequestHeaders(input.headers ?? {}), {
    extras: options.extraHeaders ?? [],
    injected: options.slot?.headerNames ?? [],
    own: tool?.ownHeaders,
  })
  refuseCredentialCookies(passed, options.slot?.cookieNames)
  const declared = passed.find(([name]) => name === 'content-type')?.[1]
  const body = encodeBody(input.body, declared)
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new Problem('invalid-input', `A ${method} request has no body.`, {
      next: 'Leave the body out, or use query.',
      fields: [{ field: 'body', message: `must be absent with ${method}` }],
    })
  }
  const headers = fillHeaders(passed, body)
  const request: Omit<FrozenRequest, typeof frozen> = {
    method,
    ...target,
    query: Object.freeze(target.query.map((pair) => Object.freeze(pair))),
    headers: Object.freeze(headers.map((pair) => Object.freeze(pair))),
    ...(body !== undefined && { body: body.bytes }),
    digest: digestRequest({ method, url: target.url, headers, body: body?.bytes, tool, ofCaller }),
    droppedHeaders: Object.freeze(dropped),
    ...(tool !== undefined && { tool: Object.freeze(tool) }),
    ...(ofCaller !== undefined && { passed: ofCaller }),
  }
  return Object.freeze(request) as FrozenRequest
}

/**
 * The same request with another body under the same headers: what is left where a rule has taken something out. Problem
 * `policy-denied` where of a call that is no HTTP request something else than an argument would go.
 */
export function replaceBody(frozen: FrozenRequest, body: Uint8Array): FrozenRequest {
  const { method, url, headers, tool, passed: ofCaller } = frozen
  if (hasCallScheme(url)) requireSameFrame(frozen.body, body)
  const digest = digestRequest({ method, url, headers, body, tool, ofCaller })
  return Object.freeze({ ...frozen, body, digest })
}

/** The same request of a tool that is called something else by now. */
export const renameTool = (
  frozen: FrozenRequest,
  now: Pick<FrozenTool, 'name' | 'sourceName'> | undefined,
): FrozenRequest =>
  frozen.tool === undefined || now === undefined
    ? frozen
    : Object.freeze({
        ...frozen,
        tool: Object.freeze({ ...frozen.tool, name: now.name, sourceName: now.sourceName }),
      })

/**
 * Would the connection as it is now still take this request as it stands? A header that it lists no more, an escape that it
 * allows no more, or another place for the credential in the URL: then not.
 */
export function stillFits({ url, headers, tool }: FrozenRequest, options: FreezeOptions): boolean {
  // A call that is no HTTP request depends on nothing that a connection says about requests but on its origins.
  if (hasCallScheme(url)) return options.slot?.placeholder === undefined
  const { dropped } = filterRequestHeaders(
    headers.filter(([name]) => name !== ownHeader[0]),
    { extras: options.extraHeaders ?? [], injected: [], own: tool?.ownHeaders },
  )
  try {
    refuseCredentialCookies(headers, options.slot?.cookieNames)
    return dropped.length === 0 && freezeUrl({ url }, options).url === url
  } catch (thrown) {
    if (thrown instanceof Problem) return false
    throw thrown
  }
}

function checkMethod(method: string): HttpMethod {
  const known = httpMethods.find((one) => one === method)
  if (known !== undefined) return known
  throw new Problem('invalid-method', 'The method is not one that the vault sends.', {
    next: `Use ${httpMethods.join(', ')}, in capitals.`,
    fields: [{ field: 'method', message: `must be one of ${httpMethods.join(', ')}` }],
  })
}

function freezeUrl(
  input: Pick<RequestInput, 'url' | 'query'>,
  options: FreezeOptions,
): Pick<FrozenRequest, 'url' | 'origin' | 'host' | 'path' | 'query'> {
  const { origin, host, path, query } = parseCanonicalUrl(input.url, {
    schemes: options.schemes ?? ['https', 'http'],
    allowEncodedSlash: options.allowEncodedSlash ?? false,
    // The path of a tool is its definition's: no argument writes a semicolon into it.
    allowParameterSegments: options.tool !== undefined,
    placeholder: options.slot?.placeholder,
  })
  const own = parseQuery(query ?? '')
  const given = encodeQuery(input.query ?? {})
  refuseNamesInBoth(own, given.parameters)
  const parameters = [...own, ...given.parameters]
  refuseOverrides(parameters)
  for (const name of options.slot?.queryNames ?? []) refuseCredentialName(parameters, name)
  const merged = [query ?? '', given.raw].filter((part) => part !== '').join('&')
  const search = query === undefined && merged === '' ? '' : `?${merged}`
  const url = `${origin}${path}${search}`
  if (url.length > urlBytesMax) {
    throw new Problem(
      'invalid-query',
      `With its query the URL has more than ${urlBytesMax} bytes.`,
      {
        next: 'Send less in the query.',
      },
    )
  }
  return { url, origin, host, path, query: parameters }
}

function fillHeaders(passed: HeaderList, body: RequestBody | undefined): HeaderList {
  const given = new Set(passed.map(([name]) => name))
  const missing = defaultHeaders.filter(([name]) => !given.has(name))
  const type: HeaderList =
    body === undefined || given.has('content-type') ? [] : [['content-type', body.contentType]]
  return [...passed, ...type, ...missing, ownHeader]
}

/** What stands before the body in a request that was written; raised when a member changes its meaning. */
const writtenVersion = 1
const lineEnd = 0x0a

/** Everything of a frozen request but its body. */
type Written = Omit<FrozenRequest, typeof frozen | 'body'> & { v: number; hasBody: boolean }

/** Writes a frozen request down, to be sealed and kept: one line of JSON, then the exact bytes of the body. */
export function writeFrozenRequest({ body, ...request }: FrozenRequest): Uint8Array {
  const written: Written = { v: writtenVersion, ...request, hasBody: body !== undefined }
  const line = Buffer.from(`${JSON.stringify(written)}\n`, 'utf8')
  return body === undefined ? line : Buffer.concat([line, body])
}

/**
 * Makes a frozen request again of what was written of it. What would be sent has the digest that is asked for, and its
 * parts are those of its URL: whatever stands there instead is an Error, and nothing is sent.
 */
export function restoreFrozenRequest(bytes: Uint8Array, digest: string): FrozenRequest {
  const end = bytes.indexOf(lineEnd)
  const head = Buffer.from(bytes.subarray(0, end < 0 ? bytes.length : end)).toString('utf8')
  const { v, hasBody, ...request } = JSON.parse(head) as Written
  const rest = Uint8Array.prototype.slice.call(bytes, end + 1)
  const body = hasBody ? rest : undefined
  const { method, url, origin, path, headers, tool, passed: ofCaller } = request
  const search = url.slice(origin.length + path.length)
  const isWhole =
    end >= 0 &&
    v === writtenVersion &&
    (hasBody || rest.length === 0) &&
    httpMethods.includes(method) &&
    url === `${origin}${path}${search}` &&
    (search === '' || search.startsWith('?')) &&
    new URL(origin).host === request.host &&
    JSON.stringify(parseQuery(search.slice(1))) === JSON.stringify(request.query) &&
    request.digest === digest &&
    digestRequest({ method, url, headers, body, tool, ofCaller }) === digest &&
    (hasCallScheme(url) ? isWholeCall({ ...request, hasBody }) : /^https?:/.test(url))
  if (!isWhole) throw new Error('A frozen request is not the one that was written.')
  const restored: Omit<FrozenRequest, typeof frozen> = {
    ...request,
    query: Object.freeze(request.query.map((pair) => Object.freeze(pair))),
    headers: Object.freeze(headers.map((pair) => Object.freeze(pair))),
    ...(body !== undefined && { body }),
    droppedHeaders: Object.freeze(request.droppedHeaders),
    ...(tool !== undefined && { tool: Object.freeze(tool) }),
  }
  return Object.freeze(restored) as FrozenRequest
}
