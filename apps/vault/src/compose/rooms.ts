import { createCatalog, createModelMeters } from '@sallyport/catalog'
import { createCapabilities } from '../capabilities/capabilities.ts'
import { createModelUse } from '../limits/model-use.ts'
import { createCapabilityRequestStore } from '../store/capability-requests.ts'
import { createConnectionStore } from '../store/connections.ts'
import { createIdentityStores } from '../store/identity-stores.ts'
import { createPolicyStore } from '../store/policies.ts'
import { createToolSnapshotStore } from '../store/tool-snapshots.ts'
import { createWorkspaceStore } from '../store/workspaces.ts'
import { composeAlerts } from './alerts.ts'
import { composeApprovals } from './approvals.ts'
import { composeAuditStreams } from './audit-streams.ts'
import { composeCalls } from './calls.ts'
import { composeConnect } from './connect.ts'
import { composeConnections } from './connections.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { composeIdentity } from './identity.ts'
import { composeLookups } from './lookups.ts'
import { composeNotify } from './notify.ts'
import { composeOAuth } from './oauth.ts'
import { composeOwnersView } from './owners-view.ts'
import { composePolicies } from './policies.ts'
import { composeReach } from './reach.ts'
import { composeRequestPath } from './request-path.ts'
import { composeSignIn } from './sign-in.ts'
import { composeSourceCalls, composeSources, composeSqlAccess } from './sources.ts'
import { composeTokens } from './tokens.ts'
import { composeTools } from './tools.ts'
import { composeToolsets } from './toolsets.ts'
import { composeUpstreams } from './upstreams.ts'
import { composeWorkApart } from './work-apart.ts'

/** Connections of one agent that its capabilities are told of. */
const grantedMax = 1000

/** Builds the rooms that operations are mounted on. */
export function composeRooms(needs: ComposeNeeds, foundation: Foundation) {
  const { now } = needs
  const { database, feed, audit, newId, monotonicMs, onFailure } = foundation
  const catalog = createCatalog()
  const connectionStore = createConnectionStore(database)
  const policyStore = createPolicyStore(database)
  const workspaceStore = createWorkspaceStore(database)
  const capabilityStore = createCapabilityRequestStore(database)
  const stores = createIdentityStores({ database, feed, monotonicMs })
  const { lookups, caches, watchCalls } = composeLookups({
    ...foundation,
    workspaceStore,
    connectionStore,
    policyStore,
    toolStore: createToolSnapshotStore(database),
    access: stores.access,
    isExclusive: needs.store.isExclusive,
    now,
    onFailure: (error) => onFailure('a change could not be followed up', error),
  })
  const approvals = composeApprovals(needs, foundation, lookups)
  const oauth = composeOAuth(needs, foundation, catalog)
  const tokens = composeTokens(needs, foundation, oauth.source)
  const upstreams = composeUpstreams(needs, foundation, { catalog, connectionStore, tokens, oauth })
  const sql = composeSqlAccess(needs, foundation)
  const path = composeRequestPath({
    ...{ lookups, tokens, now, pagesUrl: needs.pagesUrl, randomBytes: needs.randomBytes },
    ...foundation,
    approvals: approvals.forExecute,
    calls: composeCalls({
      upstreams: upstreams.registry,
      sources: composeSourceCalls(foundation, sql, lookups.findConnection),
    }),
    findModelUse: createModelUse(() => createModelMeters(catalog.services)),
  })
  const identity = composeIdentity(needs, foundation, {
    stores,
    cancelRequests: capabilityStore.cancelPending,
  })
  const connections = composeConnections(needs, foundation, {
    ...{ catalog, connectionStore, oauth, tokens },
    probe: path.testConnection,
  })
  const connect = composeConnect(needs, foundation, {
    ...oauth,
    ...{ catalog, connectionStore, tokens, revoke: oauth.endpoint.revoke },
  })
  const policies = composePolicies(needs, foundation, {
    ...{ connectionStore, policyStore, findToolById: lookups.findToolById },
  })
  const workApart = composeWorkApart(needs)
  const toolsets = composeToolsets(needs, foundation, { connections, workApart })
  const sources = composeSources(needs, foundation, { ...sql, workApart })
  const tools = composeTools(needs, foundation, { lookups, policyStore, tryCall: path.tryCall })
  const notify = composeNotify(needs, foundation)
  const reach = composeReach(needs, foundation, { approvals, notify })
  const ownersView = composeOwnersView({ ...foundation, now, identity, workspaceStore })
  const capabilities = createCapabilities({
    catalog,
    store: capabilityStore,
    audit,
    listOAuthProviders: oauth.listProviders,
    findOrigins: async (workspaceId, id) => (await connectionStore.find(workspaceId, id))?.origins,
    listGranted: async (agent) =>
      (await connections.listForAgent(agent, { limit: grantedMax })).connections,
    onPolicyChanged: (policy) => feed.publishLocal({ table: 'policies', ...policy }),
    newId,
    now,
    publicUrl: needs.pagesUrl,
  })
  return {
    ...ownersView,
    ...composeAlerts(needs, foundation, identity),
    auditStreams: composeAuditStreams(needs, foundation),
    ...{ identity, connections, policies, toolsets, sources, tools },
    ...composeSignIn(needs, foundation, { connectionStore, oauth, connect, tokens, upstreams }),
    ...{ capabilities, approvals, notify, reach, tokens, oauthApps: oauth.oauthApps },
    ...path,
    ...{ watchCalls, isNotEnded: lookups.isNotEnded, caches },
  }
}
