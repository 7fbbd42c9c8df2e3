import { toProviderProblem } from '../connections/oauth/oauth-problem.ts'
import { createEgressFetch } from '../egress/fetch.ts'
import { createIdentity, type IdentityStores } from '../identity/identity.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the room that knows who is calling. */
export function composeIdentity(
  needs: ComposeNeeds,
  foundation: Foundation,
  given: {
    readonly stores: IdentityStores
    readonly cancelRequests: (agentId: string) => Promise<unknown>
  },
) {
  const { audit, newId, running, tokenHash, keyring, egress, limitNow, onFailure } = foundation
  return createIdentity({
    ...given,
    ...{ audit, newId, tokenHash, keyring, limitNow },
    createWorkspaceKey: keyring.createWorkspaceKey,
    endCalls: running.end,
    issuer: needs.publicUrl,
    pagesUrl: needs.pagesUrl,
    randomBytes: needs.randomBytes,
    now: needs.now,
    logFailure: (error, what) => onFailure(what, error),
    providerFetch: createEgressFetch({ send: egress.send, poolKey: 'single sign-on' }),
    mayUseOrigin: egress.isAllowedOrigin,
    toProviderProblem,
  })
}
