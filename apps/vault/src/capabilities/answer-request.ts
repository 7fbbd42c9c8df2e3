import type { CatalogAction } from '@sallyport/catalog'
import {
  type approveCapabilityRequest,
  type denyCapabilityRequest,
  type InputOf,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { viewPolicy } from '../policies/view-policy.ts'
import type { CapabilitiesNeeds } from './capabilities-needs.ts'
import type { GrantParties, StoredCapabilityRequest } from './capability-store.ts'
import { coversOrigin, originsWithin } from './fit-origins.ts'
import { draftGrant } from './grant-document.ts'
import { viewRequest } from './view-request.ts'

type Owner = Pick<AuthenticatedOwner, 'ownerId' | 'workspaceId' | 'email'>
type Approval = InputOf<typeof approveCapabilityRequest>

/** The request; Problem `capability-request-not-found`, also for what is another workspace's (S-09). */
export async function getRequest(
  { store }: Pick<CapabilitiesNeeds, 'store'>,
  workspaceId: string,
  id: string,
): Promise<StoredCapabilityRequest> {
  const row = isLookupId(id) ? await store.find(workspaceId, id) : undefined
  if (row === undefined) {
    throw new Problem('capability-request-not-found', 'There is no such capability request.', {
      next: 'List the capability requests to see which there are.',
    })
  }
  return row
}

/**
 * Builds the operation `approveCapabilityRequest`: the answer and the policy are written together or not at all, and what
 * is granted is never wider than what was asked for. Problems as the operation names them.
 */
export function createApproval(needs: CapabilitiesNeeds) {
  const { catalog, store } = needs
  return async (
    owner: Owner,
    input: Approval,
  ): Promise<OutputOf<typeof approveCapabilityRequest>> => {
    const { workspaceId, ownerId, email } = owner
    const request = await getRequest(needs, workspaceId, input.capabilityRequestId)
    if (request.status !== 'pending') throw notPending()
    const entry = catalog.findAction(request.actionTemplateId)
    if (entry === undefined) throw unknownTemplate(request)
    const connectionId = input.connectionId ?? (await chooseConnection(needs, request, entry))
    if (!isLookupId(connectionId)) throw connectionNotFound()
    const at = new Date(needs.now())
    const granted = await store.grant(
      {
        request,
        connectionId,
        newPolicyId: needs.newId('policy'),
        answer: { ownerId, email, at },
      },
      (parties) => {
        checkParties(parties, entry, input)
        const nowMs = at.getTime()
        const { policy, connection } = parties
        const { origins } = connection
        return draftGrant({ ...entry, wish: input, origins, policy, nowMs })
      },
    )
    if (granted.outcome !== 'granted') throw lost(granted.outcome)
    const { policy } = granted
    needs.onPolicyChanged(policy)
    const entries = policy.document.allow.filter(
      ({ actionTemplateId }) => actionTemplateId === entry.action.id,
    )
    await needs.audit.record({
      ...subjectOf(needs, owner, request),
      operation: 'approveCapabilityRequest',
      connectionId,
      policyId: policy.id,
      policyVersion: policy.version,
      detail: {
        ...detailOf(request),
        origins: [...new Set(entries.map(({ origin }) => origin))],
        approval: [...new Set(entries.map(({ approval }) => approval ?? ''))],
        narrowed: input.allow !== undefined,
        ...(input.guard !== undefined && { guard: input.guard.level }),
        ...(input.expiresAt !== undefined && { expiresAt: input.expiresAt }),
      },
    })
    return {
      capabilityRequest: viewRequest(await getRequest(needs, workspaceId, request.id)),
      policy: viewPolicy(policy),
    }
  }
}

/** Builds the operation `denyCapabilityRequest`. Problems: `capability-request-not-found`, `capability-request-not-pending`. */
export function createDenial(needs: CapabilitiesNeeds) {
  return async (
    owner: Owner,
    { capabilityRequestId, note }: InputOf<typeof denyCapabilityRequest>,
  ): Promise<OutputOf<typeof denyCapabilityRequest>> => {
    const { workspaceId, ownerId, email } = owner
    const request = await getRequest(needs, workspaceId, capabilityRequestId)
    const said = note === undefined || note === '' ? null : note
    const at = new Date(needs.now())
    if (!(await needs.store.deny(request, { ownerId, email, at, note: said }))) throw notPending()
    await needs.audit.record({
      ...subjectOf(needs, owner, request),
      operation: 'denyCapabilityRequest',
      detail: detailOf(request),
    })
    return { capabilityRequest: viewRequest(await getRequest(needs, workspaceId, request.id)) }
  }
}

const subjectOf = (
  { newId }: Pick<CapabilitiesNeeds, 'newId'>,
  { ownerId }: Owner,
  { workspaceId, agentId }: StoredCapabilityRequest,
) => ({ auditId: newId('audit'), workspaceId, ownerId, agentId, outcome: 'done' as const })

const detailOf = ({ id, actionTemplateId }: StoredCapabilityRequest) => ({
  capabilityRequestId: id,
  actionTemplateId,
})

/** The only connection of the service that is not revoked. */
async function chooseConnection(
  { store }: CapabilitiesNeeds,
  { workspaceId, agentId }: StoredCapabilityRequest,
  { service }: CatalogAction,
): Promise<string> {
  const found = await store.listCandidates({ workspaceId, agentId, service: service.id })
  const [first, ...others] = found
  if (first === undefined) {
    throw new Problem('connection-not-found', `There is no connection to ${service.name} yet.`, {
      next: `Add a connection to ${service.name} (service "${service.id}"), then grant the request on it.`,
    })
  }
  if (others.length === 0) return first.id
  const shown = found.slice(0, 10).map(({ id, label }) => `${id} (${label})`)
  throw new Problem(
    'ambiguous-connection',
    `There is more than one connection to ${service.name}.`,
    {
      next: `Say on which one it is granted, as connectionId: ${shown.join(', ')}.`,
    },
  )
}

/** What has to hold of agent and connection at the moment at which the grant is written. */
function checkParties(
  { agentStatus, connection }: GrantParties,
  { service, action }: CatalogAction,
  { allow = action.allow }: Approval,
): void {
  if (agentStatus === 'disabled') {
    throw new Problem('agent-disabled', 'The agent is disabled.', {
      next: 'Enable the agent first, or deny the request.',
    })
  }
  if (connection.service !== service.id) {
    throw new Problem('invalid-input', `${action.id} is an action of ${service.name}.`, {
      next: `Grant it on a connection to ${service.name}.`,
      fields: [{ field: 'connectionId', message: `must be a connection of ${service.id}` }],
    })
  }
  if (connection.status === 'revoked') {
    throw new Problem('connection-revoked', 'The connection has been revoked; that is for good.', {
      next: `Connect ${service.name} anew, then grant the request on that connection.`,
    })
  }
  const faults = allow.flatMap(({ origin }, at) =>
    // What is no origin of the action is refused for that.
    originsWithin(origin, connection.origins).length > 0 ||
    !action.allow.some((one) => coversOrigin(one.origin, origin))
      ? []
      : [
          {
            field: `allow.${at}.origin`,
            message: `must be one of ${connection.origins.join(', ')}`,
            origin,
          },
        ],
  )
  const [first] = faults
  if (first === undefined) return
  throw new Problem(
    'origin-not-allowed',
    `The credential of this connection may not be sent to ${first.origin}.`,
    {
      next: 'Add this origin to the connection first, or grant the request on another connection.',
      fields: faults.map(({ field, message }) => ({ field, message })),
    },
  )
}

function lost(outcome: 'not-pending' | 'no-agent' | 'no-connection' | 'busy'): Problem {
  if (outcome === 'not-pending') return notPending()
  if (outcome === 'no-connection') return connectionNotFound()
  if (outcome === 'no-agent') {
    return new Problem('agent-not-found', 'The agent has been deleted.', {
      next: 'There is nothing to grant any more.',
    })
  }
  return new Problem('version-conflict', 'The agent’s policy for this connection keeps changing.', {
    next: 'Try again in a moment.',
  })
}

const notPending = () =>
  new Problem('capability-request-not-pending', 'The capability request waits no longer.', {
    next: 'Read it to see what became of it.',
  })

const connectionNotFound = () =>
  new Problem('connection-not-found', 'There is no such connection.', {
    next: 'List the connections to see which there are.',
  })

const unknownTemplate = ({ actionTemplateId }: StoredCapabilityRequest) =>
  new Problem(
    'unknown-action-template',
    `The catalog does not know ${actionTemplateId} any more.`,
    { next: 'Deny the request; the agent can ask for what there is now.' },
  )
