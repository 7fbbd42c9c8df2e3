import { type ConnectFlow, Problem } from '@sallyport/contracts'
import type { FlowProblem, StoredFlow } from './connect-flow-store.ts'
import type { FlowSecrets } from './flow-secrets.ts'

/** Longer than finishing takes: one that was used before that, and came to nothing, was cut short. */
const finishingMsMax = 60_000

/** An attempt as the person sees it who made it. */
export function viewFlow(
  flow: StoredFlow,
  {
    nowMs,
    pagesUrl,
    secrets,
  }: {
    readonly nowMs: number
    readonly pagesUrl: string
    /** Where the attempt waits. */
    readonly secrets: FlowSecrets | undefined
  },
): ConnectFlow {
  const { status, problem } = stateOf(flow, nowMs)
  const goesOn = status === 'waiting' && flow.method === 'code' && flow.sessionHash === null
  return {
    id: flow.id,
    method: flow.method,
    status,
    service: flow.service,
    provider: flow.provider,
    label: flow.label,
    scopes: flow.scopes,
    // Whoever goes on with what a token began sees where the account's token is to go, as it was sealed.
    ...(secrets?.draft.kind === 'new' && { origins: secrets.draft.origins }),
    ...(flow.connectionId !== null && { connectionId: flow.connectionId }),
    ...(goesOn && { continueUrl: `${pagesUrl}/connections/flows/${flow.id}` }),
    ...(flow.userCode !== null && { userCode: flow.userCode }),
    ...(flow.verificationUri !== null && { verificationUri: flow.verificationUri }),
    ...(flow.verificationUriComplete !== null && {
      verificationUriComplete: flow.verificationUriComplete,
    }),
    ...(problem !== null && { problem }),
    ...(flow.returnTo !== null && { returnTo: flow.returnTo }),
    createdAt: flow.createdAt.toISOString(),
    expiresAt: flow.expiresAt.toISOString(),
  }
}

/** Does it wait for its account still? */
export const isWaiting = ({ status, finishedAt, expiresAt }: StoredFlow, nowMs: number): boolean =>
  status === 'waiting' && finishedAt === null && expiresAt.getTime() > nowMs

function stateOf(
  flow: StoredFlow,
  nowMs: number,
): Pick<ConnectFlow, 'status'> & {
  readonly problem: FlowProblem | null
} {
  const { status, problem, finishedAt } = flow
  if (status !== 'waiting') return { status, problem }
  if (finishedAt !== null) {
    return nowMs - finishedAt.getTime() < finishingMsMax
      ? { status, problem: null }
      : { status: 'failed', problem: interrupted }
  }
  return { status: isWaiting(flow, nowMs) ? 'waiting' : 'expired', problem: null }
}

const interrupted: FlowProblem = {
  type: 'provider-unavailable',
  detail: 'The vault stopped while the attempt was being finished. Nothing was connected.',
  next: 'Begin again.',
}

/** What is kept of why an attempt came to nothing. */
export function flowProblemOf(error: unknown): FlowProblem {
  if (!(error instanceof Problem)) {
    return { type: 'internal-error', detail: 'Something went wrong in the vault.' }
  }
  const { type, detail, next } = error
  return { type, detail, ...(next !== undefined && { next }) }
}
