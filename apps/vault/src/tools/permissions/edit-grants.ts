import {
  type IdKind,
  type PolicyDocument,
  Problem,
  type ToolGrant,
  toolGrantsMax,
} from '@sallyport/contracts'
import type { PolicyStore, StoredPolicy } from '../../policies/policy-store.ts'

/** A change of what a policy says of tools. Never a secret in any member. */
export interface GrantEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  readonly operation: 'setToolPermission' | 'setToolsetPermission'
  readonly outcome: 'done'
  readonly agentId: string
  readonly connectionId: string
  readonly policyId: string
  readonly policyVersion: number
  readonly toolId?: string | undefined
  readonly toolsetId: string
  /** The full name of the tool, or the toolset’s name with a star for the tool. */
  readonly tool: string
  readonly detail: Readonly<Record<string, string | number | boolean>>
}

/** What changing grants needs of others. */
export interface EditGrantsNeeds {
  readonly policies: Pick<PolicyStore, 'insert' | 'replace'> & {
    /** The one policy of a pair. */
    findForAgentAndConnection(
      agentId: string,
      connectionId: string,
    ): Promise<StoredPolicy | undefined>
  }
  /** Durable when it resolves. Recorded after the change and before the answer: taking access away waits for no log. */
  readonly audit: { record(event: GrantEvent): Promise<unknown> }
  /** Told of each change before it is answered, so that this replica decides by it at once. */
  readonly onPolicyChanged: (
    policy: Pick<StoredPolicy, 'id' | 'workspaceId' | 'agentId' | 'connectionId'>,
  ) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What is to be said of a tool, or of all of a toolset; `allowed: null` takes away what is said. */
export interface WantedGrant extends Omit<ToolGrant, 'allowed'> {
  readonly allowed: boolean | null
  /** What is not given stays as it was said before, but for an end that is over. */
  readonly keep?: boolean | undefined
}

/** Whose policy, and who changes it. */
interface Editing {
  readonly owner: { readonly workspaceId: string; readonly ownerId: string }
  readonly agentId: string
  readonly connectionId: string
  readonly wanted: WantedGrant
  readonly told: Pick<GrantEvent, 'operation' | 'tool'>
}

/** Somebody else changes the same policy: tried again so often. */
const attemptsMax = 20

/** What a new policy says beside its grant: nothing is allowed by itself, and writing asks. */
const newDocument: PolicyDocument = { allow: [], approval: 'writes', limits: {}, windows: [] }

/**
 * Changes what the policy of a pair says of a tool, and makes the policy where there is none: compare and set, so that nothing that
 * somebody else changes is lost. Answers the policy as it is then; undefined where there is none, and none is needed.
 * @throws Problem version-conflict, agent-not-found, connection-not-found, invalid-input for too many grants
 */
export async function editGrants(
  needs: EditGrantsNeeds,
  editing: Editing,
): Promise<StoredPolicy | undefined> {
  const { agentId, connectionId, wanted, owner } = editing
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const current = await needs.policies.findForAgentAndConnection(agentId, connectionId)
    // A policy of another workspace is none of this one's; ids are unique, so there is none.
    if (current !== undefined && current.workspaceId !== owner.workspaceId) return undefined
    const document = withGrant(current?.document ?? newDocument, wanted, needs.now())
    if (document === current?.document || (current === undefined && wanted.allowed === null)) {
      return current
    }
    const changed = await write(needs, editing, { current, document })
    if (changed !== undefined) return changed
  }
  throw new Problem('version-conflict', 'Somebody changes the policy at the same time.', {
    next: 'Try it again.',
  })
}

