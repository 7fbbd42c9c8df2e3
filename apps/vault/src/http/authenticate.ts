import { type Operation, type OwnerScope, Problem } from '@sallyport/contracts'
import type { Context } from 'hono'
import type { AuthenticatedAgent, AuthenticatedOwner } from '../identity/caller.ts'
import { unauthenticated } from '../identity/unauthenticated.ts'
import type { SessionCookies } from './session-cookie.ts'

/** What authentication needs of identity, and of the place where the vault lives. */
export interface Authentication {
  /** `consumer`: with a consumer token as well. */
  authenticateAgent(
    bearer: string,
    reach?: { readonly consumer?: boolean },
  ): Promise<AuthenticatedAgent>
  /** Counts requests of an agent, where their number is limited. @throws Problem `too-many-attempts` */
  readonly admitAgent?: ((agentId: string, count?: number) => Promise<void>) | undefined
  authenticateOwner(given: { bearer?: string; cookie?: string }): Promise<AuthenticatedOwner>
  readonly cookies: SessionCookies
  /** Of sign-ins at the organisation's provider. */
  readonly flowCookies: SessionCookies
  /** The vault's own origins: one of them a browser has to name where a cookie is used to change something. */
  readonly ownOrigins: () => readonly string[]
}

/** RFC 6750 §2.1: only the header. A second Authorization header is joined by node with a comma and fails here. */
const bearerPattern = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i

export function readBearer(c: Context): string | undefined {
  const header = c.req.header('authorization')
  if (header === undefined) return undefined
  const match = bearerPattern.exec(header)
  if (match?.[1] === undefined) throw unauthenticated()
  return match[1]
}

/**
 * Lets an agent's token through, a consumer token where it may go, and nothing else (S-08): of one agent no more requests than
 * are taken of each.
 */
export async function asAgent(
  c: Context,
  auth: Authentication,
  { consumer = false }: { readonly consumer?: boolean | undefined },
): Promise<AuthenticatedAgent> {
  const bearer = readBearer(c)
  if (bearer === undefined) throw unauthenticated()
  const agent = await auth.authenticateAgent(bearer, { consumer })
  await auth.admitAgent?.(agent.agentId)
  return agent
}

/** Lets an owner's session or token through that may do what the operation demands (S-08, S-42). */
export async function asOwner(
  c: Context,
  auth: Authentication,
  operation: Operation,
): Promise<AuthenticatedOwner> {
  const bearer = readBearer(c)
  const cookie = bearer === undefined ? auth.cookies.read(c) : undefined
  if (bearer === undefined && cookie === undefined) throw unauthenticated()
  if (cookie !== undefined) {
    refuseForgery(c, operation, auth)
    refuseForeignReader(c, auth)
  }
  const owner = await auth.authenticateOwner({
    ...(bearer !== undefined && { bearer }),
    ...(cookie !== undefined && { cookie }),
  })
  if (operation.demand === 'account' && owner.via !== 'session') {
    throw new Problem('session-required', 'A token may not do this.', {
      next: 'Sign in with e-mail address and password, and do it from that session.',
    })
  }
  if (operation.demand !== undefined && operation.demand !== 'account') {
    requireScope(owner, operation.demand)
  }
  return owner
}

/** Also for what some inputs of an operation need beside what it demands. @throws Problem insufficient-scope */
export function requireScope({ scopes }: AuthenticatedOwner, scope: OwnerScope): void {
  if (scopes.has(scope)) return
  throw new Problem('insufficient-scope', `This needs the scope ${scope}.`, {
    next: 'An owner of the workspace can give the role or make a token that has it.',
  })
}

/** A cookie is sent by browsers unasked: what changes state has to come from the vault's own pages. */
export function refuseForgery(c: Context, operation: Operation, auth: Authentication): void {
  if (operation.method === 'GET') return
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin')
  const own = origin !== undefined ? auth.ownOrigins().includes(origin) : site === 'same-origin'
  if (!own) throw foreign(auth)
}

/**
 * Another site's page can read nothing of an answer, but it could make the vault work, and end a person's streams by opening
 * more: pages at another port of the same host are sent the cookie along. (Fetch Metadata §2.3)
 */
function refuseForeignReader(c: Context, auth: Authentication): void {
  const site = c.req.header('sec-fetch-site')
  if (site === undefined || site === 'same-origin' || site === 'none') return
  throw foreign(auth)
}

const foreign = (auth: Authentication) =>
  new Problem('cross-origin-refused', 'A session may be used only from the vault’s own pages.', {
    next: `Send the header Origin: ${auth.ownOrigins()[0]}, or use a personal access token.`,
  })
