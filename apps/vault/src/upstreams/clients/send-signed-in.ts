// Sends a request to a server with the token of its sign-in: renewed once where the server refuses it, and never sent elsewhere.
import { Problem } from '@sallyport/contracts'
import { type AuthChallenge, readChallenge } from './auth-challenge.ts'
import type { HttpDoor } from './http-door.ts'
import type { OpenConfig } from './live-upstream.ts'
import { upstreamProblem } from './upstream-problem.ts'

/** A request as the SDK makes it; whoever calls has seen to it that it goes to the server’s own origin. */
interface SdkRequest {
  readonly target: string | URL
  readonly init: RequestInit
}

/**
 * Sends it: with the server’s headers and the access token of the moment, and after a 401 once more with a newer token, where there is
 * one. A refused token was looked at before anything else: the server has done nothing.
 * @throws Problem upstream-sign-in-required where the server wants a sign-in, or scopes that were not granted
 */
export async function sendSignedIn(
  config: OpenConfig,
  door: HttpDoor,
  request: SdkRequest,
): Promise<Response> {
  const token = await config.authorize?.token()
  const first = await send(config, door, { ...request, token })
  if (config.authorize === undefined || token === undefined || first.status !== 401) {
    return requireAccess(config, first)
  }
  const newer = await config.authorize.renewed(token)
  if (newer === token) return requireAccess(config, first)
  await first.body?.cancel()
  return requireAccess(config, await send(config, door, { ...request, token: newer }))
}

/** Is it the end of the connection, and not of one request? More scopes may be wanted for one tool alone. */
export const endsConnection = ({ type, extra }: Problem): boolean =>
  type === 'upstream-unreachable' ||
  type === 'connection-revoked' ||
  (type === 'upstream-sign-in-required' && extra?.wants !== 'scopes')

async function send(
  config: OpenConfig,
  door: HttpDoor,
  { target, init, token }: SdkRequest & { readonly token: string | undefined },
): Promise<Response> {
  const { method, body, signal } = init
  const headers = new Headers(config.headers)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
  return door.fetch(target, {
    headers,
    ...(method !== undefined && { method }),
    ...(body !== undefined && { body }),
    ...(signal !== undefined && { signal }),
  })
}

async function requireAccess(config: OpenConfig, response: Response): Promise<Response> {
  const challenge = readChallenge(response)
  if (challenge === undefined) return response
  config.onChallenge?.(challenge)
  const isSignedIn = config.authorize !== undefined
  // What wants no OAuth wants another header: the SDK says so.
  if (!isSignedIn && !challenge.isBearer) return response
  await response.body?.cancel()
  throw challenge.status === 403 ? lacksScopes(challenge) : wantsSignIn(isSignedIn)
}

function wantsSignIn(isSignedIn: boolean): Problem {
  return upstreamProblem('connect', 'upstream-sign-in-required', {
    detail: isSignedIn
      ? 'The server does not take the access token of its sign-in any more (401).'
      : 'The server wants a sign-in (401).',
    next: isSignedIn
      ? 'An owner signs in to the server again.'
      : 'An owner signs in to the server.',
  })
}

function lacksScopes({ scopes = [] }: AuthChallenge): Problem {
  const named = scopes.length === 0 ? 'more scopes than were granted' : scopes.join(', ')
  return new Problem('upstream-sign-in-required', `The server wants ${named} (403).`, {
    next: 'An owner signs in to the server again, with these scopes.',
    extra: { wants: 'scopes' },
  })
}
