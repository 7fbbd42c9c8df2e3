import type { TokenAnswer } from '../oauth/token-endpoint.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import type { StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'

/** What became of a grant that is not kept. `shared`: another connection lives on it, as far as is known. */
type GivenBack = 'revoked' | 'not-offered' | 'failed' | 'shared'

/**
 * Revokes at the provider what it granted and nobody keeps (RFC 7009), as far as it offers that. Where that would end all
 * that the account granted to the client, and another connection may be of that account, the grant is left alone. What came of it
 * is recorded.
 */
export async function giveBack(
  needs: Pick<ConnectNeeds, 'store' | 'revoke' | 'audit' | 'newId' | 'onFailure'>,
  grant: NotKept,
): Promise<GivenBack> {
  const outcome = await tellProvider(needs, grant)
  const { flow, client } = grant
  await needs.audit.record({
    ...{ auditId: needs.newId('audit'), workspaceId: flow.workspaceId, ownerId: flow.ownerId },
    operation: 'revokeAtProvider',
    outcome: outcome === 'failed' ? 'failed' : 'done',
    detail: { provider: client.provider, outcome, flowId: flow.id, by: 'finishConnection' },
  })
  return outcome
}

/** What was granted for an attempt that came to nothing. */
interface NotKept {
  readonly flow: Pick<StoredFlow, 'id' | 'workspaceId' | 'ownerId'>
  readonly oauthAppId: string
  readonly client: OAuthClient
  readonly answer: TokenAnswer
}

async function tellProvider(
  needs: Pick<ConnectNeeds, 'store' | 'revoke' | 'onFailure'>,
  { flow: { workspaceId }, oauthAppId, client, answer }: NotKept,
): Promise<GivenBack> {
  const { refreshToken, accessToken, subject } = answer
  try {
    if (client.revocationEndpoint === undefined) return 'not-offered'
    const isShared = () => needs.store.isShared({ workspaceId, oauthAppId, subject })
    if (client.revokesWholeAccount && (await isShared())) return 'shared'
    return refreshToken === undefined
      ? await needs.revoke(client, accessToken, 'access_token')
      : await needs.revoke(client, refreshToken, 'refresh_token')
  } catch (error) {
    needs.onFailure(error, 'a grant that is not kept could not be revoked at its provider')
    return 'failed'
  }
}
