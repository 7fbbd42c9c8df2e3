import type {
  InputOf,
  OutputOf,
  RevokedAtProvider,
  revokeConnection,
  revokeConnectionByOwner,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import type { CallingAgent, ConnectionRecord, EndedTokens } from './connection-store.ts'
import { type ConnectionsNeeds, connectionNotFound } from './connections-needs.ts'
import { viewConnection } from './view-connection.ts'

type Needs = Pick<
  ConnectionsNeeds,
  'store' | 'audit' | 'endCalls' | 'onChanged' | 'revokeAtProvider' | 'newId' | 'now'
>
type OwnerAnswer = OutputOf<typeof revokeConnectionByOwner>
type AgentAnswer = OutputOf<typeof revokeConnection>

/** The two operations that revoke. Both may be repeated; each repetition is recorded. */
interface Revocation {
  byOwner(
    owner: AuthenticatedOwner,
    input: InputOf<typeof revokeConnectionByOwner>,
  ): Promise<OwnerAnswer>
  byAgent(agent: CallingAgent, input: InputOf<typeof revokeConnection>): Promise<AgentAnswer>
}

/** Who revokes, by which operation. */
interface About {
  readonly operation: string
  readonly ownerId?: string
  readonly agentId?: string
}

/** What came of it. */
interface Revoked {
  readonly connection: ConnectionRecord
  readonly auditId: string
  readonly atProvider?: RevokedAtProvider
}

/**
 * Builds revocation: the secrets are destroyed first, then running calls end, then it is recorded (S-10), and then the account's
 * provider is told: what it does, or fails to do, undoes nothing and is an entry of its own.
 */
export function createRevocation(needs: Needs): Revocation {
  async function revoke(
    where: { readonly workspaceId: string; readonly id: string; readonly agentId?: string },
    about: About,
  ): Promise<Revoked> {
    const event = {
      auditId: needs.newId('audit'),
      workspaceId: where.workspaceId,
      connectionId: where.id,
      ...about,
    }
    const revoked = await needs.store.revoke({ ...where, now: new Date(needs.now()) })
    if (revoked === undefined) {
      const problem = connectionNotFound()
      const { type, detail: reason } = problem
      await needs.audit.record({ ...event, outcome: 'refused', problem: type, reason })
      problem.auditId = event.auditId
      throw problem
    }
    const { connection, ended } = revoked
    needs.onChanged(connection)
    needs.endCalls({ connectionId: connection.id })
    await needs.audit.record({ ...event, outcome: 'done', detail: { label: connection.label } })
    const atProvider = ended && (await tellProvider(ended, about))
    return { connection, auditId: event.auditId, ...(atProvider && { atProvider }) }
  }

  async function tellProvider(
    ended: EndedTokens,
    { operation: by, ...whose }: About,
  ): Promise<RevokedAtProvider | undefined> {
    const atProvider = await needs.revokeAtProvider(ended)
    if (atProvider === undefined) return undefined
    const { id: connectionId, workspaceId, provider } = ended.connection
    const { outcome, message: reason } = atProvider
    await needs.audit.record({
      ...{ auditId: needs.newId('audit'), workspaceId, connectionId, ...whose },
      operation: 'revokeAtProvider',
      outcome: outcome === 'failed' ? 'failed' : 'done',
      reason,
      detail: { provider, outcome, by },
    })
    return atProvider
  }

  return {
    async byOwner(owner, { connectionId }) {
      const { connection, ...rest } = await revoke(
        { workspaceId: owner.workspaceId, id: connectionId },
        { operation: 'revokeConnectionByOwner', ownerId: owner.ownerId },
      )
      return { connection: viewConnection(connection), revoked: true, ...rest }
    },

    async byAgent(agent, { connectionId }) {
      const { agentId, workspaceId } = agent
      const { connection, auditId } = await revoke(
        { workspaceId, id: connectionId, agentId },
        { operation: 'revokeConnection', agentId },
      )
      const { id, provider, label } = connection
      return { connection: { id, provider, label, status: 'revoked' }, revoked: true, auditId }
    },
  }
}
