import { EndpointUrl, Problem } from '@sallyport/contracts'
import type { OwnServer } from '../../connections/oauth-apps/sealed-app.ts'
import { type AuthChallenge, type HttpDoor, readChallenge } from '../clients/upstream-clients.ts'
import { coversUrl } from '../kept/resource.ts'
import { type AskNeeds, readJson, requirePlace, shown } from './read-json.ts'
import { readServerMetadata, type ServerMetadata } from './server-metadata.ts'
import { readScopes, readTexts } from './texts.ts'
import { resourceMetadataUrls, serverMetadataUrls } from './well-known.ts'

export interface DiscoverNeeds extends AskNeeds {
  readonly openDoor: (name: string) => HttpDoor
}

/** All that is known of how a server is signed in to. Every address in it is one that the operator’s rules allow. */
export interface Discovered extends Omit<ServerMetadata, 'server'> {
  readonly server: OwnServer & { readonly issuer: string }
  readonly resource: string
  readonly issuers: readonly string[]
  /** What the server wants to be granted (RFC 6750 §3, else RFC 9728 §2). */
  readonly scopes: readonly string[]
}

interface ServerToAsk {
  readonly id: string
  readonly url: string
  readonly transport: 'streamable_http' | 'sse'
}

/** For all of it, in ms. */
const discoverMsMax = 20_000
const issuersMax = 10

/**
 * Finds out how a server is signed in to: it is asked for something without a token, its metadata say for what and by whom tokens
 * are given (RFC 9728), and those of that authorization server say where (RFC 8414, OpenID Connect Discovery). Nothing secret is sent.
 * @throws Problem provider-refused where something does not fit, provider-unavailable, origin-not-allowed, invalid-input
 */
export async function discover(
  given: DiscoverNeeds,
  server: ServerToAsk,
  wanted: string | undefined,
): Promise<Discovered> {
  const needs = asSafeAs(server, given)
  const signal = AbortSignal.timeout(discoverMsMax)
  requirePlace(needs.mayUseOrigin, server.url)
  const { challenge, letsIn } = await askWithoutToken(needs, server, signal)
  const resource = await readResource(needs, server, {
    named: challenge?.resourceMetadata,
    signal,
  })
  const issuer = chooseIssuer(resource.issuers, wanted)
  const read = await readIssuer(needs, issuer, signal)
  if ('tried' in read) throw letsIn && resource.isGuess ? needsNone() : nowhere(read.tried)
  return {
    ...read.metadata,
    resource: resource.resource,
    issuers: resource.issuers,
    scopes: challenge?.scopes ?? resource.scopes,
  }
}

/**
 * Without https only what an operator has on its own machines and networks is reached. A server elsewhere, which is reached by https, leads
 * to none of that (RFC 9728 §3, RFC 8414 §2: all of it has https).
 */
function asSafeAs({ url }: ServerToAsk, needs: DiscoverNeeds): DiscoverNeeds {
  if (!url.startsWith('https:')) return needs
  const withoutHttps = 'A server that is reached by https leads to no address without it.'
  return {
    ...needs,
    mayUseOrigin: (origin) =>
      origin.startsWith('https:') ? needs.mayUseOrigin(origin) : withoutHttps,
  }
}

/** What the server says to somebody without a token. One that says nothing has its metadata where they are looked for anyway. */
async function askWithoutToken(
  needs: DiscoverNeeds,
  server: ServerToAsk,
  signal: AbortSignal,
): Promise<{ readonly challenge?: AuthChallenge | undefined; readonly letsIn: boolean }> {
  const door = needs.openDoor(`sign-in-${server.id}`)
  const isSse = server.transport === 'sse'
  const accept = isSse ? 'text/event-stream' : 'application/json, text/event-stream'
  const headers = new Headers({ accept, ...(!isSse && { 'content-type': 'application/json' }) })
  try {
    const response = await door.fetch(server.url, {
      ...{ method: isSse ? 'GET' : 'POST', headers, signal },
      ...(!isSse && { body: JSON.stringify(hello) }),
    })
    await response.body?.cancel()
    return { challenge: readChallenge(response), letsIn: response.ok }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.type === 'upstream-invalid-response') return { letsIn: false }
    throw new Problem('provider-unavailable', `The server could not be asked: ${error.detail}`, {
      next: error.next ?? 'Try again in a while.',
      cause: error,
    })
  } finally {
    door.close()
  }
}

