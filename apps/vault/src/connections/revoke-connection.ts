import type {
  InputOf,
  OutputOf,
  revokeConnection,
  revokeConnectionByOwner,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import type { CallingAgent, ConnectionRecord } from './connection-store.ts'
import { type ConnectionsNeeds, connectionNotFound } from './connections-needs.ts'
import { viewConnection } from './view-connection.ts'

type Needs = Pick<ConnectionsNeeds, 'store' | 'audit' | 'endCalls' | 'onChanged' | 'newId' | 'now'>
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

/** Builds revocation: the secret is destroyed first, then running calls end, then it is recorded (S-10). */
export function createRevocation(needs: Needs): Revocation {
  async function revoke(
    where: { readonly workspaceId: string; readonly id: string; readonly agentId?: string },
    about: { readonly operation: string; readonly ownerId?: string; readonly agentId?: string },
  ): Promise<{ connection: ConnectionRecord; auditId: string }> {
    const event = {
      auditId: needs.newId('audit'),
      workspaceId: where.workspaceId,
      connectionId: where.id,
      ...about,
    }
    const connection = await needs.store.revoke({ ...where, now: new Date(needs.now()) })
    if (connection === undefined) {
      const problem = connectionNotFound()
      const { type, detail: reason } = problem
      await needs.audit.record({ ...event, outcome: 'refused', problem: type, reason })
      problem.auditId = event.auditId
      throw problem
    }
    needs.onChanged(connection)
    needs.endCalls({ connectionId: connection.id })
    await needs.audit.record({ ...event, outcome: 'done', detail: { label: connection.label } })
    return { connection, auditId: event.auditId }
  }

  return {
    async byOwner(owner, { connectionId }) {
      const { connection, auditId } = await revoke(
        { workspaceId: owner.workspaceId, id: connectionId },
        { operation: 'revokeConnectionByOwner', ownerId: owner.ownerId },
      )
      return { connection: viewConnection(connection), revoked: true, auditId }
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
