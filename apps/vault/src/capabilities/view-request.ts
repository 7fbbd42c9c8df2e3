import { type CatalogAction, lackingScopes, type Provider } from '@sallyport/catalog'
import type { CapabilityRequest, CapabilityRequestDetail } from '@sallyport/contracts'
import type { GrantCandidate, StoredCapabilityRequest } from './capability-store.ts'
import { originsWithin } from './fit-origins.ts'

/** An action template as agents and owners see it. */
export const viewAction = (action: CatalogAction['action']) => ({
  id: action.id,
  label: action.label,
  description: action.description,
  requiresApproval: action.approval !== 'never',
})

/** A request as its own agent sees it while it waits. */
export const viewPending = (
  request: Pick<StoredCapabilityRequest, 'id' | 'actionTemplateId' | 'reason' | 'createdAt'>,
) => ({
  id: request.id,
  actionTemplateId: request.actionTemplateId,
  reason: request.reason,
  createdAt: request.createdAt.toISOString(),
})

/** A request as owners see it. */
export function viewRequest(row: StoredCapabilityRequest): CapabilityRequest {
  const { answeredAt, answeredBy, connectionId, policyId, note } = row
  return {
    ...viewPending(row),
    agentId: row.agentId,
    agentName: row.agentName,
    status: row.status,
    ...(answeredAt !== null && { answeredAt: answeredAt.toISOString() }),
    ...(answeredBy !== null && {
      answeredBy: { ownerId: answeredBy, email: row.answeredByEmail ?? '' },
    }),
    ...(connectionId !== null && { connectionId }),
    ...(policyId !== null && { policyId }),
    ...(note !== null && { note }),
  }
}

/** What a request would allow. */
export const viewRequestedAction = ({
  action,
  service,
}: CatalogAction): NonNullable<CapabilityRequestDetail['action']> => ({
  ...viewAction(action),
  service: { id: service.id, name: service.name, provider: service.provider },
  allow: action.allow,
  approval: action.approval,
  scopes: action.scopes ?? [],
})

/** Credentials that were granted the scopes of accounts. What client credentials are given is the application's own. */
const scopedKinds: ReadonlySet<string> = new Set(['oauth2', 'jwt-service-account'])

/** A connection on which it could be granted. Keys have no scopes: where none are known none are missing. */
export const viewCandidate = (
  candidate: GrantCandidate,
  { action }: CatalogAction,
  provider: Provider | undefined,
): CapabilityRequestDetail['connections'][number] => ({
  id: candidate.id,
  label: candidate.label,
  status: candidate.status,
  ...(candidate.policyId !== null && { policyId: candidate.policyId }),
  missingScopes:
    candidate.grantedScopes.length === 0 || !scopedKinds.has(candidate.credentialKind)
      ? []
      : lackingScopes(action.scopes ?? [], candidate.grantedScopes, provider?.oauth),
  originsCovered: action.allow.every(
    ({ origin }) => originsWithin(origin, candidate.origins).length > 0,
  ),
})
