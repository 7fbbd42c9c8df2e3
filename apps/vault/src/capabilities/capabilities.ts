// Says what agents could have, what they have and what they ask for, and takes owners' answers.

import {
  type expandGuard,
  type getCapabilityRequest,
  type getMyCapabilities,
  type InputOf,
  type listCapabilityRequests,
  type listServices,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedAgent, AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import { createApproval, createDenial, getRequest } from './answer-request.ts'
import type { CapabilitiesNeeds, GrantedConnection } from './capabilities-needs.ts'
import type { StoredCapabilityRequest } from './capability-store.ts'
import { grants, isGranted } from './grants.ts'
import { describeGuard } from './guard-grant.ts'
import { createRequest } from './request-capability.ts'
import {
  viewAction,
  viewCandidate,
  viewPending,
  viewRequest,
  viewRequestedAction,
} from './view-request.ts'

type Owner = Pick<AuthenticatedOwner, 'workspaceId'>
type Mine = OutputOf<typeof getMyCapabilities>

/** How far back, and how many, an agent is told of answers. */
const answersMax = 20
const answersMsMax = 30 * 24 * 3_600_000

export type Capabilities = ReturnType<typeof createCapabilities>

/** Builds the room. Each of its operations is bound to the caller's agent or workspace. */
export function createCapabilities(needs: CapabilitiesNeeds) {
  const { catalog, store } = needs
  return {
    /** The catalog as agents see it, with the providers that the workspace has an OAuth app for. */
    listServices: async ({ workspaceId }: Owner): Promise<OutputOf<typeof listServices>> => ({
      services: catalog.services.map(({ id, name, provider, icon, singleton, actions }) => ({
        id,
        name,
        provider,
        icon,
        singleton,
        actions: actions.map(viewAction),
      })),
      oauthStatus: statusOf(catalog, await needs.listOAuthProviders(workspaceId)),
    }),

    getMine: createOverview(needs),
    request: createRequest(needs),
    approve: createApproval(needs),
    deny: createDenial(needs),
    expandGuard: createExpandGuard(needs),

    /** What the workspace's agents have asked for. Problem: `invalid-input` for a cursor that no list has answered. */
    async list(
      { workspaceId }: Owner,
      { status, ...input }: InputOf<typeof listCapabilityRequests>,
    ): Promise<OutputOf<typeof listCapabilityRequests>> {
      const rows = await store.list(workspaceId, { ...readPage(input), status })
      const { page, ...rest } = writePage(rows, input)
      return { capabilityRequests: page.map(viewRequest), ...rest }
    },

    /** One request, with what it would allow and where it can be granted. Problem: `capability-request-not-found`. */
    async get(
      { workspaceId }: Owner,
      { capabilityRequestId }: InputOf<typeof getCapabilityRequest>,
    ): Promise<OutputOf<typeof getCapabilityRequest>> {
      const row = await getRequest(needs, workspaceId, capabilityRequestId)
      const entry = catalog.findAction(row.actionTemplateId)
      if (entry === undefined) {
        return { capabilityRequest: { ...viewRequest(row), connections: [] } }
      }
      const { agentId } = row
      const provider = catalog.findProvider(entry.service.provider)
      const found = await store.listCandidates({ workspaceId, agentId, service: entry.service.id })
      return {
        capabilityRequest: {
          ...viewRequest(row),
          action: viewRequestedAction(entry),
          connections: found.map((candidate) => viewCandidate(candidate, entry, provider)),
        },
      }
    },
  }
}

/** By provider of the catalog: can an account be connected here? Those of the owner's own have no services here. */
function statusOf(
  { services }: CapabilitiesNeeds['catalog'],
  withApp: readonly string[],
): Record<string, boolean> {
  const able = new Set(withApp)
  return Object.fromEntries(services.map(({ provider }) => [provider, able.has(provider)]))
}

/** What an agent has, waits for, was answered lately, and could ask for. */
function createOverview(needs: CapabilitiesNeeds) {
  const { catalog, store } = needs
  return async (agent: AuthenticatedAgent): Promise<Mine> => {
    const nowMs = needs.now()
    const since = new Date(nowMs - answersMsMax)
    const [granted, pending, answered] = await Promise.all([
      needs.listGranted(agent),
      store.listPending(agent.agentId),
      store.listAnswered(agent.agentId, { since, limit: answersMax }),
    ])
    const asked = new Set(pending.map((request) => request.actionTemplateId))
    const actionsOf = ({ service, policies }: GrantedConnection) =>
      (catalog.findService(service)?.actions ?? [])
        .filter((action) => policies.some((policy) => grants(policy, action, nowMs)))
        .map((action) => action.id)
    return {
      activeConnections: granted
        .filter((connection) => connection.status !== 'revoked')
        .map((connection) => ({
          connectionId: connection.id,
          service: connection.service,
          provider: connection.provider,
          label: connection.label,
          status: connection.status,
          actions: actionsOf(connection),
        })),
      pendingRequests: pending.map(viewPending),
      recentAnswers: answered.flatMap(viewAnswer),
      availableActions: catalog.actions
        .filter((entry) => !asked.has(entry.action.id) && !isGranted(granted, entry, nowMs))
        .map(({ action, service }) => ({
          ...viewAction(action),
          service: service.id,
          provider: service.provider,
        })),
    }
  }
}

function viewAnswer(row: StoredCapabilityRequest): Mine['recentAnswers'] {
  const { id, actionTemplateId, status, answeredAt, connectionId, note } = row
  if (answeredAt === null || (status !== 'approved' && status !== 'denied')) return []
  return [
    {
      id,
      actionTemplateId,
      status,
      answeredAt: answeredAt.toISOString(),
      ...(connectionId !== null && { connectionId }),
      ...(note !== null && { note }),
    },
  ]
}

/** What an action's guard comes to. Problems: `unknown-action-template`, `connection-not-found`. */
const createExpandGuard =
  ({ catalog, findOrigins }: CapabilitiesNeeds) =>
  async (
    { workspaceId }: Owner,
    { actionTemplateId, connectionId, guard }: InputOf<typeof expandGuard>,
  ): Promise<OutputOf<typeof expandGuard>> => {
    const entry = catalog.findAction(actionTemplateId)
    if (entry === undefined) {
      throw new Problem('unknown-action-template', 'There is no such action template.', {
        next: 'List the services to see which there are.',
      })
    }
    if (connectionId === undefined) return { guard: describeGuard(entry, guard, undefined) }
    const origins = isLookupId(connectionId)
      ? await findOrigins(workspaceId, connectionId)
      : undefined
    if (origins === undefined) {
      throw new Problem('connection-not-found', 'There is no such connection.', {
        next: 'List the connections to see which there are.',
      })
    }
    return { guard: describeGuard(entry, guard, origins) }
  }
