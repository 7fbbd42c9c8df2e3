import type { ProblemType } from '@sallyport/contracts'
import type { BeginAnswer, SpendingRefusal } from './audit-store.ts'
import { type AuditIntent, draftRefusal, type RecordDraft } from './entry.ts'
import type { LimitRefusal } from './limit-reservation.ts'

type Ungranted = BeginAnswer & { readonly granted: false }

/** The refusal that stands in the log in place of an intent that was not granted. */
export const draftUngranted = (intent: AuditIntent, answer: Ungranted, at: string): RecordDraft =>
  'approval' in answer
    ? draftSpendingRefusal(intent, answer, at)
    : draftLimitRefusal(intent, answer, at)

function draftSpendingRefusal(
  intent: AuditIntent,
  { approval }: SpendingRefusal,
  at: string,
): RecordDraft {
  const problem = spendingProblems[approval]
  const reason =
    approval === 'changed'
      ? 'What the decision stood on changed meanwhile.'
      : `The approval is ${approval}.`
  return draftRefusal({ ...intent, decision: 'deny', problem, reason }, at)
}

const spendingProblems: Readonly<Record<SpendingRefusal['approval'], ProblemType>> = {
  pending: 'approval-stale',
  approved: 'approval-stale',
  denied: 'approval-denied',
  expired: 'approval-expired',
  cancelled: 'approval-cancelled',
  consumed: 'approval-consumed',
  changed: 'request-stopped',
}

function draftLimitRefusal(intent: AuditIntent, refusal: LimitRefusal, at: string): RecordDraft {
  const { limit, standing } = refusal
  const gone = limit === 'policy-gone'
  const numbers =
    standing === undefined
      ? ''
      : ` Of ${standing.limit}, ${standing.used} spent, ${standing.held} held, ${standing.asked} asked for.`
  return draftRefusal(
    {
      ...intent,
      decision: 'deny',
      problem: gone ? 'policy-denied' : problemOf(refusal),
      reason: gone ? 'The policy was taken away.' : `The limit ${limit} is used up.${numbers}`,
    },
    at,
  )
}

/** As the request path tells it to the caller. */
function problemOf({ limit, retryAfterSeconds }: LimitRefusal): ProblemType {
  if (/^(tokens|usd)Per(Day|Month)$/.test(limit)) return 'budget-exceeded'
  return retryAfterSeconds > 0 ? 'limit-exceeded' : 'request-too-large'
}
