import { Buffer } from 'node:buffer'
import { createHmac, hash } from 'node:crypto'
import type { AwsScope } from './aws-scope.ts'

// AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

/** Names in lower case. */
type Headers = readonly (readonly [name: string, value: string])[]

/** A request as it will be sent, but for its signature. */
export interface UnsignedRequest {
  readonly method: string
  /** Absolute, as it will be sent. */
  readonly url: string
  readonly headers: Headers
  readonly body?: Uint8Array
}

/** The key pair that signs. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** What is put on a request, and of that what must not come back. */
export interface SignedHeaders {
  readonly headers: Headers
  readonly signature: string
}

/** The headers that a signature puts on a request: what an agent says in them never counts. */
export const signatureHeaders = [
  'authorization',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
] as const

/**
 * Signs a request: the headers that have to be put on it, and the signature itself, which must not come back. Signed are
 * method, path, query, body, the host, `content-type` and every `x-amz-*` header; what the way may change is not.
 */
export function signAwsRequest(
  request: UnsignedRequest,
  { keys, scope, nowMs }: { keys: AwsKeys; scope: AwsScope; nowMs: number },
): SignedHeaders {
  const date = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const put: [string, string][] = [
    ['x-amz-date', date],
    ['x-amz-content-sha256', sha256(request.body ?? '')],
  ]
  if (keys.sessionToken !== undefined) put.push(['x-amz-security-token', keys.sessionToken])
  const own: ReadonlySet<string> = new Set(signatureHeaders)
  const kept = request.headers.filter(
    ([name]) => !own.has(name) && (name === 'content-type' || name.startsWith('x-amz-')),
  )
  const signed: Headers = [['host', new URL(request.url).host], ...kept, ...put]
  const signature = signatureOf({ ...request, headers: signed }, { keys, scope, date })
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scopeOf(scope, date)}, ` +
    `SignedHeaders=${namesOf(signed)}, Signature=${signature}`
  return { headers: [['authorization', authorization], ...put], signature }
}

/**
 * The signature over exactly these headers, in hexadecimal. `date` is that of `x-amz-date`: `20150830T123600Z`.
 */
export function signatureOf(
  request: UnsignedRequest,
  { keys, scope, date }: { keys: AwsKeys; scope: AwsScope; date: string },
): string {
  const canonical = canonicalRequest(request, scope)
  const text = `AWS4-HMAC-SHA256\n${date}\n${scopeOf(scope, date)}\n${sha256(canonical)}`
  const dayKey = hmac(`AWS4${keys.secretAccessKey}`, date.slice(0, 8))
  const key = hmac(hmac(hmac(dayKey, scope.region), scope.service), 'aws4_request')
  return hmac(key, text).toString('hex')
}

/** The canonical request, every character of it a byte. */
function canonicalRequest(request: UnsignedRequest, { service }: AwsScope): Buffer {
  const { path, query } = cut(request.url)
  const headers = request.headers
    .map(([name, value]): readonly [string, string] => [name, value.trim().replaceAll(/ +/g, ' ')])
    .sort(([a], [b]) => compare(a, b))
    .map(([name, value]) => `${name}:${value}\n`)
  const lines = [
    request.method,
    canonicalPath(path, service),
    canonicalQuery(query),
    headers.join(''),
    namesOf(request.headers),
    payloadHash(request),
  ]
  return Buffer.from(lines.join('\n'), 'latin1')
}

const namesOf = (headers: Headers) =>
  headers
    .map(([name]) => name)
    .sort(compare)
    .join(';')

const scopeOf = ({ region, service }: AwsScope, date: string) =>
  `${date.slice(0, 8)}/${region}/${service}/aws4_request`

/** The body is in memory, so it is always hashed: no service is sent one that its signature does not cover. */
const payloadHash = ({ headers, body }: UnsignedRequest) =>
  headers.find(([name]) => name === 'x-amz-content-sha256')?.[1] ?? sha256(body ?? '')

/** Path and query as they are written in an absolute URL without a fragment. */
function cut(url: string): { path: string; query: string } {
  const { origin } = new URL(url)
  const rest = url.slice(origin.length)
  const at = rest.indexOf('?')
  return at < 0 ? { path: rest, query: '' } : { path: rest.slice(0, at), query: rest.slice(at + 1) }
}

/** S3 and what speaks as it does. */
const readsPath: ReadonlySet<string> = new Set([
  's3',
  's3express',
  's3-object-lambda',
  's3-outposts',
])

/**
 * The path as it is sent, encoded once more, escapes included. S3 signs what it reads of the path, encoded
 * once.
 */
function canonicalPath(path: string, service: string): string {
  const text = readsPath.has(service) ? decodeURIComponent(path) : path
  return text === '' ? '/' : encode(text).replaceAll('%2F', '/')
}

/** Names and values as they are read (a plus as a space, as the policy reads it), encoded once, in the order of both. */
function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece): readonly [string, string] => {
      const equals = piece.indexOf('=')
      const [name, value] =
        equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)]
      return [encode(decode(name)), encode(decode(value))]
    })
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

/** Every character but the unreserved ones of RFC 3986, as UTF-8. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** By code units, never by a locale. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const sha256 = (data: Uint8Array | string) => hash('sha256', data, 'hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
