import type { ExecuteAnswer } from '@sallyport/contracts'
import { answerOf } from './answer-of.ts'
import type { AllowedRequest } from './decide-request.ts'
import type { Attempting, ExecuteNeeds, Recorded } from './execute-needs.ts'
import { permit } from './permit.ts'
import type { ReadAnswer } from './read-answer.ts'
import type { ConnectionSnapshot } from './resolve-call.ts'
import type { RunningCall } from './running-calls.ts'
import { type ReadyCredential, sendPermitted } from './send-permitted.ts'
import { requireStillAllowed } from './still-allowed.ts'

// What becomes of a request whose access token the upstream refused, though it should have worked still.

/** Repeated, these change nothing (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

type Renew = NonNullable<ReadyCredential['renew']>

/** An attempt that was answered 401, and what gets its connection a new access token. */
interface RefusedAttempt {
  readonly allowed: AllowedRequest
  readonly renew: Renew
  /** What was read of it, and its entry in the log. */
  readonly read: ReadAnswer
  readonly auditId: string
}

interface Again {
  readonly attempting: Attempting
  readonly recorded: Recorded
  readonly running: RunningCall
}

/**
 * Gets a new access token, at once for the next request, and repeats a GET or HEAD with it, once: as an attempt of its own, with
 * its own intent, counted by the limits. Anything else is never sent twice, so the upstream's 401 is its answer; so it is where
 * there was a new token a moment ago, since then the 401 has another reason.
 */
export async function sendAgain(
  needs: ExecuteNeeds,
  { allowed, renew, read, auditId: refusedId }: RefusedAttempt,
  { attempting, recorded, running }: Again,
): Promise<ExecuteAnswer> {
  const { call, frozen } = allowed
  const renewed = await renewRefused(renew, call.connection)
  if (renewed === undefined || !safeMethods.has(frozen.method)) return answerOf(read, refusedId)
  return recorded(attempting.progress().agent, async ({ reached }) => {
    reached({ call, frozen, again: refusedId })
    if ('problem' in renewed) throw renewed.problem
    const allowedAgain = await requireStillAllowed(needs, allowed, refusedId)
    const { auditId } = reached({ decision: allowedAgain.decision })
    const permitted = await permit(needs.begin, allowedAgain, { auditId, running })
    return answerOf(await sendPermitted(needs, permitted, renewed), auditId)
  })
}

/** A failure is an answer here: whoever renews has recorded it, and what an upstream said is not lost over it. */
export async function renewRefused(
  renew: Renew,
  connection: ConnectionSnapshot,
): Promise<ReadyCredential | { readonly problem: unknown } | undefined> {
  try {
    return await renew(connection)
  } catch (problem) {
    return { problem }
  }
}
