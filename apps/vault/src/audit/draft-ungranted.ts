import type { ProblemType } from '@sallyport/contracts'
import type { BeginAnswer, SpendingRefusal } from './audit-store.ts'
import { type AuditIntent, draftRefusal, type RecordDraft } from './entry.ts'

type Ungranted = BeginAnswer & { readonly granted: false }

/** The refusal that stands in the log in place of an intent that was not granted. */
export const draftUngranted = (intent: AuditIntent, answer: Ungranted, at: string): RecordDraft =>
  'approval' in answer
    ? draftSpendingRefusal(intent, answer, at)
    : draftLimitRefusal(intent, answer.limit, at)

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

function draftLimitRefusal(intent: AuditIntent, limit: string, at: string): RecordDraft {
  const gone = limit === 'policy-gone'
  return draftRefusal(
    {
      ...intent,
      decision: 'deny',
      problem: gone ? 'policy-denied' : 'limit-exceeded',
      reason: gone ? 'The policy was taken away.' : `The limit ${limit} is used up.`,
    },
    at,
  )
}
