import type { TokenEndpointResponse } from 'openid-client'
import { statusProblem, unintelligible } from './oauth-problem.ts'
import type { OAuthFetch, TokenAnswer } from './token-client.ts'

// Providers depart from RFC 6749 in small ways. What is harmless is put right before openid-client reads it: an answer that is
// refused for its form may have used up the refresh token.

/**
 * What some providers of the catalog call the errors of RFC 6749 §5.2, by provider and as they document it. Only their own
 * words for exactly `invalid_grant` stand for it: everything else keeps an account alive (S-32).
 */
const errorAliases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
  github: {
    bad_refresh_token: 'invalid_grant',
    bad_verification_code: 'invalid_grant',
    incorrect_client_credentials: 'invalid_client',
  },
}

export interface ToleranceOptions {
  readonly provider: string
  /** An id token is passed on (and then checked); else it is left out, so that nothing in it can cost the answer. */
  readonly keepIdToken?: boolean
  /** Milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly now: () => number
}

/** RFC 6749 appendix A.17. It goes into a form and not into a header, so that it may be as short as it likes. */
const keepable = /^[\x20-\x7e]{1,16384}$/
/** A longer wait than that is not believed. */
const retryAfterSecondsMax = 3_600
/** RFC 6750 §2.1 has fewer characters; none of these ends a header or is cut off at its ends. */
const sendable = /^[\x21-\x7e](?:[\x20-\x7e]{6,16382})[\x21-\x7e]$/
/** A life that is longer is none that is counted. */
const lifeSecondsMax = 10 * 366 * 86_400
/** Types that are sent as bearer tokens, whatever they are called. Others (mac, dpop, pop) would be sent wrongly. */
const bearerTypes = new Set(['', 'bearer', 'bearertoken', 'bot', 'user'])

/**
 * A fetch for one token endpoint, whose answers openid-client takes: an error with the status of a success, or named in the
 * provider's own way, is an OAuth error; scopes may be a list; a type or a life that is missing or means nothing is left out.
 * @throws Problem provider-unavailable for 408, 429, 5xx and what is no JSON; provider-refused for a refusal without a reason
 */
export function tolerateTokenAnswers(fetch: OAuthFetch, options: ToleranceOptions): OAuthFetch {
  return async (url, request) => {
    const response = await fetch(url, request)
    const { status } = response
    if (status >= 500 || status === 429 || status === 408) throw passing(response, options)
    // It is not followed, and whoever redirects has not looked at the grant.
    if (status >= 300 && status < 400) throw statusProblem(status, options.provider)
    const body = readObject(await response.text())
    if (body === undefined) {
      throw status === 200
        ? unintelligible(options.provider, 'NOT_JSON')
        : statusProblem(status, options.provider)
    }
    const error = readError(body, options.provider)
    if (error !== undefined) return jsonResponse(Math.max(status, 400), error)
    if (status > 299) throw statusProblem(status, options.provider)
    return jsonResponse(200, normalise(body, options))
  }
}

/** A fetch for one revocation endpoint: any success is one (RFC 7009 §2.2), and an error is read as above. */
export function tolerateRevocationAnswers(
  fetch: OAuthFetch,
  options: ToleranceOptions,
): OAuthFetch {
  return async (url, request) => {
    const response = await fetch(url, request)
    const { status } = response
    if (status >= 500 || status === 429 || status === 408) throw passing(response, options)
    const body = readObject(await response.text())
    const error = body && readError(body, options.provider)
    if (error !== undefined) return jsonResponse(Math.max(status, 400), error)
    if (status > 299) throw statusProblem(status, options.provider)
    return new Response(null, { status: 200 })
  }
}

/** What openid-client made of an answer. Whose account it is, is for whoever checked an id token to say. */
export function readTokenAnswer(answer: TokenEndpointResponse): TokenAnswer {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: life, scope } = answer
  return {
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    ...(life !== undefined && { expiresInSeconds: life }),
    ...(scope !== undefined && { scopes: readScopes(scope, [accessToken, refreshToken]) }),
  }
}

/** RFC 6749 §3.3, as long as an owner may ask for one. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/
/** More are not kept: they are written down and shown with the connection. */
const scopesMax = 500

/** As short as no token is: it would be found in scopes by chance. */
const tokenCharsMin = 8

/**
 * Some separate by commas, whatever they are asked with. What is no scope is left out, and what holds one of the tokens: scopes are
 * written down in the clear (S-38).
 */
function readScopes(scope: string, tokens: readonly (string | undefined)[]): string[] {
  const secrets = tokens.filter((one) => one !== undefined && one.length >= tokenCharsMin)
  const isScope = (one: string) =>
    scopeToken.test(one) && !secrets.some((secret) => secret !== undefined && one.includes(secret))
  return [...new Set(scope.split(/[\s,]+/).filter(isScope))].slice(0, scopesMax)
}

type Body = Readonly<Record<string, unknown>>

function readObject(text: string): Body | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return typeof read === 'object' && read !== null && !Array.isArray(read)
      ? { ...read }
      : undefined
  } catch {
    return undefined
  }
}

/** RFC 6749 §5.2. An answer that holds a token is none, whatever else it holds. */
function readError(body: Body, provider: string): Body | undefined {
  const { error, error_description: said } = body
  if (typeof error !== 'string' || error === '' || body.access_token !== undefined) return undefined
  const description = typeof said === 'string' ? said : ''
  return {
    error: errorAliases[provider]?.[error] ?? error,
    error_description: description,
  }
}

function normalise(body: Body, { provider, keepIdToken = false }: ToleranceOptions): Body {
  const type = body.token_type ?? ''
  if (typeof type !== 'string' || !bearerTypes.has(type.toLowerCase())) {
    throw unintelligible(provider, 'TOKEN_TYPE')
  }
  if (typeof body.access_token !== 'string' || !sendable.test(body.access_token)) {
    throw unintelligible(provider, 'ACCESS_TOKEN')
  }
  const life = Number.parseFloat(String(body.expires_in))
  const isCounted = Number.isFinite(life) && life > 0 && life <= lifeSecondsMax
  const refreshToken = readRefreshToken(body.refresh_token, provider)
  const scope = Array.isArray(body.scope) ? body.scope.join(' ') : body.scope
  return {
    access_token: body.access_token,
    token_type: 'bearer',
    ...(isCounted && { expires_in: life }),
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(typeof scope === 'string' && { scope }),
    ...(keepIdToken && typeof body.id_token === 'string' && { id_token: body.id_token }),
  }
}

function readRefreshToken(given: unknown, provider: string): string | undefined {
  if (given === undefined || given === null || given === '') return undefined
  if (typeof given === 'string' && keepable.test(given)) return given
  throw unintelligible(provider, 'REFRESH_TOKEN')
}

function passing(response: Response, { provider, now }: ToleranceOptions) {
  return statusProblem(response.status, provider, readRetryAfter(response, now()))
}

/** RFC 9110 §10.2.3: seconds or a date. */
function readRetryAfter({ headers }: Response, nowMs: number): number | undefined {
  const text = headers.get('retry-after') ?? ''
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1000
  if (!(seconds > 0)) return undefined
  return Math.ceil(Math.min(seconds, retryAfterSecondsMax))
}

const jsonResponse = (status: number, body: Body) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
