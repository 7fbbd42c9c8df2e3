import { Problem } from '@sallyport/contracts'
import type { CallContext } from './call-context.ts'
import { type CarryOutNeeds, carryOut } from './carry-out.ts'
import type { Arguments } from './check-arguments.ts'
import { selectOrMaxBytes } from './execute.ts'
import { executeTimeoutMs, givenLinksMax } from './limits.ts'
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

/** Approvals whose links were given to the model already. */
export interface GivenLinks {
  has(approvalId: string): boolean
  add(approvalId: string): void
}

/** Remembers the last of them. */
export function createGivenLinks(): GivenLinks {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.delete(id)
      ids.add(id)
      if (ids.size > givenLinksMax) ids.delete(ids.values().next().value ?? id)
    },
  }
}

/**
 * Calls a granted tool, once an owner has approved it where one has to. A tool's own arguments name no approval: a call that is made
 * again with equal arguments is about the same one, which the vault finds by itself; it waits, and returns the answer.
 * @throws Problem the vault's own; LinkNotShownYet
 */
export async function callGranted(
  needs: CarryOutNeeds & { readonly given: GivenLinks },
  { fullName, shownAs, args, more }: GrantedCall,
  context: CallContext,
): Promise<Members> {
  const { select, maxBytes, approvalId, waitSeconds, reason } = more ?? {}
  const steps = select === undefined ? undefined : parseSelect(String(select))
  const { client, given } = needs
  const input = {
    name: fullName,
    arguments: { ...args },
    ...(reason !== undefined && { reason: String(reason) }),
  }
  const options = { signal: context.signal, timeoutMs: executeTimeoutMs }
  const redeem = (id: string) => client.call('callMyTool', { ...input, approvalId: id }, options)
  const called = more === undefined ? shownAs : 'call_tool'
  const { answer, waited } = await carryOut(
    needs,
    {
      ask: (id) => (id === undefined ? client.call('callMyTool', input, options) : redeem(id)),
      send: redeem,
      what: `a call of ${fullName}`,
      again: (id) =>
        more === undefined
          ? `call ${called} again with the same arguments`
          : `call ${called} again with the same arguments and approvalId "${id}"`,
      repeats: { wasGiven: given.has },
      ...(approvalId !== undefined && { approvalId: String(approvalId) }),
      ...(waitSeconds !== undefined && { waitSeconds: Number(waitSeconds) }),
    },
    context,
  )
  if ('approvalRequired' in answer) given.add(answer.approvalRequestId)
  return shapeAnswer(answer, {
    what: 'The call',
    less: `${more === undefined ? '' : `${selectOrMaxBytes}, or `}use arguments of the tool that ask for fewer fields or a smaller page, if it has any`,
    howToRedeem: (id) =>
      more === undefined
        ? `Then call ${called} again with the same arguments: it waits for the owner and returns the API’s answer.`
        : `Then call ${called} again with the same arguments, approvalId "${id}" and waitSeconds: it waits for the owner and returns the API’s answer.`,
    ...(maxBytes !== undefined && { maxBytes: Number(maxBytes) }),
    ...(steps !== undefined && { steps }),
    ...(waited !== undefined && { waited }),
  })
}

/** Whether the vault says that the agent has no such tool, which is what it says of one that does not exist. */
export const isNoSuchTool = (error: unknown): boolean =>
  error instanceof Problem && error.type === 'tool-not-found'
