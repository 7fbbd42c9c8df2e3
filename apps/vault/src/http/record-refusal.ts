import { type Operation, Problem } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'

/** Records a refusal in the audit log and sets the problem's `auditId`. */
export type RecordRefusal = (refused: {
  agent: AuthenticatedAgent
  operation: Operation
  problem: Problem
}) => Promise<void>

/** What is refused before or in the handler is an attempt too: where the operation is audited, it is recorded once. */
export async function recorded<T>(
  context: { readonly recordRefusal: RecordRefusal },
  refused: { operation: Operation; caller: unknown },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    const { operation } = refused
    if (operation.audited !== true || !(thrown instanceof Problem)) throw thrown
    if (thrown.auditId !== undefined || thrown.type === 'audit-unavailable') throw thrown
    const agent = refused.caller as AuthenticatedAgent
    await context.recordRefusal({ agent, operation, problem: thrown })
    throw thrown
  }
}
