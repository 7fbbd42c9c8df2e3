import {
  type callMyTool,
  type ExecuteAnswer,
  type ExecuteInput,
  type InputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import type { CallProgress } from './call-progress.ts'
import { callTool } from './call-tool.ts'
import { passing } from './caller-credential.ts'
import { type Attempted, carryOut, type Gone, patienceOf } from './carry-out.ts'
import type { ExecuteNeeds, Progress, Recorded } from './execute-needs.ts'
import { readPassedCredentials } from './passed-credentials.ts'
import { redeemStored } from './redeem-approval.ts'
import { resolveCall } from './resolve-call.ts'
import { sayWhere } from './say-where.ts'

// The doors to the one way of a request: resolve it, carry it out (see carry-out.ts), and record whatever was not sent.

/** Who waits for a call, and what came with it beside its input. */
export interface CallFrom {
  readonly gone: Gone
  /** The header of the caller's own credentials, as it came. */
  readonly passed?: string | undefined
  /** Told of the progress that an upstream reports. */
  readonly progress?: ((progress: CallProgress) => void) | undefined
}

/** What agents do with requests. Whatever is not sent is the Problem that says why not, with the id of its audit entry. */
export interface Execute {
  /** Sends what the policy allows, asks an owner where it says so, and sends what an owner approved. */
  execute(agent: AuthenticatedAgent, input: ExecuteInput, from: CallFrom): Promise<ExecuteAnswer>
  /** Sends the request that a tool of the agent's makes of its arguments; else as `execute`. Problem: `tool-not-found`. */
  callTool(
    agent: AuthenticatedAgent,
    input: InputOf<typeof callMyTool>,
    from: CallFrom,
  ): Promise<ExecuteAnswer>
  /** Sends the stored request of an approval. */
  executeApproval(
    agent: AuthenticatedAgent,
    input: { readonly approvalId: string; readonly waitSeconds?: number | undefined },
    from: CallFrom,
  ): Promise<ExecuteAnswer>
}

/** Builds the request path. Every attempt is recorded: before it is sent, or as a refusal. */
export function createExecute(needs: ExecuteNeeds): Execute {
  const recorded: Recorded = async (agent, work) => {
    let progress: Progress = { auditId: needs.newId('audit'), agent }
    const reached = (next: Partial<Progress>) => {
      progress = Object.assign({}, progress, next)
      return progress
    }
    try {
      return await work({ progress: () => progress, reached })
    } catch (thrown) {
      throw await refused(needs, progress, thrown)
    }
  }
  const passingNone = passing(needs)
  const passingOf = ({ passed }: CallFrom): ExecuteNeeds =>
    passed === undefined ? passingNone : passing(needs, readPassedCredentials(passed))
  return {
    execute: (agent, input, from) =>
      recorded(agent, (attempting) =>
        attempt(passingOf(from), input, { attempting, gone: from.gone, recorded }),
      ),
    callTool: (agent, input, from) =>
      recorded(agent, (attempting) =>
        callTool(passingOf(from), input, {
          ...{ attempting, recorded },
          ...{ gone: from.gone, told: from.progress },
        }),
      ),
    executeApproval: (agent, { approvalId, waitSeconds }, from) =>
      recorded(agent, (attempting) =>
        redeemStored(passingOf(from), approvalId, {
          attempting,
          patience: patienceOf(waitSeconds, from.gone),
        }),
      ),
  }
}

async function attempt(
  needs: ExecuteNeeds,
  input: ExecuteInput,
  attempted: Attempted,
): Promise<ExecuteAnswer> {
  refuseUnoffered(input)
  const { progress, reached } = attempted.attempting
  const call = await resolveCall(needs, progress().agent, input)
  reached({ call })
  return carryOut(needs, { call, wanted: input }, attempted)
}

/** Upstream credentials are never handed out. */
function refuseUnoffered({ model }: ExecuteInput): void {
  if (model === undefined || model === 'B') return
  throw new Problem('model-not-offered', 'The vault hands out no upstream credential.', {
    next: 'Leave model out: the vault puts the credential on and sends the request itself.',
  })
}

/** Records a refusal, unless the attempt was recorded already, and puts the entry's id on the problem. */
async function refused(needs: ExecuteNeeds, progress: Progress, thrown: unknown): Promise<Problem> {
  const failed = thrown instanceof Problem ? thrown : unexpected(thrown)
  const { connection } = progress.call ?? {}
  const problem = connection === undefined ? failed : sayWhere(needs, connection.id, failed)
  if (problem.auditId !== undefined || problem.type === 'audit-unavailable') return problem
  await needs.refuse(progress, problem)
  problem.auditId = progress.auditId
  return problem
}

const unexpected = (cause: unknown) =>
  new Problem('internal-error', 'Something went wrong in the vault. Nothing was sent.', {
    next: 'An operator finds the cause in the vault’s log.',
    cause,
  })
