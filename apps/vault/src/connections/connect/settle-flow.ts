import { type Connection, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import type { FlowProblem, StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import type { FlowSecrets } from './flow-secrets.ts'
import { keepGrant } from './keep-grant.ts'
import { flowProblemOf } from './view-flow.ts'

/** An attempt that was used up, by whom. */
interface Claimed {
  readonly owner: Pick<AuthenticatedOwner, 'ownerId' | 'workspaceId'>
  readonly flow: StoredFlow
  readonly secrets: FlowSecrets
}

/**
 * Brings an attempt that was used up to its end: keeps what `get` brings from the provider, or says in the attempt why it came to
 * nothing. Either is recorded before it is answered.
 * @throws Problem what `get` and `keepGrant` throw, with its `auditId`
 */
export async function settle(
  needs: ConnectNeeds,
  claimed: Claimed,
  get: () => Promise<{ readonly client: OAuthClient; readonly answer: TokenAnswer }>,
): Promise<Connection> {
  const { flow, secrets, owner } = claimed
  const subject = {
    auditId: needs.newId('audit'),
    workspaceId: flow.workspaceId,
    ownerId: owner.ownerId,
    operation: 'finishConnection',
  }
  const about = { flowId: flow.id, service: flow.service, oauthAppId: secrets.oauthAppId }
  const kept = await attempt(needs, claimed, get).catch(async (error: unknown) => {
    const { type, detail: reason } = error instanceof Problem ? error : internal
    await needs.audit.record({
      ...subject,
      outcome: type === 'connect-flow-refused' ? 'refused' : 'failed',
      problem: type,
      reason,
      ...(secrets.draft.kind === 'anew' && { connectionId: secrets.draft.connectionId }),
      detail: about,
    })
    if (error instanceof Problem) error.auditId = subject.auditId
    throw error
  })
  needs.onChanged(kept)
  await needs.audit.record({
    ...subject,
    outcome: 'done',
    connectionId: kept.id,
    detail: {
      ...about,
      label: kept.label,
      origins: kept.origins,
      requestedScopes: kept.requestedScopes,
      grantedScopes: kept.grantedScopes,
      isNew: secrets.draft.kind === 'new',
      ...(kept.account !== null && { account: kept.account }),
    },
  })
  return needs.viewConnection(kept)
}

const internal = new Problem('internal-error')

async function attempt(
  needs: ConnectNeeds,
  { flow, secrets }: Claimed,
  get: () => Promise<{ readonly client: OAuthClient; readonly answer: TokenAnswer }>,
) {
  try {
    return await keepGrant(needs, { flow, secrets, ...(await get()) })
  } catch (error) {
    // The database that cannot be told now is the one that says so later: the attempt is used up, and nothing came of it.
    await needs.store
      .fail(flow.id, reasonOf(error), new Date(needs.now()))
      .catch((failure: unknown) => needs.onFailure(failure, 'an attempt’s end was not kept'))
    throw error
  }
}

/** Whoever made the attempt is told more of a refusal than whoever brought the answer. */
function reasonOf(error: unknown): FlowProblem {
  const problem = flowProblemOf(error)
  const told = error instanceof Error && 'flowDetail' in error ? error.flowDetail : undefined
  return typeof told === 'string' ? { ...problem, detail: told } : problem
}
