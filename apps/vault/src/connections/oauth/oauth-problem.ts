import { Problem, type ProblemType } from '@sallyport/contracts'
import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'
import { readProviderText } from './provider-text.ts'

// What authorization servers answer, as problems. What they write is the text of a stranger: it is shown bounded, and never
// where it holds a secret that was sent to them.

/** What is logged of a failure at a provider. */
export interface ProviderFault extends Error {
  readonly code: string
  /** The provider may have done what it was asked, and its answer did not come: a refresh token may be used up. */
  readonly answerLost: boolean
}

export interface ProviderProblemOptions {
  /** What was sent and must not stand in a sentence: tokens, codes, secrets. */
  readonly secrets?: readonly string[]
  /**
   * A refresh token was sent: `invalid_grant` is `connection-needs-reauth`. Anywhere else (a code, an assertion) it is one of
   * the provider's refusals.
   */
  readonly isRefresh?: boolean
}

/** What time alone cures (RFC 6749 §4.1.2.1, RFC 8628 §3.5). */
const passingErrors = new Set(['temporarily_unavailable', 'server_error', 'slow_down'])

/** Refusals of openid-client's own: what the provider says, or the OAuth app, does not fit. */
const refusedCodes = new Set([
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
  'OAUTH_REQUEST_PROTOCOL_FORBIDDEN',
])

/** Problems of the way out after which the provider may have done what it was asked. */
const lostAnswers: ReadonlySet<ProblemType> = new Set([
  'upstream-timeout',
  'upstream-invalid-response',
  'response-too-large',
  'request-stopped',
])

/** Problems that say all there is to say already. */
const finished: ReadonlySet<ProblemType> = new Set([
  'connection-needs-reauth',
  'provider-refused',
  'provider-unavailable',
  'origin-not-allowed',
  'credential-unreadable',
  'store-unavailable',
  'oauth-app-missing',
  'oauth-app-not-found',
])

/**
 * Turns whatever came of asking a provider into `connection-needs-reauth` (`invalid_grant` for a refresh token, and that
 * alone: S-32), `provider-refused` (it said no to something else) or `provider-unavailable` (it said nothing that could be
 * understood, or that time will mend). `provider` is how it is called in sentences. No sentence and no cause holds a secret (S-38).
 */
export function toProviderProblem(
  error: unknown,
  provider: string,
  options: ProviderProblemOptions = {},
): Problem {
  const known = problemIn(error)
  if (known !== undefined) return finished.has(known.type) ? known : wayOutProblem(known, provider)
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    return errorProblem(error, provider, options)
  }
  const code = codeOf(error)
  const status = error instanceof ClientError ? statusOf(error.cause) : undefined
  if (status !== undefined) return statusProblem(status, provider)
  if (refusedCodes.has(code)) {
    return new Problem('provider-refused', `What ${provider} says of itself does not fit.`, {
      next: 'An owner checks the issuer and the endpoints of the OAuth app.',
      cause: fault(code, false),
    })
  }
  return unintelligible(provider, code)
}

/** The provider answered something that the standard does not know; what it was asked may have been done. */
export function unintelligible(provider: string, code: string): Problem {
  return new Problem(
    'provider-unavailable',
    `The answer of ${provider} cannot be understood (${code}).`,
    {
      next: 'Try again later; if it stays so, an owner checks the endpoints of the OAuth app.',
      retryAfterSeconds: retryAfterSecondsDefault,
      cause: fault(code, true),
    },
  )
}

/** Where a provider names no time. */
const retryAfterSecondsDefault = 5

/** An answer whose status is all that can be read. */
export function statusProblem(
  status: number,
  provider: string,
  retryAfterSeconds?: number | undefined,
): Problem {
  const isPassing = status >= 500 || status === 429 || status === 408 || status < 400
  const detail = `${provider} answered ${status}${isPassing ? '' : ' and did not say why'}.`
  if (!isPassing) {
    return new Problem('provider-refused', detail, {
      next: 'An owner checks the endpoints and the client of the OAuth app.',
      cause: fault(`HTTP_${status}`, false),
    })
  }
  return new Problem('provider-unavailable', detail, {
    next: 'Try again later.',
    retryAfterSeconds: retryAfterSeconds ?? retryAfterSecondsDefault,
    cause: fault(`HTTP_${status}`, false),
  })
}

/** Did the provider's answer get lost, so that it may have used up the refresh token? */
export function isAnswerLost(problem: Problem): boolean {
  const { cause } = problem
  return cause instanceof Error && 'answerLost' in cause && cause.answerLost === true
}

function errorProblem(
  { error, error_description }: ResponseBodyError | AuthorizationResponseError,
  provider: string,
  { secrets = [], isRefresh = false }: ProviderProblemOptions,
): Problem {
  const code = /^[A-Za-z0-9_.-]{1,64}$/.test(error) ? readProviderText(error, secrets) : 'an error'
  const said = readProviderText(error_description ?? '', secrets)
  const sentence = said === '' ? '' : ` It says: “${said}”.`
  const cause = fault(code, false)
  if (error === 'invalid_grant' && isRefresh) {
    const detail = `${provider} does not take the grant any more (invalid_grant): access was withdrawn, or it has ended.`
    return new Problem('connection-needs-reauth', `${detail}${sentence}`, {
      next: 'An owner reconnects it.',
      cause,
    })
  }
  if (passingErrors.has(error)) {
    return new Problem('provider-unavailable', `${provider} answered ${code}.${sentence}`, {
      next: 'Try again later.',
      retryAfterSeconds: retryAfterSecondsDefault,
      cause,
    })
  }
  return new Problem('provider-refused', `${provider} refused (${code}).${sentence}`, {
    next: `An owner checks the OAuth app or the credential for ${provider}: its id, its secret and what it may do.`,
    cause,
  })
}

function wayOutProblem(problem: Problem, provider: string): Problem {
  const { type, detail, next, retryAfterSeconds } = problem
  return new Problem('provider-unavailable', `${provider} could not be asked: ${detail}`, {
    next: type === 'address-refused' && next !== undefined ? next : 'Try again later.',
    retryAfterSeconds: retryAfterSeconds ?? retryAfterSecondsDefault,
    cause: fault(type, lostAnswers.has(type)),
  })
}

const causesMax = 4

/** openid-client wraps what its fetch throws. */
function problemIn(error: unknown): Problem | undefined {
  let at = error
  for (let depth = 0; depth < causesMax && at instanceof Error; depth += 1) {
    if (at instanceof Problem) return at
    at = at.cause
  }
  return undefined
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return /^[A-Za-z0-9_.-]{1,80}$/.test(code) ? code : 'UNKNOWN'
}

/** The status where the answer's form, or its content type, is what was wrong. */
function statusOf(cause: unknown): number | undefined {
  return cause instanceof Response && cause.status !== 200 ? cause.status : undefined
}

function fault(code: string, answerLost: boolean): ProviderFault {
  return Object.assign(new Error(`the provider failed (${code})`), { code, answerLost })
}
