import { type Catalog, type CatalogAction, nearestNames } from '@sallyport/catalog'
import {
  type CallOf,
  type getMyCapabilities,
  type IdKind,
  type InputOf,
  type listCapabilityRequests,
  type listServices,
  type OutputOf,
  type PolicyDocument,
  Problem,
  type requestCapability,
} from '@sallyport/contracts'
import type { AuthenticatedAgent, AuthenticatedOwner } from '../identity/caller.ts'
import { covers } from './covers.ts'

// Says what agents could have, what they have and what they ask for.

const pendingMax = 20

/** A capability request as it is stored. */
export interface StoredCapabilityRequest {
  readonly id: string
  readonly workspaceId: string
  readonly agentId: string
  readonly actionTemplateId: string
  readonly reason: string
  readonly status: 'pending' | 'approved' | 'denied' | 'cancelled'
  readonly createdAt: Date
}

/** A connection that the agent has a policy for. */
export interface GrantedConnection {
  readonly id: string
  readonly service: string
  readonly provider: string
  readonly label: string
  readonly status: string
  readonly policies: readonly PolicyDocument[]
}

/** What this room needs of others. */
export interface CapabilitiesNeeds {
  readonly catalog: Catalog
  readonly store: {
    insert(row: StoredCapabilityRequest): Promise<StoredCapabilityRequest | undefined>
    listPending(agentId: string): Promise<StoredCapabilityRequest[]>
    countPending(agentId: string): Promise<number>
    list(
      workspaceId: string,
      page: { limit: number; before?: string; status?: StoredCapabilityRequest['status'] },
    ): Promise<StoredCapabilityRequest[]>
  }
  /** Durable when it resolves. */
  readonly audit: {
    record(event: {
      readonly auditId: string
      readonly workspaceId: string
      readonly operation: 'requestCapability'
      readonly outcome: 'done'
      readonly agentId: string
      readonly detail: { readonly capabilityRequestId: string; readonly actionTemplateId: string }
    }): Promise<unknown>
  }
  readonly listGranted: (agent: AuthenticatedAgent) => Promise<readonly GrantedConnection[]>
  readonly newId: (kind: IdKind) => string
  readonly now: () => number
  readonly publicUrl: () => string
}

export type Capabilities = ReturnType<typeof createCapabilities>

/** Builds the room. */
export function createCapabilities(needs: CapabilitiesNeeds) {
  const { catalog, store } = needs

  const isGranted: IsGranted = (granted, { service, action }) =>
    granted.some(
      (connection) =>
        connection.service === service.id &&
        connection.status !== 'revoked' &&
        connection.policies.some((policy) => covers(policy, action)),
    )

  return {
    /** The catalog as agents see it. */
    listServices: (): OutputOf<typeof listServices> => ({
      services: catalog.services.map(({ id, name, provider, icon, singleton, actions }) => ({
        id,
        name,
        provider,
        icon,
        singleton,
        actions: actions.map(viewAction),
      })),
      // No provider can be connected by OAuth yet: accounts are connected by keys.
      oauthStatus: Object.fromEntries(catalog.services.map(({ provider }) => [provider, false])),
    }),

    /** What the agent has, waits for, and could ask for. */
    async getMine(agent: AuthenticatedAgent): Promise<OutputOf<typeof getMyCapabilities>> {
      const [granted, pending] = await Promise.all([
        needs.listGranted(agent),
        store.listPending(agent.agentId),
      ])
      const asked = new Set(pending.map((request) => request.actionTemplateId))
      return {
        activeConnections: granted
          .filter((connection) => connection.status !== 'revoked')
          .map(({ id, service, provider, label, status, policies }) => ({
            connectionId: id,
            service,
            provider,
            label,
            status,
            actions: (catalog.findService(service)?.actions ?? [])
              .filter((action) => policies.some((policy) => covers(policy, action)))
              .map((action) => action.id),
          })),
        pendingRequests: pending.map(viewRequest),
        availableActions: catalog.actions
          .filter((entry) => !asked.has(entry.action.id) && !isGranted(granted, entry))
          .map(({ action, service }) => ({
            ...viewAction(action),
            service: service.id,
            provider: service.provider,
          })),
      }
    },

    request: createRequest(needs, isGranted),

    /** What the workspace's agents have asked for, newest first. */
    async list(
      owner: AuthenticatedOwner,
      input: InputOf<typeof listCapabilityRequests>,
    ): Promise<OutputOf<typeof listCapabilityRequests>> {
      const rows = await store.list(owner.workspaceId, {
        limit: input.limit + 1,
        ...(input.cursor !== undefined && { before: input.cursor }),
        ...(input.status !== undefined && { status: input.status }),
      })
      const page = rows.slice(0, input.limit)
      const last = rows.length > input.limit ? page.at(-1) : undefined
      return {
        capabilityRequests: page.map((row) => ({
          ...viewRequest(row),
          agentId: row.agentId,
          status: row.status,
        })),
        nextCursor: last?.id,
      }
    },
  }
}

