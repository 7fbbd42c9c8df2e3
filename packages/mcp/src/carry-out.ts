import type { ExecuteAnswer } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { awaitDecision, type Clock, type Decision } from './await-decision.ts'
import type { AskedApproval, CallContext, LinkOffer } from './call-context.ts'
import type { Config } from './config.ts'
import { longestWaitSeconds, waitSecondsWithoutProgress } from './limits.ts'
import { redeem } from './redeem.ts'

export interface CarryOutNeeds {
  readonly client: Client
  readonly config: Pick<Config, 'pollTimeoutMs' | 'pollIntervalMs'>
  readonly clock: Clock
}

/** Something that the vault does at once, or once an owner has approved it. */
export interface Attempt {
  /** Asks for it; with the id of an approval: has what was approved done. */
  ask(approvalId?: string): Promise<ExecuteAnswer>
  /** Has done what an owner approved. It can be called again: the vault spends an approval once. */
  send(approvalId: string): Promise<ExecuteAnswer>
  /** An earlier approval that the call names. */
  readonly approvalId?: string
  /** For a person, as the end of “The agent waits for the owner to approve …”. */
  readonly what: string
  /** How long the model wants to wait, if it said so. */
  readonly waitSeconds?: number
  /** What to do once more where it is not known whether it was done, as “call … again”. */
  again(approvalId: string): string
  /**
   * The model cannot name an approval. So an approval that was asked for before is looked at without a word about waiting, and
   * waited for where its link has been given already.
   */
  readonly repeats?: { wasGiven(approvalId: string): boolean }
}

type Asked = Extract<ExecuteAnswer, { approvalRequired: true }>
const isAsked = (answer: ExecuteAnswer): answer is Asked => 'approvalRequired' in answer

/** What was seen at the end of a wait that was too short; absent where nobody waited. */
export type Waited = 'pending' | 'unseen' | undefined

/** What came of it, and how a wait ended that was too short. */
export interface CarriedOut {
  readonly answer: ExecuteAnswer
  readonly waited: Waited
}

/**
 * Asks first, without a wait, so that the approval's link is known at once; then waits by looking, which can be repeated;
 * then has the approved request sent, which the vault does once. So no request is open for longer than proxies bear, and
 * none that might be sent twice is made again.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function carryOut(
  needs: CarryOutNeeds,
  attempt: Attempt,
  context: CallContext,
): Promise<CarriedOut> {
  const startedMs = needs.clock.now()
  const approvalId = attempt.approvalId ?? context.links?.resumes
  const asked =
    approvalId === undefined
      ? await attempt.ask()
      : await redeem(needs.client, {
          ...{ approvalId, signal: context.signal, again: attempt.again(approvalId) },
          send: () => attempt.ask(approvalId),
          resend: () => attempt.send(approvalId),
        })
  if (!isAsked(asked)) return { answer: asked, waited: undefined }
  return await waitForOwner(needs, { asked, attempt, startedMs }, context)
}

interface Waiting {
  readonly asked: Asked
  readonly attempt: Attempt
  readonly startedMs: number
}

async function waitForOwner(
  { client, config, clock }: CarryOutNeeds,
  { asked, attempt, startedMs }: Waiting,
  context: CallContext,
): Promise<CarriedOut> {
  const { waitSeconds: wanted, repeats } = attempt
  const offered = wanted !== 0 && context.links !== undefined
  const seconds = Math.min(
    wanted ?? defaultWaitSeconds({ asked, attempt, offered }),
    context.hearsProgress ? longestWaitSeconds : waitSecondsWithoutProgress,
    config.pollTimeoutMs / 1000,
  )
  if (seconds <= 0 && repeats === undefined) return { answer: asked, waited: undefined }
  const what = `the owner to approve ${attempt.what}`
  const offer = offered ? context.links?.offer(asked, `The agent waits for ${what}`) : undefined
  let decision: Decision = 'pending'
  try {
    if (seconds > 0) context.report(`Waiting for ${what}: ${asked.approvalUrl}`)
    decision = await awaitDecision(
      { client, clock, intervalMs: config.pollIntervalMs },
      {
        approvalId: asked.approvalRequestId,
        untilMs: startedMs + seconds * 1000,
        signal: context.signal,
        enough: wanted === undefined && !isRepeat(attempt, asked) ? whenNotShown(offer) : never,
      },
    )
  } finally {
    offer?.end(decision !== 'pending' && decision !== 'unseen')
  }
  if (decision === 'pending' || decision === 'unseen') {
    return { answer: asked, waited: seconds > 0 ? decision : undefined }
  }
  // Denied, expired or withdrawn: the vault says so, and what to do, better than this side could.
  const answer = await sendApproved(client, { attempt, asked }, context.signal)
  return { answer, waited: undefined }
}

/**
 * Without a word about waiting, a client that can show the link itself is worth the wait that every client bears, and a
 * call that is made again is one that waits. All others get the link at once, because the model has to show it before
 * anyone can approve.
 */
function defaultWaitSeconds(
  given: Pick<Waiting, 'asked' | 'attempt'> & { readonly offered: boolean },
): number {
  if (isRepeat(given.attempt, given.asked)) return longestWaitSeconds
  return given.offered ? waitSecondsWithoutProgress : 0
}

const isRepeat = ({ repeats }: Attempt, { approvalRequestId }: Asked): boolean =>
  repeats?.wasGiven(approvalRequestId) === true

function sendApproved(
  client: Client,
  given: { readonly attempt: Attempt; readonly asked: AskedApproval },
  signal: AbortSignal,
): Promise<ExecuteAnswer> {
  const { attempt, asked } = given
  const approvalId = asked.approvalRequestId
  const send = () => attempt.send(approvalId)
  return redeem(client, {
    ...{ approvalId, signal, send },
    resend: send,
    again: attempt.again(approvalId),
  })
}

const never = new AbortController().signal

/** Ends a wait that nobody asked for when the client could not show the link: then the model has to. */
function whenNotShown(offer: LinkOffer | undefined): AbortSignal {
  const enough = new AbortController()
  void offer?.shown.then((shown) => {
    if (!shown) enough.abort()
  })
  return enough.signal
}
