import { createHash } from 'node:crypto'
import { Problem, type ProblemType } from '@sallyport/contracts'
import type { CallContext } from './call-context.ts'
import { type CarryOutNeeds, carryOut } from './carry-out.ts'
import type { Arguments } from './check-arguments.ts'
import { selectOrMaxBytes } from './execute.ts'
import type { GivenLinks } from './given-links.ts'
import { executeTimeoutMs } from './limits.ts'
import { parseSelect } from './select.ts'
import { shapeAnswer } from './shape-answer.ts'

type Members = Readonly<Record<string, unknown>>

/** A call of a tool that was granted. */
export interface GrantedCall {
  /** `stock-index.get_index` */
  readonly fullName: string
  /** What the model calls it. */
  readonly shownAs: string
  readonly args: Arguments
  /** What `call_tool` takes beside the tool's own arguments; absent where the tool is called by its own name. */
  readonly more?: Arguments
}

/**
 * Calls a granted tool, once an owner has approved it where one has to. A tool's own arguments name no approval: a call that is made
 * again with equal arguments is about the one that it was asked for before. So it waits, returns the answer or says that it was denied.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function callGranted(
  needs: GrantedNeeds,
  call: GrantedCall,
  context: CallContext,
): Promise<Members> {
  const { given } = needs
  const key = keyOf(call)
  const earlier = call.more?.approvalId === undefined ? given.find(key) : undefined
  try {
    const answer = await callOnce(needs, { ...call, earlier }, context)
    if (answer.approvalRequired === true) given.remember(key, String(answer.approvalRequestId))
    else if (earlier !== undefined) given.forget(key)
    return answer
  } catch (error) {
    if (earlier === undefined || !(error instanceof Problem)) throw error
    if (!isOver.has(error.type)) throw error
    given.forget(key)
    if (error.type === 'approval-denied') throw error
    // What it was asked for is over and done with: this call is a new one.
    return await callGranted(needs, call, context)
  }
}

type GrantedNeeds = CarryOutNeeds & { readonly given: GivenLinks }

/** What the vault says of an approval that can not be used any more, or not for this. */
const isOver: ReadonlySet<ProblemType> = new Set([
  'approval-denied',
  'approval-expired',
  'approval-consumed',
  'approval-cancelled',
  'approval-stale',
  'approval-mismatch',
  'approval-not-found',
])

async function callOnce(
  { client, ...needs }: GrantedNeeds,
  {
    fullName,
    shownAs,
    args,
    more,
    earlier,
  }: GrantedCall & { readonly earlier: string | undefined },
  context: CallContext,
): Promise<Members> {
  const {
    select,
    maxBytes,
    approvalId = earlier,
    waitSeconds,
    reason,
  } = more ?? { approvalId: earlier }
  const steps = select === undefined ? undefined : parseSelect(String(select))
  const input = {
    name: fullName,
    arguments: { ...args },
    ...(reason !== undefined && { reason: String(reason) }),
  }
  const options = { signal: context.signal, timeoutMs: executeTimeoutMs }
  const redeem = (id: string) => client.call('callMyTool', { ...input, approvalId: id }, options)
  const again = `call ${more === undefined ? shownAs : 'call_tool'} again with the same arguments`
  const { answer, waited } = await carryOut(
    { ...needs, client },
    {
      ask: (id) => (id === undefined ? client.call('callMyTool', input, options) : redeem(id)),
      send: redeem,
      what: `a call of ${fullName}`,
      again: (id) => (more === undefined ? again : `${again} and approvalId "${id}"`),
      repeats: { wasGiven: (id) => id === earlier },
      ...(approvalId !== undefined && { approvalId: String(approvalId) }),
      ...(waitSeconds !== undefined && { waitSeconds: Number(waitSeconds) }),
    },
    context,
  )
  return shapeAnswer(answer, {
    what: 'The call',
    less: `${more === undefined ? '' : `${selectOrMaxBytes}, or `}use arguments of the tool that ask for fewer fields or a smaller page, if it has any`,
    howToRedeem: (id) =>
      `Then ${again}${more === undefined ? '' : `, approvalId "${id}" and waitSeconds`}: it waits for the owner and returns the API’s answer.`,
    ...(maxBytes !== undefined && { maxBytes: Number(maxBytes) }),
    ...(steps !== undefined && { steps }),
    ...(waited !== undefined && { waited }),
  })
}

/** The same for equal calls, in whatever order their arguments are written; nothing of them can be read from it. */
function keyOf({ fullName, args }: GrantedCall): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  try {
    return createHash('sha256')
      .update(JSON.stringify([fullName, args], sorted))
      .digest('base64')
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new Problem('invalid-arguments', 'The arguments are nested too deeply.', {
      next: 'Send arguments that fit the inputSchema of the tool.',
      cause,
    })
  }
}

/** Whether the vault says that the agent has no such tool, which is what it says of one that does not exist. */
export const isNoSuchTool = (error: unknown): boolean =>
  error instanceof Problem && error.type === 'tool-not-found'
