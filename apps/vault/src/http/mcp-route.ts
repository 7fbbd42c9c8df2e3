import { executeBodyBytesMax, Problem, ToolsetName } from '@sallyport/contracts'
import type { Context } from 'hono'
import ipaddr from 'ipaddr.js'
import type { McpEndpoint, VaultClient } from '../mcp/mcp-request.ts'
import type { PlainAnswer } from '../mcp/plain-call.ts'
import type { App } from './app.ts'
import { asAgent, readBearer } from './authenticate.ts'
import type { BodyLease } from './body-budget.ts'
import type { InsideCaller } from './call-inside.ts'
import type { MountContext } from './mount.ts'
import { type Known, observed, seeCaller, seeProblem } from './observe-request.ts'
import { asProblem } from './problem.ts'
import { readBytes } from './read-input.ts'
import { sourceOf } from './request-source.ts'

// The address of the MCP endpoint: who asks, and from where, is settled here; what is asked is the endpoint's business.

/** What the route needs beside what every operation does. */
export interface McpRouteNeeds {
  readonly endpoint: McpEndpoint
  readonly context: MountContext
  /** Makes the client with which the endpoint calls the vault's own operations. */
  readonly clientOf: (caller: InsideCaller) => VaultClient
  /** Without trailing slash. */
  readonly publicUrl: () => string
}

/** Where RFC 9728 §3.1 puts the metadata of a resource. */
const wellKnown = '/.well-known/oauth-protected-resource'

/** The metadata of `/mcp`, or of one toolset's address. */
export const resourceMetadata = (publicUrl: string, toolset?: string) => ({
  resource: `${publicUrl}/mcp${toolset === undefined ? '' : `/${toolset}`}`,
  authorization_servers: [publicUrl],
  bearer_methods_supported: ['header'],
  resource_name: toolset === undefined ? 'Sallyport' : `Sallyport: ${toolset}`,
})

/** Mounts `/mcp` and `/mcp/{toolset}`. */
export function mountMcp(app: App, needs: McpRouteNeeds): void {
  const serveObserved = observed(needs.context, 'mcp')
  for (const path of ['/mcp', '/mcp/:toolset']) {
    app.all(path, (c) => serveObserved(c, (known) => serve(c, { ...needs, ...known })))
  }
}

async function serve(c: Context, given: McpRouteNeeds & Known): Promise<Response> {
  const { context, requestId, seen } = given
  const lease = context.bodies.open()
  try {
    return await pass(c, { ...given, lease })
  } catch (thrown) {
    lease.release()
    const problem = asProblem(thrown, context.log, requestId)
    seeProblem(seen, problem)
    const answer = context.respond.problem(problem, requestId)
    if (problem.status === 401) answer.headers.set('www-authenticate', challenge(c, given))
    return answer
  }
}

interface Passage extends McpRouteNeeds, Known {
  readonly lease: BodyLease
}

async function pass(c: Context, passage: Passage): Promise<Response> {
  const { context, endpoint, clientOf, requestId, lease } = passage
  const toolset = c.req.param('toolset')
  if (toolset !== undefined && !ToolsetName.safeParse(toolset).success) throw nothingThere()
  refuseRebinding(c, context.auth.ownOrigins())
  const agent = await asAgent(c, context.auth, { consumer: true })
  seeCaller(passage.seen, agent)
  const bearer = readBearer(c) ?? ''
  const { body, request } = await readMessage(c, lease)
  // Each message of a batch is a request; the first was counted with the token.
  if (Array.isArray(body) && body.length > 1) {
    await context.auth.admitAgent?.(agent.agentId, body.length - 1)
  }
  const from = sourceOf(c, context)
  const answer = await endpoint.serve({
    ...{ request, body, agent, bearer, toolset },
    marks: `${from.address} ${from.userAgent ?? ''}`,
    client: clientOf({ bearer, requestId, from, keep: lease.keep }),
    isLarge: lease.isHolding(),
    // Of a stream not even the beginning is the end: what was asked is in memory until it is over.
    over: lease.release,
  })
  if (!(answer instanceof Response)) return sendPlain(answer, passage)
  const { status, headers } = answer
  const type = headers.get('content-type') ?? 'application/json'
  const isStream = type.startsWith('text/event-stream')
  return context.respond.send({
    ...{ status, type, requestId, body: isStream ? answer.body : await textOf(answer) },
    headers: {
      ...(headers.get('allow') !== null && { allow: headers.get('allow') ?? '' }),
      ...(isStream && ungathered),
    },
  })
}

