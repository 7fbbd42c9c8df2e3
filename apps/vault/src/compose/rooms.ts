import { createCatalog } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { createCapabilities } from '../capabilities/capabilities.ts'
import { createConnections } from '../connections/connections.ts'
import { createCapabilityRequestStore } from '../store/capability-requests.ts'
import { createConnectionStore } from '../store/connections.ts'
import { createIdentityStores } from '../store/identity-stores.ts'
import { createPolicyStore } from '../store/policies.ts'
import { createWorkspaceStore } from '../store/workspaces.ts'
import { composeApprovals } from './approvals.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { composeIdentity } from './identity.ts'
import { composeLookups } from './lookups.ts'
import { composeOwnersView } from './owners-view.ts'
import { composePolicies } from './policies.ts'
import { composeRequestPath } from './request-path.ts'

/** Connections of one agent that its capabilities are told of. */
const grantedMax = 1000

/** Builds the rooms that operations are mounted on. */
export function composeRooms(needs: ComposeNeeds, foundation: Foundation) {
  const { now, randomBytes } = needs
  const { database, feed, audit, running, newId, monotonicMs, onFailure } = foundation
  const catalog = createCatalog()
  const connectionStore = createConnectionStore(database)
  const policyStore = createPolicyStore(database)
  const workspaceStore = createWorkspaceStore(database)
  const capabilityStore = createCapabilityRequestStore(database)
  const stores = createIdentityStores({ database, feed, monotonicMs })
  const { lookups, watchCalls } = composeLookups({
    ...foundation,
    workspaceStore,
    connectionStore,
    policyStore,
    access: stores.access,
    isExclusive: needs.store.isExclusive,
    now,
    onFailure: (error) => onFailure('a change could not be followed up', error),
  })
  const approvals = composeApprovals(needs, foundation)
  const tokens = {
    open: () => Promise.reject(new Problem('token-refresh-failed')),
    renewRefused: () => Promise.reject(new Problem('token-refresh-failed')),
  }
  const path = composeRequestPath({
    ...{ lookups, tokens, now, pagesUrl: needs.pagesUrl },
    ...foundation,
    approvals: approvals.forExecute,
  })
  const shared = { audit, newId, now, randomBytes, endCalls: running.end }
  const identity = composeIdentity(needs, foundation, {
    stores,
    cancelRequests: capabilityStore.cancelPending,
  })
  const connections = createConnections({
    ...shared,
    store: connectionStore,
    keyring: foundation.keyring,
    catalog,
    mayUseOrigin: foundation.egress.isAllowedOrigin,
    probe: path.testConnection,
    onChanged: ({ id, workspaceId }) =>
      feed.publishLocal({ table: 'connections', id, workspaceId }),
  })
  const policies = composePolicies(needs, foundation, { connectionStore, policyStore })
  const ownersView = composeOwnersView({ ...foundation, now, identity, workspaceStore })
  const capabilities = createCapabilities({
    catalog,
    store: capabilityStore,
    audit,
    listGranted: async (agent) =>
      (await connections.listForAgent(agent, { limit: grantedMax })).connections,
    onPolicyChanged: (policy) => feed.publishLocal({ table: 'policies', ...policy }),
    newId,
    now,
    publicUrl: needs.pagesUrl,
  })
  return {
    ...ownersView,
    ...{ identity, connections, policies, capabilities, approvals },
    ...path,
    watchCalls,
  }
}
