import { type ExecuteAnswer, Problem } from '@sallyport/contracts'
import { answerOf } from './answer-of.ts'
import { type Decided, decideAsItIs, requireRemembered } from './decide-request.ts'
import type { ExecuteNeeds, Recorded } from './execute-needs.ts'
import { permit } from './permit.ts'
import { type Asking, askOwner } from './redeem-approval.ts'
import { requireUnchanged } from './require-unchanged.ts'
import { renewRefused } from './send-again.ts'
import { sendPermitted } from './send-permitted.ts'
import { stoppedBeforeSending } from './stopped.ts'
import { credentialFor } from './tool-credential.ts'

type Asked = Decided & { readonly agentReason: string | undefined }

/**
 * Sends a request that the policy asks about where an owner's earlier answer covers it; else an owner is asked. Of several that come
 * for the last use at once, those that are too late are asked about.
 */
export async function askUnlessRemembered(
  needs: ExecuteNeeds,
  asked: Asked,
  asking: Asking & { readonly recorded: Recorded },
): Promise<ExecuteAnswer> {
  const { agentReason: _, ...decided } = asked
  const rememberedId = await needs.approvals.findRemembered(decided)
  if (rememberedId === undefined) return askOwner(needs, asked, asking)
  try {
    return await sendRemembered(needs, { ...decided, rememberedId }, asking)
  } catch (thrown) {
    if (!(thrown instanceof Problem) || !endings.has(thrown.type)) throw thrown
    const { agent } = asking.attempting.progress()
    return asking.recorded(agent, (attempting) => {
      const { call, frozen, decision } = decided
      attempting.reached({ call, frozen, decision })
      return askOwner(needs, asked, { ...asking, attempting })
    })
  }
}

/** The answer was used up, or is over, since it was found. The attempt is recorded as refused, and nothing was sent. */
const endings: ReadonlySet<string> = new Set([
  'approval-consumed',
  'approval-expired',
  'approval-cancelled',
])

/** As an approved request is sent: decided once more, counted with its intent, and never repeated. */
async function sendRemembered(
  needs: ExecuteNeeds,
  { call, frozen, decision: before, rememberedId }: Decided & { readonly rememberedId: string },
  { attempting, running }: Asking,
): Promise<ExecuteAnswer> {
  const { auditId } = attempting.reached({ rememberedApprovalId: rememberedId })
  const credential = await credentialFor(needs, call)
  await requireUnchanged(needs, call, needs.isNotEnded)
  const { redacted } = before
  const decision = {
    ...decideAsItIs(call, frozen, needs.now()),
    ...(redacted !== undefined && { redacted }),
  }
  const allowed = requireRemembered({ call, frozen, decision }, rememberedId)
  if (running.isEnded()) throw stoppedBeforeSending()
  const permitted = await permit(needs.begin, allowed, { auditId, running })
  const read = await sendPermitted(needs, permitted, credential)
  if (read.status === 401 && credential.renew !== undefined) {
    await renewRefused(credential.renew, call.connection)
  }
  return answerOf(read, auditId)
}