/** No proxy may gather a stream (nginx does). */
const ungathered = { 'x-accel-buffering': 'no' }

function sendPlain(
  { type, text }: PlainAnswer,
  { context, requestId }: Pick<Passage, 'context' | 'requestId'>,
): Response {
  const headers = type === 'text/event-stream' ? ungathered : {}
  return context.respond.send({ status: 200, type, requestId, body: text, headers })
}

/** 202 has no body, and neither has a request that the client took back. */
const textOf = async (answer: Response) => (answer.body === null ? null : await answer.text())

/** The message as the endpoint takes it: parsed where it is JSON; else it gets the protocol's own answer to what is none. */
async function readMessage(c: Context, lease: BodyLease) {
  if (c.req.method !== 'POST') return { body: undefined, request: c.req.raw }
  const bytes = await readBytes(c, { bytesMax: executeBodyBytesMax, lease })
  try {
    // The body was read from the request: what serves it looks at the parsed one.
    return { body: JSON.parse(utf8.decode(bytes)) as unknown, request: c.req.raw }
  } catch {
    return { body: undefined, request: withoutJson(c) }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** No JSON, or none in UTF-8 (RFC 8259 §8.1): what there is instead is of no matter. */
function withoutJson(c: Context): Request {
  const headers = new Headers(c.req.raw.headers)
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  return new Request(c.req.url, { method: 'POST', headers, body: '{' })
}

/** RFC 6750 §3, RFC 9728 §5.1. */
function challenge(c: Context, { publicUrl }: McpRouteNeeds): string {
  const toolset = c.req.param('toolset')
  const path = toolset === undefined ? '/mcp' : `/mcp/${toolset}`
  const metadata = `resource_metadata="${publicUrl()}${wellKnown}${path}"`
  const hadOne = c.req.header('authorization') !== undefined
  return `Bearer ${hadOne ? 'error="invalid_token", ' : ''}${metadata}`
}

/**
 * A page whose name was made to lead to this machine (DNS rebinding) is the same site to its browser, and says its own name. Such
 * a name has dots: an address, or a name of the local network, can be no such page's.
 */
function refuseRebinding(c: Context, ownOrigins: readonly string[]): void {
  const origin = c.req.header('origin')
  const host = c.req.header('host')
  const isOwn = origin === undefined || ownOrigins.includes(origin)
  if (isOwn && host !== undefined && isSafeHost(host, ownOrigins)) return
  throw new Problem(
    'cross-origin-refused',
    'The request came from another site’s page, or for another host.',
    {
      next: `Call the vault by its own address, ${ownOrigins.at(-1)}, and send no Origin.`,
    },
  )
}

function isSafeHost(host: string, ownOrigins: readonly string[]): boolean {
  if (ownOrigins.some((origin) => new URL(origin).host === host.toLowerCase())) return true
  if (!URL.canParse(`http://${host}`)) return false
  const { hostname } = new URL(`http://${host}`)
  return !hostname.includes('.') || ipaddr.isValid(hostname.replace(/^\[|\]$/g, ''))
}

/** The same for a name that could be no toolset's as for any address at which nothing is. */
const nothingThere = () =>
  new Problem('not-found', 'There is nothing at this address.', {
    next: 'The operations are listed at /openapi.json.',
  })