type IsGranted = (granted: readonly GrantedConnection[], entry: CatalogAction) => boolean

/**
 * Stores an agent's wish for an owner to answer. Problems: `unknown-action-template` with the nearest names,
 * `capability-already-granted`, `capability-already-requested`, `too-many-attempts`.
 */
function createRequest(needs: CapabilitiesNeeds, isGranted: IsGranted) {
  const { catalog, store } = needs
  return async (
    agent: AuthenticatedAgent,
    input: CallOf<typeof requestCapability>,
  ): Promise<OutputOf<typeof requestCapability>> => {
    const entry = catalog.findAction(input.actionTemplateId)
    if (entry === undefined) throw unknownTemplate(catalog, input.actionTemplateId)
    if (isGranted(await needs.listGranted(agent), entry)) {
      throw new Problem('capability-already-granted', `You have ${entry.action.id} already.`, {
        next: 'Use list_connections to find the connection and execute to call it.',
      })
    }
    if ((await store.countPending(agent.agentId)) >= pendingMax) {
      throw new Problem('too-many-attempts', `You have ${pendingMax} open requests already.`, {
        next: 'Wait for the owner to answer them; ask only for what the task needs.',
      })
    }
    const stored = await store.insert({
      id: needs.newId('capabilityRequest'),
      workspaceId: agent.workspaceId,
      agentId: agent.agentId,
      actionTemplateId: entry.action.id,
      reason: input.reason,
      status: 'pending',
      createdAt: new Date(needs.now()),
    })
    if (stored === undefined) {
      throw new Problem(
        'capability-already-requested',
        `You have asked for ${entry.action.id} already, and the owner has not answered yet.`,
        { next: 'Tell the user that the request waits for the owner.' },
      )
    }
    await needs.audit.record({
      auditId: needs.newId('audit'),
      workspaceId: agent.workspaceId,
      operation: 'requestCapability',
      outcome: 'done',
      agentId: agent.agentId,
      detail: { capabilityRequestId: stored.id, actionTemplateId: stored.actionTemplateId },
    })
    return {
      ...viewRequest(stored),
      approvalUrl: `${needs.publicUrl()}/capability-requests/${stored.id}`,
    }
  }
}

const viewAction = (action: CatalogAction['action']) => ({
  id: action.id,
  label: action.label,
  description: action.description,
  requiresApproval: action.approval !== 'never',
})

const viewRequest = (request: StoredCapabilityRequest) => ({
  id: request.id,
  actionTemplateId: request.actionTemplateId,
  reason: request.reason,
  createdAt: request.createdAt.toISOString(),
})

function unknownTemplate(catalog: Catalog, id: string): Problem {
  const names = catalog.actions.map(({ action }) => action.id)
  const nearest = nearestNames(id, names)
  const shown = id.slice(0, 80).replace(/[^\x20-\x7e]/g, '?')
  return new Problem('unknown-action-template', `There is no action template "${shown}".`, {
    next:
      nearest.length > 0
        ? `Did you mean ${nearest.join(' or ')}? list_services names all of them.`
        : 'Use list_services to find the ids of action templates.',
    fields: [{ field: 'actionTemplateId', message: 'must be an id that list_services names' }],
    extra: { suggestions: nearest },
  })
}
