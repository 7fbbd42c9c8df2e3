import { type ExecuteAnswer, Problem, type ProblemType } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { executeTimeoutMs } from './limits.ts'

interface Redemption {
  readonly approvalId: string
  readonly signal: AbortSignal
  /** The first attempt. */
  readonly send: () => Promise<ExecuteAnswer>
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
 * again without a second send; where the first one did arrive, what is known of it is said.
 * @throws Problem the vault's own; `approval-consumed` with the audit entry of the attempt whose answer was lost
 */
export async function redeem(client: Client, redemption: Redemption): Promise<ExecuteAnswer> {
  const { approvalId, signal, send } = redemption
  try {
    return await send()
  } catch (error) {
    if (!isLost(error)) throw error
    const auditId = await findAttempt(client, redemption, error)
    if (auditId !== undefined) throw answerLost(approvalId, auditId)
  }
  try {
    return await client.call(
      'executeApproval',
      { approvalId },
      { signal, timeoutMs: executeTimeoutMs },
    )
  } catch (error) {
    throw isLost(error) ? unknownWhether(approvalId, error) : error
  }
}

/** The audit entry of the attempt, `''` where it has none; undefined while the approval has not been used. */
async function findAttempt(
  client: Client,
  { approvalId, signal }: Redemption,
  failure: Problem,
): Promise<string | undefined> {
  try {
    const { approval } = await client.call('getMyApproval', { approvalId }, { signal })
    return approval.status === 'consumed' ? (approval.auditId ?? '') : undefined
  } catch (error) {
    throw isLost(error) ? unknownWhether(approvalId, failure) : error
  }
}

function answerLost(approvalId: string, auditId: string): Problem {
  const under = auditId === '' ? '' : ` under ${auditId}`
  const problem = new Problem(
    'approval-consumed',
    'The request was approved and its one attempt was made, but the answer was lost on the way here.',
    {
      next:
        `Do not send it again. Its outcome is in the vault's audit log${under}, which the owner can read; ` +
        'where the API can be asked with a GET, look there.',
      extra: { approvalId },
    },
  )
  problem.auditId = auditId === '' ? undefined : auditId
  return problem
}

function unknownWhether(approvalId: string, { type, detail, cause }: Problem): Problem {
  return new Problem(type, detail, {
    next:
      'It is not known whether the approved request was sent. An approval is used once at most, so it is safe to call ' +
      `execute again with the same arguments and approvalId "${approvalId}" once the vault answers.`,
    extra: { approvalId },
    cause,
  })
}
