import { createHash } from 'node:crypto'
import { Problem, type ProblemType } from '@sallyport/contracts'
import type { CallContext } from './call-context.ts'
import { type CarriedOut, type CarryOutNeeds, carryOut } from './carry-out.ts'
import type { Arguments } from './check-arguments.ts'
import { selectOrMaxBytes } from './execute.ts'
import type { GivenLinks } from './given-links.ts'
import { executeTimeoutMs } from './limits.ts'
import { type PassedResult, type Passing, passResult, unstructured } from './pass-result.ts'
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
  /** Where it is an upstream server's tool: how its results are passed on. */
  readonly passing?: Omit<Passing, 'maxBytes'> | undefined
}

/**
 * Calls a granted tool, and makes of the answer what the model gets.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function callGranted(
  needs: GrantedNeeds,
  call: GrantedCall,
  context: CallContext,
): Promise<Members | PassedResult> {
  const { more, passing } = call
  // Read before anything is sent: a wrong path must not cost a call that changes something.
  const steps = more?.select === undefined ? undefined : parseSelect(String(more.select))
  const { answer, waited } = await carryOutGranted(needs, call, context)
  const maxBytes = more?.maxBytes === undefined ? undefined : Number(more.maxBytes)
  // Who asks for a part of it gets that part, as of any answer.
  const passed = passing && steps === undefined && passResult(answer, { ...passing, maxBytes })
  if (passed) return passed
  const shaped = shapeAnswer(answer, {
    what: 'The call',
    less: `${more === undefined ? '' : `${selectOrMaxBytes}, or `}use arguments of the tool that ask for fewer fields or a smaller page, if it has any`,
    howToRedeem: (id) =>
      `Then ${againOf(call)}${more === undefined ? '' : `, approvalId "${id}" and waitSeconds`}: it waits for the owner and returns the API’s answer.`,
    ...(maxBytes !== undefined && { maxBytes }),
    ...(steps !== undefined && { steps }),
    ...(waited !== undefined && { waited }),
  })
  const isOfForm = passing?.outputSchema !== undefined && !passing.isEnclosed
  return isOfForm ? unstructured(shaped) : shaped
}

/**
 * Calls a granted tool, once an owner has approved it where one has to. A tool's own arguments name no approval: a call that is made
 * again with equal arguments is about the one that it was asked for before. So it waits, returns the answer or says that it was denied.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function carryOutGranted(
  needs: GrantedNeeds,
  call: GrantedCall,
  context: CallContext,
): Promise<CarriedOut> {
  const { given } = needs
  const key = keyOf(call)
  const earlier = call.more?.approvalId === undefined ? given.find(key) : undefined
  try {
    const carriedOut = await callOnce(needs, { ...call, earlier }, context)
    const { answer } = carriedOut
    if ('approvalRequired' in answer) given.remember(key, answer.approvalRequestId)
    else if (earlier !== undefined) given.forget(key)
    return carriedOut
  } catch (error) {
    if (earlier === undefined || !(error instanceof Problem)) throw error
    if (!isOver.has(error.type)) throw error
    given.forget(key)
    if (error.type === 'approval-denied') throw error
    // What it was asked for is over and done with: this call is a new one.
    return await carryOutGranted(needs, call, context)
  }
}

/** What calling granted tools needs. */
export type GrantedNeeds = CarryOutNeeds & { readonly given: GivenLinks }

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
  given: GrantedCall & { readonly earlier: string | undefined },
  context: CallContext,
): Promise<CarriedOut> {
  const { fullName, args, more, earlier } = given
  const { approvalId = earlier, waitSeconds, reason } = more ?? { approvalId: earlier }
  const input = {
    name: fullName,
    arguments: { ...args },
    ...(reason !== undefined && { reason: String(reason) }),
  }
  const options = {
    ...{ signal: context.signal, timeoutMs: executeTimeoutMs },
    ...(context.relay !== undefined && { onProgress: context.relay }),
  }
  const redeem = (id: string) => client.call('callMyTool', { ...input, approvalId: id }, options)
  return await carryOut(
    { ...needs, client },
    {
      ask: (id) => (id === undefined ? client.call('callMyTool', input, options) : redeem(id)),
      send: redeem,
      what: `a call of ${fullName}`,
      again: (id) =>
        more === undefined ? againOf(given) : `${againOf(given)} and approvalId "${id}"`,
      repeats: { wasGiven: (id) => id === earlier },
      ...(approvalId !== undefined && { approvalId: String(approvalId) }),
      ...(waitSeconds !== undefined && { waitSeconds: Number(waitSeconds) }),
    },
    context,
  )
}

const againOf = ({ more, shownAs }: GrantedCall): string =>
  `call ${more === undefined ? shownAs : 'call_tool'} again with the same arguments`

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
