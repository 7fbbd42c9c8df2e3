import { Problem } from '@sallyport/contracts'
import type { CallContext } from './call-context.ts'
import { carryOutGranted, type GrantedNeeds } from './call-granted.ts'
import type { Arguments } from './check-arguments.ts'
import { nextStepOf } from './next-step.ts'
import { shapeAnswer } from './shape-answer.ts'
import type { UpstreamTool } from './upstream-tools.ts'

type Members = Readonly<Record<string, unknown>>

/** What came of asking a server: its result, or an approval that has to come first. */
export type Asked =
  | { readonly result: Members }
  | { readonly approval: Members & { readonly next: string } }

/** The server answered with an error of the protocol in place of a result. */
export class UpstreamRefusal extends Error {
  override readonly name = 'UpstreamRefusal'
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/**
 * Asks a server by one of the tools that stand for its resources and prompts: a call like every other.
 * @throws Problem the vault's own; UpstreamRefusal; LinkNotShownYet
 */
export async function askUpstream(
  needs: GrantedNeeds,
  { tool, args }: { readonly tool: UpstreamTool; readonly args: Arguments },
  context: CallContext,
): Promise<Asked> {
  const call = { fullName: tool.name, shownAs: tool.upstream.method, args }
  const { answer, waited } = await carryOutGranted(needs, call, context)
  if ('approvalRequired' in answer) {
    const shaped = shapeAnswer(answer, {
      ...{ what: 'The call', less: '' },
      howToRedeem: () => 'Then ask again for the same: it waits for the owner.',
      ...(waited !== undefined && { waited }),
    })
    return { approval: { ...shaped, next: String(shaped.next) } }
  }
  const { status, body } = answer as { readonly status?: unknown; readonly body?: unknown }
  if (isMembers(body) && status === 200) return { result: body }
  if (isMembers(body) && isMembers(body.error)) {
    const { code, message, data } = body.error
    throw new UpstreamRefusal(Number(code), String(message), data)
  }
  throw new Problem('upstream-invalid-response', 'The MCP server’s answer is no result.', {
    next: 'Tell the user: the owner of the vault can look at the server.',
  })
}

/** What is said of an approval where there is room for a sentence alone. */
export const sentenceOf = (problem: Problem): string => {
  const next = nextStepOf(problem)
  return next === '' ? problem.detail : `${problem.detail} ${next}`
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
