// This room keeps the connections of a workspace: which credential goes where, and when that ends.

import type {
  createConnection,
  getConnection,
  InputOf,
  listConnections,
  listMyConnections,
  OutputOf,
  revokeConnection,
  revokeConnectionByOwner,
  testConnection,
  updateConnection,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { readPage, writePage, writePageBy } from '../paging/page-cursor.ts'
import type { CallingAgent, ConnectionStore } from './connection-store.ts'
import { type ConnectionsNeeds, getStored } from './connections-needs.ts'
import { createConnectionCreation } from './create-connection.ts'
import { createRevocation } from './revoke-connection.ts'
import { createConnectionTest } from './test-connection.ts'
import { createConnectionUpdate } from './update-connection.ts'
import { createConnectionView, viewForAgent } from './view-connection.ts'

type Owner = AuthenticatedOwner
type OneConnection = OutputOf<typeof getConnection>

/** The room's operations. Each is bound to the caller's workspace; what is not in it is `connection-not-found`. */
export interface Connections {
  /**
   * Seals a credential for its origins. Problems: `invalid-input`, `invalid-url`, `origin-not-allowed`,
   * `connection-exists` where a singleton service has a connection already; for what becomes access tokens also
   * `provider-refused`, `provider-unavailable`, and `oauth-app-missing` or `oauth-app-not-found` for a refresh token.
   * `insertRow` stores it in the store's place: together with what it is made for, or not at all.
   */
  create(
    owner: Owner,
    input: InputOf<typeof createConnection>,
    insertRow?: ConnectionStore['insert'],
  ): Promise<OneConnection>
  /** One page, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  list(
    owner: Owner,
    input: InputOf<typeof listConnections>,
  ): Promise<OutputOf<typeof listConnections>>
  get(owner: Owner, input: InputOf<typeof getConnection>): Promise<OneConnection>
  /** Problems as of `create`, and `connection-revoked`, `credential-unreadable`, `version-conflict`. */
  update(owner: Owner, input: InputOf<typeof updateConnection>): Promise<OneConnection>
  /** When it resolves, the sealed credential is gone and the calls on their way are ended. May be repeated. */
  revokeByOwner(
    owner: Owner,
    input: InputOf<typeof revokeConnectionByOwner>,
  ): Promise<OutputOf<typeof revokeConnectionByOwner>>
  /** The same for what the agent has a policy for. */
  revokeByAgent(
    agent: CallingAgent,
    input: InputOf<typeof revokeConnection>,
  ): Promise<OutputOf<typeof revokeConnection>>
  /** One GET with the credential. Problems: `connection-revoked`, `invalid-input`, `invalid-url`, `origin-not-allowed`. */
  test(
    owner: Owner,
    input: InputOf<typeof testConnection>,
  ): Promise<OutputOf<typeof testConnection>>
  /** What the agent has a policy for, revoked connections included, newest first. */
  listForAgent(
    agent: CallingAgent,
    input: InputOf<typeof listMyConnections>,
  ): Promise<OutputOf<typeof listMyConnections>>
}

/** Builds the room. */
export function createConnections(needs: ConnectionsNeeds): Connections {
  const { store } = needs
  const view = createConnectionView(needs)
  const revocation = createRevocation(needs)
  return {
    create: createConnectionCreation({ ...needs, view }),
    update: createConnectionUpdate({ ...needs, view }),
    test: createConnectionTest(needs),
    revokeByOwner: revocation.byOwner,
    revokeByAgent: revocation.byAgent,

    async get(owner, { connectionId }) {
      const stored = await getStored(needs, owner.workspaceId, connectionId)
      return { connection: await view.one(stored) }
    },

    async list(owner, { status, ...input }) {
      const rows = await store.list(owner.workspaceId, { ...readPage(input), status })
      const { page, ...rest } = writePage(rows, input)
      return { connections: await view.many(page), ...rest }
    },

    async listForAgent(agent, input) {
      const rows = await store.listForAgent(agent, readPage(input))
      const { page, ...rest } = writePageBy(rows, input, (row) => row.connection)
      return { connections: page.map(viewForAgent), ...rest }
    },
  }
}
