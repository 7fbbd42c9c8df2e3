// This room keeps what an owner has said that an agent may do with a connection: one policy for each pair.

import {
  type createPolicy,
  type deletePolicy,
  type getPolicy,
  type getPolicyUsage,
  type IdKind,
  type InputOf,
  type listPolicies,
  type OutputOf,
  type PolicyDocument,
  Problem,
  type replacePolicy,
  type tryPolicy,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import { compileOriginPattern, matchesOrigin } from '../policy/origin-pattern.ts'
import { acceptDocument } from './accept-document.ts'
import {
  agentNotFound,
  connectionNotFound,
  policyExists,
  policyNotFound,
  versionConflict,
} from './policy-problems.ts'
import type { PolicyStore, StoredPolicy } from './policy-store.ts'
import { type FindLimitsUsed, readPolicyUsage } from './read-usage.ts'
import { type FindGrantable, requireTools } from './require-tools.ts'
import { viewPolicy } from './view-policy.ts'

type Owner = Pick<AuthenticatedOwner, 'ownerId' | 'workspaceId'>
type OnePolicy = OutputOf<typeof getPolicy>

/** A change of a policy. Never a secret in any member. */
export interface PolicyEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  /** The id of the operation, e.g. `createPolicy`. */
  readonly operation: string
  readonly outcome: 'done'
  readonly agentId: string
  readonly connectionId: string
  readonly detail: Readonly<Record<string, string | number | readonly string[]>>
}

/** What this room needs of others. */
interface PoliciesNeeds {
  readonly store: PolicyStore
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: taking access
   * away is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: PolicyEvent): Promise<unknown> }
  /** Told of each change before it is answered, so that this replica decides by it at once. */
  readonly onChanged: (
    policy: Pick<StoredPolicy, 'id' | 'workspaceId' | 'agentId' | 'connectionId'>,
  ) => void
  /**
   * Decides a request under a draft as the request path would, sending and recording nothing; undefined where the
   * workspace has no such connection.
   */
  readonly tryDraft: (
    trial: { readonly workspaceId: string } & Pick<
      InputOf<typeof tryPolicy>,
      'connectionId' | 'request' | 'toolId'
    > & { readonly draft: PolicyDocument },
  ) => Promise<OutputOf<typeof tryPolicy> | undefined>
  /** Toolsets of a workspace, by their ids. */
  readonly findGrantable: FindGrantable
  /** What the audit room counts under the names of a policy’s limits. */
  readonly limitsUsed: FindLimitsUsed
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The room's operations. Each is bound to the caller's workspace: what is not in it behaves as what does not exist. */
export interface Policies {
  /** Problems: `agent-not-found`, `connection-not-found`, `origin-not-allowed`, `policy-exists`. */
  create(owner: Owner, input: InputOf<typeof createPolicy>): Promise<OnePolicy>
  /** One page, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  list(owner: Owner, input: InputOf<typeof listPolicies>): Promise<OutputOf<typeof listPolicies>>
  get(owner: Owner, input: InputOf<typeof getPolicy>): Promise<OnePolicy>
  /** How far its limits are used up. Problem: `policy-not-found`. */
  usage(
    owner: Owner,
    input: InputOf<typeof getPolicyUsage>,
  ): Promise<OutputOf<typeof getPolicyUsage>>
  /** Compare and set, where `version` is given. Problems: `policy-not-found`, `origin-not-allowed`, `version-conflict`. */
  replace(owner: Owner, input: InputOf<typeof replacePolicy>): Promise<OnePolicy>
  delete(owner: Owner, input: InputOf<typeof deletePolicy>): Promise<OutputOf<typeof deletePolicy>>
  /** What a draft would say to a request. Problems: `connection-not-found`, `tool-not-found`, `invalid-input` for a draft that is none. */
  tryOut(owner: Owner, input: InputOf<typeof tryPolicy>): Promise<OutputOf<typeof tryPolicy>>
}

