import { type ExecuteAnswer, Problem, type ProblemType } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'

interface Redemption {
  readonly approvalId: string
  readonly signal: AbortSignal
  /** The first attempt. */
  readonly send: () => Promise<ExecuteAnswer>
  /** Every further one. */
  readonly resend: () => Promise<ExecuteAnswer>
  /** How the caller tries once more, as “call … again”. */
  readonly again: string
}

/** The request may have reached the vault, and its answer did not come back. */
const lost: ReadonlySet<ProblemType> = new Set([
  'vault-unreachable',
  'vault-timeout',
  'vault-invalid-answer',
])
const isLost = (error: unknown): error is Problem =>
  error instanceof Problem && lost.has(error.type)

/**
 * Has an approved request sent. The vault spends an approval once, so that an attempt whose answer was lost can be made
 * again without a second send; where it was spent, what is known of the one attempt is said.
 * @throws Problem the vault's own; `approval-consumed` with the audit entry of the attempt
 */
export async function redeem(client: Client, redemption: Redemption): Promise<ExecuteAnswer> {
  const { approvalId, send, resend } = redemption
  try {
    return await send()
  } catch (error) {
    if (isConsumed(error)) throw await withAttempt(client, redemption, error)
    if (!isLost(error)) throw error
    const approval = await look(client, redemption, error)
    if (approval.status === 'consumed') throw consumed(approvalId, approval.auditId)
  }
  try {
    return await resend()
  } catch (error) {
    if (isConsumed(error)) throw await withAttempt(client, redemption, error)
    throw isLost(error) ? unknownWhether(redemption, error) : error
  }
}

const isConsumed = (error: unknown): error is Problem =>
  error instanceof Problem && error.type === 'approval-consumed'

async function look(client: Client, redemption: Redemption, failure: Problem) {
  const { approvalId, signal } = redemption
  try {
    return (await client.call('getMyApproval', { approvalId }, { signal })).approval
  } catch (error) {
    throw isLost(error) ? unknownWhether(redemption, failure) : error
  }
}

/** An approval that was used, with what is known of its use: whoever asks may have missed the answer to it. */
async function withAttempt(
  client: Client,
  { approvalId, signal }: Redemption,
  failure: Problem,
): Promise<Problem> {
  try {
    const { approval } = await client.call('getMyApproval', { approvalId }, { signal })
    return consumed(approvalId, approval.auditId)
  } catch {
    return failure // The vault's own words are enough where it cannot say more.
  }
}

function consumed(approvalId: string, auditId: string | undefined): Problem {
  const under = auditId === undefined ? '' : ` as ${auditId}`
  const problem = new Problem(
    'approval-consumed',
    `The approval was used: its one attempt is in the vault's audit log${under}.`,
    {
      next:
        'If you have not seen the answer, do not send the request again and do not ask for it anew: look with a GET ' +
        'whether it took effect, or have the user look at the audit log.',
      extra: { approvalId },
    },
  )
  problem.auditId = auditId
  return problem
}

function unknownWhether(
  { approvalId, again }: Redemption,
  { type, detail, cause }: Problem,
): Problem {
  return new Problem(type, detail, {
    next:
      'It is not known whether the approved request was sent. An approval is used once at most, so it is safe to ' +
      `${again} once the vault answers.`,
    extra: { approvalId },
    cause,
  })
}
