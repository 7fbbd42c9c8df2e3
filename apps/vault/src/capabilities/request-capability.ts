import { type Catalog, nearestNames } from '@sallyport/catalog'
import { type CallOf, type OutputOf, Problem, type requestCapability } from '@sallyport/contracts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { unauthenticated } from '../identity/unauthenticated.ts'
import type { CapabilitiesNeeds } from './capabilities-needs.ts'
import { isGranted } from './grants.ts'
import { viewPending } from './view-request.ts'

/** Requests of one agent that may wait for an owner at the same time. */
const pendingMax = 20

/**
 * Builds the operation that stores an agent's wish for an owner to answer. Problems: `unknown-action-template` with the
 * nearest names, `capability-already-granted`, `capability-already-requested`, `too-many-attempts`.
 */
export function createRequest(needs: CapabilitiesNeeds) {
  const { catalog, store } = needs
  return async (
    agent: AuthenticatedAgent,
    input: CallOf<typeof requestCapability>,
  ): Promise<OutputOf<typeof requestCapability>> => {
    const entry = catalog.findAction(input.actionTemplateId)
    if (entry === undefined) throw unknownTemplate(catalog, input.actionTemplateId)
    const { id: actionTemplateId } = entry.action
    if (isGranted(await needs.listGranted(agent), entry, needs.now())) {
      throw new Problem('capability-already-granted', `You have ${actionTemplateId} already.`, {
        next: 'Use list_connections to find the connection and what its policy allows, and execute to call it. If an owner granted less than you need, ask the user to have the policy widened.',
      })
    }
    const row = {
      id: needs.newId('capabilityRequest'),
      workspaceId: agent.workspaceId,
      agentId: agent.agentId,
      actionTemplateId,
      reason: input.reason,
      createdAt: new Date(needs.now()),
    }
    refuse(await store.insert(row, pendingMax), actionTemplateId)
    await needs.audit.record({
      auditId: needs.newId('audit'),
      workspaceId: agent.workspaceId,
      operation: 'requestCapability',
      outcome: 'done',
      agentId: agent.agentId,
      detail: { capabilityRequestId: row.id, actionTemplateId },
    })
    const approvalUrl = `${needs.publicUrl()}/capability-requests/${row.id}`
    return { ...viewPending(row), approvalUrl }
  }
}

type Stored = Awaited<ReturnType<CapabilitiesNeeds['store']['insert']>>

function refuse(stored: Stored, actionTemplateId: string): void {
  // Disabled or deleted since it was let in.
  if (stored === 'no-agent') throw unauthenticated()
  if (stored === 'asked') {
    throw new Problem(
      'capability-already-requested',
      `You have asked for ${actionTemplateId} already, and the owner has not answered yet.`,
      { next: 'Tell the user that the request waits for the owner.' },
    )
  }
  if (stored === 'full') {
    throw new Problem('too-many-attempts', `You have ${pendingMax} open requests already.`, {
      next: 'Wait for the owner to answer them; ask only for what the task needs.',
    })
  }
}

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