/** Builds the room. */
export function createPolicies(needs: PoliciesNeeds): Policies {
  const { store } = needs
  return {
    async create(owner, { agentId, connectionId, ...rest }) {
      const { workspaceId } = owner
      const document = acceptDocument(rest)
      await requireParties(store, { workspaceId, agentId, connectionId }, document)
      const checked = { workspaceId, connectionId, document, before: undefined }
      await requireTools(needs.findGrantable, checked)
      const at = new Date(needs.now())
      const id = needs.newId('policy')
      const row: StoredPolicy = {
        ...{ id, workspaceId, agentId, connectionId, document },
        ...{ version: 1, createdAt: at, updatedAt: at },
      }
      const outcome = await store.insert(row)
      if (outcome === 'no-agent') throw agentNotFound()
      if (outcome === 'no-connection') throw connectionNotFound()
      if (outcome === 'exists') throw policyExists()
      await changed(needs, owner, { operation: 'createPolicy', policy: row })
      return { policy: viewPolicy(row) }
    },

    async list({ workspaceId }, { agentId, connectionId, ...input }) {
      const known = [agentId, connectionId].every((id) => id === undefined || isLookupId(id))
      const wanted = { ...readPage(input), agentId, connectionId }
      const rows = known ? await store.list(workspaceId, wanted) : []
      const { page, ...rest } = writePage(rows, input)
      return { policies: page.map(viewPolicy), ...rest }
    },

    async get({ workspaceId }, { policyId }) {
      return { policy: viewPolicy(await getStored(store, workspaceId, policyId)) }
    },

    async usage({ workspaceId }, { policyId }) {
      const stored = await getStored(store, workspaceId, policyId)
      const limited = stored.document.tools?.filter(({ limits }) => limits !== undefined) ?? []
      const ids = [...new Set(limited.map(({ toolsetId }) => toolsetId))]
      const toolsets = ids.length === 0 ? [] : await needs.findGrantable(workspaceId, ids)
      const known = { nowMs: needs.now(), toolsets }
      const usage = await readPolicyUsage(needs.limitsUsed, stored, known)
      if (usage === undefined) throw policyNotFound()
      return usage
    },

    async replace(owner, { policyId, version, ...rest }) {
      const current = await getStored(store, owner.workspaceId, policyId)
      refuseOtherParties(current, rest)
      if (version !== undefined && version !== current.version) throw versionConflict()
      const document = acceptDocument(rest)
      await requireParties(store, current, document)
      await requireTools(needs.findGrantable, { ...current, document, before: current.document })
      const row = await store.replace(current, { document, updatedAt: new Date(needs.now()) })
      if (row === undefined) throw versionConflict()
      await changed(needs, owner, { operation: 'replacePolicy', policy: row })
      return { policy: viewPolicy(row) }
    },

    async delete(owner, { policyId }) {
      const row = isLookupId(policyId) ? await store.delete(owner.workspaceId, policyId) : undefined
      if (row === undefined) throw policyNotFound()
      await changed(needs, owner, { operation: 'deletePolicy', policy: row })
      return { deleted: true }
    },

    async tryOut({ workspaceId }, { draft, ...trial }) {
      if (!isLookupId(trial.connectionId)) throw connectionNotFound()
      const document = acceptDocument(draft)
      const verdict = await needs.tryDraft({ workspaceId, draft: document, ...trial })
      if (verdict === undefined) throw connectionNotFound()
      return verdict
    },
  }
}

async function getStored(
  store: PolicyStore,
  workspaceId: string,
  policyId: string,
): Promise<StoredPolicy> {
  const stored = isLookupId(policyId) ? await store.find(workspaceId, policyId) : undefined
  if (stored === undefined) throw policyNotFound()
  return stored
}

/** A policy stays with its agent and its connection: for another pair there is another policy. */
function refuseOtherParties(
  current: StoredPolicy,
  given: Partial<Pick<InputOf<typeof replacePolicy>, 'id' | 'agentId' | 'connectionId'>>,
): void {
  for (const field of ['id', 'agentId', 'connectionId'] as const) {
    if (given[field] === undefined || given[field] === current[field]) continue
    throw new Problem('invalid-input', `The policy’s ${field} cannot be changed.`, {
      next: 'Leave it out, or make another policy.',
      fields: [{ field, message: `must be ${current[field]}, or be left out` }],
    })
  }
}

/** Both are of this workspace, and the policy reaches no further than the credential does. */
async function requireParties(
  store: PolicyStore,
  pair: Pick<StoredPolicy, 'workspaceId' | 'agentId' | 'connectionId'>,
  document: PolicyDocument,
): Promise<void> {
  if (!isLookupId(pair.agentId)) throw agentNotFound()
  if (!isLookupId(pair.connectionId)) throw connectionNotFound()
  const { hasAgent, origins } = await store.findParties(pair)
  if (!hasAgent) throw agentNotFound()
  if (origins === undefined) throw connectionNotFound()
  const faults = document.allow.flatMap((entry, at) => {
    const pattern = compileOriginPattern(entry.origin)
    if (origins.some((origin) => matchesOrigin(pattern, origin))) return []
    return [{ field: `allow.${at}.origin`, message: `must be one of ${origins.join(', ')}` }]
  })
  const [first] = faults
  if (first === undefined) return
  throw new Problem('origin-not-allowed', `${first.field} is not an origin of the connection.`, {
    next: 'Use an origin of the connection, or add this one to the connection first.',
    fields: faults,
  })
}

async function changed(
  needs: PoliciesNeeds,
  { ownerId }: Owner,
  { operation, policy }: { operation: string; policy: StoredPolicy },
): Promise<void> {
  needs.onChanged(policy)
  const { workspaceId, agentId, connectionId, document } = policy
  await needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation, agentId, connectionId },
    outcome: 'done',
    detail: {
      policyId: policy.id,
      policyVersion: policy.version,
      approval: document.approval,
      ...(document.tools !== undefined && { tools: document.tools.length }),
      origins: [...new Set(document.allow.map((entry) => entry.origin))],
    },
  })
}
