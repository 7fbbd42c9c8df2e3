import { type AllowedRequest, decideAsItIs, requireAllowed } from './decide-request.ts'
import type { ExecuteNeeds } from './execute-needs.ts'
import { requireUnchanged } from './require-unchanged.ts'

/**
 * Decides an allowed request once more, as things are now that something was waited for: whoever was disabled, revoked or
 * changed meanwhile gets no upstream request (S-10). Throws what refuses it.
 */
export async function requireStillAllowed(
  needs: Pick<
    ExecuteNeeds,
    'findWorkspace' | 'findConnection' | 'findPolicy' | 'findToolById' | 'isNotEnded' | 'now'
  >,
  { call, frozen, decision: before }: AllowedRequest,
  again?: string,
): Promise<AllowedRequest> {
  await requireUnchanged(needs, call, needs.isNotEnded)
  const { redacted } = before
  const decision = {
    ...decideAsItIs(call, frozen, needs.now()),
    ...(redacted !== undefined && { redacted }),
  }
  return requireAllowed({ call, frozen, decision }, again)
}
