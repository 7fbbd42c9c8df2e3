import { type AllowedRequest, decideRequest, requireAllowed } from './decide-request.ts'
import type { ExecuteNeeds } from './execute-needs.ts'
import { requireUnchanged } from './require-unchanged.ts'

/**
 * Decides an allowed request once more, as things are now that something was waited for: whoever was disabled, revoked or
 * changed meanwhile gets no upstream request (S-10). Throws what refuses it.
 */
export async function requireStillAllowed(
  needs: Pick<
    ExecuteNeeds,
    'findWorkspace' | 'findConnection' | 'findPolicy' | 'isNotEnded' | 'now'
  >,
  { call, frozen }: AllowedRequest,
  again?: string,
): Promise<AllowedRequest> {
  await requireUnchanged(needs, call, needs.isNotEnded)
  return requireAllowed({ call, frozen, decision: decideRequest(call, frozen, needs.now()) }, again)
}
