import type { Facts } from './facts.ts'
import {
  judgeApprovals,
  judgeLimits,
  judgePeople,
  judgePermission,
  judgeSaid,
} from './judge-allowed.ts'
import {
  judgeAgreement,
  judgeFailures,
  judgeNos,
  judgeOutcomes,
  judgeReuses,
} from './judge-ends.ts'
import { judgeAnswers, judgeIntents, judgeOnce, judgeTakenBack } from './judge-requests.ts'

// Lays the books side by side: what the upstream saw, what the vault recorded, and what agents and people were told.

const shownMax = 5

const checks: readonly (readonly [string, (facts: Facts) => readonly string[]])[] = [
  ['an upstream request without an intent of its own before it', judgeIntents],
  ['a request sent more than once', judgeOnce],
  ['an answer without its request', judgeAnswers],
  ['a request that nobody allowed', judgePermission],
  ['an approval that did not hold', judgeApprovals],
  ['a word of a person that did not hold', judgeSaid],
  ['a limit exceeded, or not given out whole', judgeLimits],
  ['a request after its connection was taken back', judgeTakenBack],
  ['an outcome that nothing explains', judgeOutcomes],
  ['an agent was told something else than what is recorded', judgeAgreement],
  ['an agent was told no, and it was sent', judgeNos],
  ['a call that failed without a fault', judgeFailures],
  ['an owner could not do something without a fault', judgePeople],
  ['a refresh token used twice without a fault', judgeReuses],
]

/** Judges them. Answers each breach as a sentence; none where all promises were kept. */
export function judge(facts: Facts): string[] {
  return checks.flatMap(([what, check]) => {
    const found = check(facts)
    if (found.length === 0) return []
    const shown = found.slice(0, shownMax).join('; ')
    const more = found.length > shownMax ? `; and ${found.length - shownMax} more` : ''
    return [`${what} (${found.length}): ${shown}${more}`]
  })
}
