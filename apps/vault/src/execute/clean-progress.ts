import type { PermittedRequest } from './permit.ts'
import type { Scrubber } from './scrub.ts'
import type { SendHow } from './send-call.ts'

/** Characters of what an upstream says beside the numbers. */
const messageCharsMax = 1_000

/**
 * What is told of an upstream's progress: numbers, and its words with the secrets taken out (S-20). Where the policy has rules on
 * answers the words are left out, since no rule can be applied to a part of an answer (S-21).
 */
export function cleanProgress(
  { attempt, responseRules }: Pick<PermittedRequest, 'attempt' | 'responseRules'>,
  scrubber: Pick<Scrubber, 'text'>,
): SendHow['progress'] {
  const tell = attempt.running.progress
  if (tell === undefined) return undefined
  const isRuled = responseRules.length > 0
  return ({ progress, total, message }) => {
    if (!Number.isFinite(progress)) return
    const said = message === undefined || isRuled ? undefined : scrubber.text(message)
    tell({
      progress,
      ...(Number.isFinite(total) && { total }),
      ...(said !== undefined && { message: said.slice(0, messageCharsMax) }),
    })
  }
}
