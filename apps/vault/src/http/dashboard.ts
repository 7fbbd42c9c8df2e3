import type { Context } from 'hono'
import type { App } from './app.ts'
import { type Dashboard, type DashboardFile, type Encoding, encodings } from './dashboard-files.ts'
import type { Responder } from './respond.ts'

// Serves the owners' dashboard: its files, and its page at every address that is not one of the operations'.

/** What an address of the page looks like: words and ids. Nothing that a scanner asks for, such as `/.env`, does. */
const pagePath = /^\/([a-z0-9-]+(\/[A-Za-z0-9_-]+)*\/?)?$/
/** What belongs to the operations and to the files: there, what does not exist is a 404 and never the page. */
const notThePage = /^\/(v1|api|mcp|healthz|readyz|metrics|assets)(\/|$)/
/** 128 bits: no script that somebody smuggles in can guess it (CSP 3 §7.1). */
const nonceBytes = 16

/** Nothing but the vault's own files runs or loads; the nonce is for style elements that a library may add, and no script. */
const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // One policy, which makes the address of the service worker and no other.
    'trusted-types service-worker',
  ].join('; ')

const serviceWorkerPath = '/sw.js'
/** Of the worker itself: it shows pictures of ours with its notifications, and loads and asks for nothing else. */
const serviceWorkerPolicy = "default-src 'none'; img-src 'self'"

const unusedFeatures = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'usb',
]
const permissions = unusedFeatures.map((feature) => `${feature}=()`).join(', ')

export interface DashboardNeeds {
  readonly dashboard: Dashboard
  readonly respond: Responder
  readonly requestId: () => string
  readonly randomBytes: (count: number) => Uint8Array
}

/** Serves the page and its files. To be called when all operations are mounted. */
export function serveDashboard(app: App, needs: DashboardNeeds): void {
  const { files } = needs.dashboard
  app.get('*', (c) => {
    const file = files.get(c.req.path)
    if (file !== undefined) return sendFile(c, file, needs)
    const isPage = pagePath.test(c.req.path) && !notThePage.test(c.req.path)
    return isPage && acceptsHtml(c) ? sendPage(needs) : c.notFound()
  })
}

function sendPage({ dashboard, respond, requestId, randomBytes }: DashboardNeeds): Response {
  const nonce = Buffer.from(randomBytes(nonceBytes)).toString('base64')
  const [before, after] = dashboard.page
  return respond.send({
    status: 200,
    body: before + nonce + after,
    type: 'text/html; charset=utf-8',
    requestId: requestId(),
    headers: {
      'content-security-policy': policy(nonce),
      'permissions-policy': permissions,
      'cache-control': 'no-cache',
    },
  })
}

function sendFile(c: Context, file: DashboardFile, { respond, requestId }: DashboardNeeds) {
  const encoding = chooseEncoding(c, file)
  // Other bytes, other tag: a cache must not take the one for the other (RFC 9110 §8.8.3).
  const etag = `"${file.etag}${encoding === undefined ? '' : `-${encoding}`}"`
  const headers = {
    etag,
    vary: 'accept-encoding',
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(c.req.path === serviceWorkerPath && { 'content-security-policy': serviceWorkerPolicy }),
  }
  const known = c.req.header('if-none-match') ?? ''
  const isKnown = known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
  const answer = { type: file.type, requestId: requestId() }
  if (isKnown) return respond.send({ ...answer, status: 304, body: null, headers })
  return respond.send({
    ...answer,
    status: 200,
    body: (encoding && file.packed[encoding]) ?? file.plain,
    headers: { ...headers, ...(encoding !== undefined && { 'content-encoding': encoding }) },
  })
}

function chooseEncoding(c: Context, { packed }: DashboardFile): Encoding | undefined {
  const accepted = listed(c.req.header('accept-encoding') ?? '')
  return encodings.find((encoding) => packed[encoding] !== undefined && accepted.includes(encoding))
}

function acceptsHtml(c: Context): boolean {
  const accepted = listed(c.req.header('accept') ?? '*/*')
  return ['text/html', 'text/*', '*/*'].some((type) => accepted.includes(type))
}

/** The names in a header that lists them with weights (RFC 9110 §12.4.2), without those that are refused by q=0. */
function listed(header: string): readonly string[] {
  return header.split(',').flatMap((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
    return parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? [] : [name]
  })
}
