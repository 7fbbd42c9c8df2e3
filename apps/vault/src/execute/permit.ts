import { type Limits, Problem } from '@sallyport/contracts'
import type { AllowedRequest } from './decide-request.ts'
import type { RunningCall } from './running-calls.ts'

declare const permitted: unique symbol

/** A request whose intent is committed and whose limits are reserved. Only `permit` makes one; it may be sent once. */
export interface PermittedRequest {
  readonly [permitted]: true
  readonly allowed: AllowedRequest
  readonly auditId: string
  readonly running: RunningCall
}

/** What the limits reserve for one attempt. */
export interface LimitReservation {
  readonly policyId: string
  readonly limits: Limits
}

/** Commits the intent together with the reservation; resolves when both are durable. */
export type BeginAudit = (
  auditId: string,
  allowed: AllowedRequest,
  reservation: LimitReservation | undefined,
) => Promise<{ granted: true } | { granted: false; limit: string; retryAfterSeconds: number }>

/** A limit was used up: the refusal stands in the audit log already. */
export class LimitExceeded extends Problem {}

/**
 * Permits an allowed request: its limits are reserved and its intent is durable when this resolves (S-29, S-36).
 * Throws `limit-exceeded`, `audit-unavailable`, and `request-stopped` where the call was ended meanwhile (S-10).
 */
export async function permit(
  begin: BeginAudit,
  allowed: AllowedRequest,
  attempt: { auditId: string; running: RunningCall },
): Promise<PermittedRequest> {
  const { id, compiled } = allowed.call.policy
  const reservation = hasLimits(compiled.limits)
    ? { policyId: id, limits: compiled.limits }
    : undefined
  const begun = await begin(attempt.auditId, allowed, reservation)
  if (!begun.granted) throw limitExceeded(begun)
  return { allowed, ...attempt } as PermittedRequest
}

const hasLimits = (limits: Limits) =>
  limits.perMinute !== undefined ||
  limits.perHour !== undefined ||
  limits.perDay !== undefined ||
  limits.concurrent !== undefined

const limitNames: Readonly<Record<string, string>> = {
  perMinute: 'requests per minute',
  perHour: 'requests per hour',
  perDay: 'requests per day',
  concurrent: 'requests at the same time',
}

function limitExceeded({ limit, retryAfterSeconds }: { limit: string; retryAfterSeconds: number }) {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds))
  return new LimitExceeded(
    'limit-exceeded',
    `The policy’s limit of ${limitNames[limit] ?? limit} is used up.`,
    {
      next: `Send it again in ${seconds} s, or ask the owner for a higher limit.`,
      retryAfterSeconds: seconds,
    },
  )
}