const hello = {
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'sallyport', version: '1' },
  },
}

interface Resource {
  readonly resource: string
  readonly issuers: readonly string[]
  readonly scopes: readonly string[]
  /** The server said nothing of it. */
  readonly isGuess: boolean
}

async function readResource(
  needs: AskNeeds,
  { url }: ServerToAsk,
  { named, signal }: { readonly named: string | undefined; readonly signal: AbortSignal },
): Promise<Resource> {
  if (named !== undefined && !EndpointUrl.safeParse(named).success) {
    throw refused('The server names an address for its metadata that is none.')
  }
  const places = named === undefined ? resourceMetadataUrls(url) : [named]
  const tried: string[] = []
  for (const place of places) {
    const read = await readJson(needs, place, signal)
    if ('body' in read) return toResource(read.body, url)
    tried.push(`${place} (${read.absent})`)
  }
  if (named !== undefined) throw refused(`The server names metadata that are not there: ${tried}.`)
  // Servers of before RFC 9728 are their own authorization server, or have none: the metadata at their own origin say so.
  return { resource: new URL(url).href, issuers: [new URL(url).origin], scopes: [], isGuess: true }
}

/** RFC 9728 §3.3: metadata of another resource are somebody else’s, and would have tokens made for them. */
function toResource(body: Readonly<Record<string, unknown>>, url: string): Resource {
  const { resource } = body
  if (typeof resource !== 'string' || !coversUrl(resource, url)) {
    const named = typeof resource === 'string' && URL.canParse(resource) ? shown(resource) : 'none'
    throw refused(`The server’s metadata are of another resource (${named}).`)
  }
  const issuers = readTexts(body.authorization_servers, issuersMax).filter(
    (one) => EndpointUrl.safeParse(one).success && new URL(one).search === '',
  )
  if (issuers.length === 0) throw refused('The server’s metadata name no authorization server.')
  return { resource, issuers, scopes: readScopes(body.scopes_supported), isGuess: false }
}

function chooseIssuer(issuers: readonly string[], wanted: string | undefined): string {
  const [first = ''] = issuers
  if (wanted === undefined || issuers.includes(wanted)) return wanted ?? first
  throw new Problem('invalid-input', 'issuer must be one that the server names.', {
    next: `Choose one of ${issuers.join(', ')}.`,
    fields: [{ field: 'issuer', message: 'must be one that the server names' }],
  })
}

/** Where there are none: where they were looked for, and what was there. */
async function readIssuer(needs: AskNeeds, issuer: string, signal: AbortSignal) {
  const tried: string[] = []
  for (const place of serverMetadataUrls(issuer)) {
    const read = await readJson(needs, place, signal)
    if ('body' in read) {
      return { metadata: readServerMetadata(needs.mayUseOrigin, issuer, read.body) }
    }
    tried.push(`${place} (${read.absent})`)
  }
  return { tried }
}

const nowhere = (tried: readonly string[]) =>
  refused(`There are no metadata of the authorization server: ${tried.join(', ')}.`)

const needsNone = () =>
  new Problem(
    'provider-refused',
    'The server answers without a sign-in, and names nobody who gives one.',
    {
      next: 'Nothing is to be done where its tools are all there. Where some are missing, its documentation says which header it wants.',
    },
  )

const refused = (detail: string) =>
  new Problem('provider-refused', detail, {
    next: 'Nothing secret was sent. Whoever runs the server puts it right; or an owner gives it a key in its headers, where it takes one.',
  })
