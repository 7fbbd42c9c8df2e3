import type { ExecuteAnswer } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { awaitDecision, type Clock, type Decision } from './await-decision.ts'
import type { AskedApproval, CallContext, LinkOffer } from './call-context.ts'
import type { Arguments } from './check-arguments.ts'
import type { Config } from './config.ts'
import { executeTimeoutMs, longestWaitSeconds, waitSecondsWithoutProgress } from './limits.ts'
import { redeem } from './redeem.ts'
import { parseSelect } from './select.ts'
import { shapeAnswer } from './shape-answer.ts'

type Members = Readonly<Record<string, unknown>>

export interface ExecuteNeeds {
  readonly client: Client
  readonly config: Pick<Config, 'pollTimeoutMs' | 'pollIntervalMs'>
  readonly clock: Clock
}

/**
 * Asks first, without a wait, so that the approval's link is known at once; then waits by looking, which can be repeated;
 * then has the approved request sent, which the vault does once. So no request is open for longer than proxies bear, and
 * none that might be sent twice is made again.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function execute(
  needs: ExecuteNeeds,
  args: Arguments,
  context: CallContext,
): Promise<Members> {
  const { select, maxBytes, waitSeconds, ...request } = args
  // Read before anything is sent: a wrong path must not cost a request that changes something.
  const steps = select === undefined ? undefined : parseSelect(String(select))
  const startedMs = needs.clock.now()
  const asked = await ask(needs.client, request, context)
  const { answer, waited } = isAsked(asked)
    ? await waitForOwner(needs, { asked, request, startedMs, wanted: waitSeconds }, context)
    : { answer: asked, waited: undefined }
  return shapeAnswer(answer, {
    method: String(request.method),
    ...(maxBytes !== undefined && { maxBytes: Number(maxBytes) }),
    ...(steps !== undefined && { steps }),
    ...(waited !== undefined && { waited }),
  })
}

type Asked = Extract<ExecuteAnswer, { approvalRequired: true }>
const isAsked = (answer: ExecuteAnswer): answer is Asked => 'approvalRequired' in answer

function ask(client: Client, request: Members, { signal, links }: CallContext) {
  const approvalId = request.approvalId ?? links?.resumes
  const input = { ...request, method: String(request.method), url: String(request.url) }
  const options = { signal, timeoutMs: executeTimeoutMs }
  if (approvalId === undefined) return client.call('execute', input, options)
  const redeemed = { ...input, approvalId: String(approvalId) }
  return redeem(client, {
    approvalId: redeemed.approvalId,
    signal,
    send: () => client.call('execute', redeemed, options),
  })
}

interface Waiting {
  readonly asked: Asked
  readonly request: Members
  readonly startedMs: number
  /** What the model asked for, if it did. */
  readonly wanted: unknown
}

/** What was seen at the end of a wait that was too short; absent where nobody waited. */
export type Waited = 'pending' | 'unseen' | undefined

async function waitForOwner(
  { client, config, clock }: ExecuteNeeds,
  { asked, request, startedMs, wanted }: Waiting,
  context: CallContext,
): Promise<{ answer: ExecuteAnswer; waited: Waited }> {
  // Without a word about waiting, a client that can show the link itself is worth the wait that every client bears. All
  // others get the link at once, because the model has to show it before anyone can approve.
  const offered = wanted !== 0 && context.links !== undefined
  const seconds = Math.min(
    Number(wanted ?? (offered ? waitSecondsWithoutProgress : 0)),
    context.hearsProgress ? longestWaitSeconds : waitSecondsWithoutProgress,
    config.pollTimeoutMs / 1000,
  )
  if (seconds <= 0) return { answer: asked, waited: undefined }
  const what = `the owner to approve ${describeRequest(request)}`
  const offer = offered ? context.links?.offer(asked, `The agent waits for ${what}`) : undefined
  let decision: Decision = 'pending'
  try {
    context.report(`Waiting for ${what}: ${asked.approvalUrl}`)
    decision = await awaitDecision(
      { client, clock, intervalMs: config.pollIntervalMs },
      {
        approvalId: asked.approvalRequestId,
        untilMs: startedMs + seconds * 1000,
        signal: context.signal,
        enough: wanted === undefined ? whenNotShown(offer) : neverEnough,
      },
    )
  } finally {
    offer?.end(decision !== 'pending' && decision !== 'unseen')
  }
  if (decision === 'pending' || decision === 'unseen') return { answer: asked, waited: decision }
  // Denied, expired or withdrawn: the vault says so, and what to do, better than this side could.
  const answer = await sendApproved(client, asked, context.signal)
  return { answer, waited: undefined }
}

function sendApproved(
  client: Client,
  { approvalRequestId: approvalId }: AskedApproval,
  signal: AbortSignal,
): Promise<ExecuteAnswer> {
  const options = { signal, timeoutMs: executeTimeoutMs }
  const send = () => client.call('executeApproval', { approvalId }, options)
  return redeem(client, { approvalId, signal, send })
}

const neverEnough = new AbortController().signal

/** Ends a wait that nobody asked for when the client could not show the link: then the model has to. */
function whenNotShown(offer: LinkOffer | undefined): AbortSignal {
  const enough = new AbortController()
  void offer?.shown.then((shown) => {
    if (!shown) enough.abort()
  })
  return enough.signal
}

/** The method and the host: the vault took the URL, so it can be read. Of the path a person reads on the vault's page. */
const describeRequest = ({ method, url }: Members) =>
  `${method} to ${URL.canParse(String(url)) ? new URL(String(url)).host : 'the API'}`