async function write(
  needs: EditGrantsNeeds,
  editing: Editing,
  {
    current,
    document,
  }: { readonly current: StoredPolicy | undefined; readonly document: PolicyDocument },
): Promise<StoredPolicy | undefined> {
  const { owner, agentId, connectionId } = editing
  const at = new Date(needs.now())
  if (current !== undefined) {
    const row = await needs.policies.replace(current, { document, updatedAt: at })
    if (row !== undefined) await tell(needs, editing, row)
    return row
  }
  const row: StoredPolicy = {
    ...{ id: needs.newId('policy'), workspaceId: owner.workspaceId, agentId, connectionId },
    ...{ document, version: 1, createdAt: at, updatedAt: at },
  }
  const outcome = await needs.policies.insert(row)
  if (outcome === 'no-agent') throw new Problem('agent-not-found')
  if (outcome === 'no-connection') throw new Problem('connection-not-found')
  if (outcome === 'exists') return undefined
  await tell(needs, editing, row)
  return row
}

/** The document with the grant; the same one back where it says that already. */
function withGrant(
  document: PolicyDocument,
  { allowed, keep = false, ...wanted }: WantedGrant,
  nowMs: number,
): PolicyDocument {
  const { tools = [], ...rest } = document
  const at = tools.findIndex(
    ({ toolsetId, toolId }) => toolsetId === wanted.toolsetId && toolId === wanted.toolId,
  )
  const others = tools.filter((_, place) => place !== at)
  if (allowed === null) {
    if (at < 0) return document
    return { ...rest, ...(others.length > 0 && { tools: others }) }
  }
  const before = tools[at]
  const kept = keep ? termsOf(saidSoFar(tools, wanted, before), wanted, nowMs) : {}
  const grant: ToolGrant = { ...wanted, ...kept, allowed }
  if (before !== undefined && isSame(before, grant)) return document
  if (before === undefined && tools.length >= toolGrantsMax) throw tooMany()
  return { ...rest, tools: at < 0 ? [...tools, grant] : tools.with(at, grant) }
}

/** The terms on which the agent has it so far: a tool that had no leave of its own goes by those of its whole toolset. */
function saidSoFar(
  tools: readonly ToolGrant[],
  { toolsetId }: Pick<ToolGrant, 'toolsetId'>,
  own: ToolGrant | undefined,
): Partial<ToolGrant> {
  if (own?.allowed === true) return own
  const whole = tools.find((grant) => grant.toolsetId === toolsetId && grant.toolId === undefined)
  return { ...(whole?.allowed === true && whole), ...own }
}

/** What was said before and is not said otherwise now. */
function termsOf(
  { approval, limits, expiresAt }: Partial<ToolGrant>,
  wanted: Omit<ToolGrant, 'allowed'>,
  nowMs: number,
): Partial<ToolGrant> {
  const isOpen = expiresAt !== undefined && Date.parse(expiresAt) > nowMs
  const joined = { ...limits, ...wanted.limits }
  return {
    ...(approval !== undefined && wanted.approval === undefined && { approval }),
    ...(Object.keys(joined).length > 0 && { limits: joined }),
    ...(isOpen && wanted.expiresAt === undefined && { expiresAt }),
  }
}

const textOf = ({ toolsetId, toolId, allowed, approval, limits, expiresAt }: ToolGrant) =>
  JSON.stringify([
    ...[toolsetId, toolId, allowed, approval, expiresAt],
    ...[limits?.perMinute, limits?.perHour, limits?.perDay],
  ])

const isSame = (one: ToolGrant, other: ToolGrant) => textOf(one) === textOf(other)

const tooMany = () =>
  new Problem('invalid-input', `A policy has at most ${toolGrantsMax} grants of tools.`, {
    next: 'Grant the whole toolset, and take single tools out of it.',
  })

async function tell(needs: EditGrantsNeeds, editing: Editing, row: StoredPolicy): Promise<void> {
  needs.onPolicyChanged(row)
  const { owner, wanted, told } = editing
  const { toolId, toolsetId, allowed, approval, limits, expiresAt } = wanted
  await needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId: owner.workspaceId, ownerId: owner.ownerId, outcome: 'done' },
    ...{ agentId: row.agentId, connectionId: row.connectionId },
    ...{ policyId: row.id, policyVersion: row.version, toolId, toolsetId },
    ...told,
    detail: {
      permission: allowed === null ? 'none' : allowed ? 'granted' : 'denied',
      ...(approval !== undefined && { approval }),
      ...(limits !== undefined && { limits: JSON.stringify(limits) }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
  })
}
