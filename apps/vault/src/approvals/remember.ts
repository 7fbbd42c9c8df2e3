import { Problem, type Remember } from '@sallyport/contracts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import type { CompiledPolicy } from '../policy/compile-policy.ts'
import { traceRulesOf } from '../policy/decide.ts'
import type { NamedApproval, StoredApproval } from './approval-store.ts'
import type { ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import type { Fingerprint } from './fingerprints.ts'
import { shownValue } from './rememberable.ts'
import type { NewRemembered, StoredRemembered } from './remembered-store.ts'
import { takeRequestApart } from './take-request-apart.ts'

// How a yes comes to count for more than one request: what has to be the same is kept as keyed fingerprints.

/** Where what the fixed fields say belongs. It is sealed once. */
export const sealedFieldsContext = ({
  id,
  workspaceId,
}: Pick<StoredRemembered, 'id' | 'workspaceId'>) => ({
  ...{ table: 'remembered_approvals', column: 'sealed', workspaceId, rowId: id, rowVersion: 1 },
})

type Party = Pick<StoredApproval, 'workspaceId' | 'agentId' | 'connectionId'>

/** A keyed hash that is the same only for the same agent and connection. */
export const rememberedPrint =
  (fingerprint: Fingerprint, { workspaceId, agentId, connectionId }: Party) =>
  (name: string, text: string): string =>
    fingerprint(workspaceId, [agentId, connectionId, 'remembered', name, text])

/**
 * Draws up what is remembered of a request that waits for an owner.
 * @throws Problem invalid-input where it cannot be remembered in this way
 */
export async function drawUpRemembered(
  needs: ApprovalsRoomNeeds,
  {
    approval,
    remember,
    request,
  }: {
    readonly approval: NamedApproval
    readonly remember: Remember
    readonly request: FrozenRequest
  },
): Promise<NewRemembered> {
  if (approval.ownersNeeded > 1) {
    throw wrong('remember', 'must be left out: two people have to approve each request')
  }
  const print = rememberedPrint(needs.fingerprint, approval)
  const { scope, uses, expiresInMinutes } = remember
  const fixed = scope === 'fields' ? fixFields(request, remember.fields ?? []) : undefined
  const asked = await askingRules(needs, approval, request)
  const id = needs.newId('rememberedApproval')
  const shown = (fixed?.fields ?? []).map((field) => [field.name, shownValue(field)])
  return {
    ...{ id, scope, uses, expiresInMinutes },
    fields: fixed?.fields.map(({ name }) => name) ?? [],
    fingerprints: Object.fromEntries([
      ...(fixed === undefined ? [] : [['shape', print('shape', fixed.shape)]]),
      ...(fixed?.fields ?? []).map(({ name, text }) => [`field.${name}`, print(name, text)]),
      ...(request.tool === undefined ? [] : [['tool', print('tool', request.tool.digest)]]),
      ...asked.map((rule) => [`rule.${rule.id}`, print('rule', rule.text)]),
    ]),
    sealed: await needs.keyring.seal(
      sealedFieldsContext({ id, workspaceId: approval.workspaceId }),
      Buffer.from(JSON.stringify(Object.fromEntries(shown))),
    ),
  }
}

function fixFields(request: FrozenRequest, names: readonly string[]) {
  const apart = takeRequestApart(request)
  if (apart === undefined) {
    throw wrong('remember.scope', 'must be exact: the request cannot be taken apart for certain')
  }
  const fields = [...new Set(names)].map((name, at) => {
    const field = apart.fields.find((one) => one.name === name)
    if (field === undefined) throw wrong(`remember.fields.${at}`, 'is no field of the request')
    return field
  })
  if (fields.length === 0) {
    throw wrong('remember.fields', 'must name at least one; or take the scope exact')
  }
  return { fields, shape: apart.shape }
}

const wrong = (field: string, message: string) =>
  new Problem('invalid-input', `The field ${field} ${message}.`, {
    next: 'Choose from `rememberable` of the approval (`sallyport approvals show` lists it), or approve it without remember.',
    fields: [{ field, message }],
  })

/** The rules that ask an owner about the request now: of others nobody was asked. */
async function askingRules(
  { findPolicy, now }: ApprovalsRoomNeeds,
  { agentId, connectionId, policyId }: NamedApproval,
  request: FrozenRequest,
) {
  const policy = await findPolicy(agentId, connectionId)
  if (policy?.id !== policyId) return []
  return rulesThatAsk(policy.compiled, request, now()) ?? []
}

/** Names and conditions of all rules that ask about a request, whichever of them comes first; undefined where it is denied. */
export function rulesThatAsk(
  policy: CompiledPolicy,
  request: FrozenRequest,
  nowMs: number,
): readonly { readonly id: string; readonly text: string }[] | undefined {
  const rules = traceRulesOf(policy, request, {
    now: nowMs,
    workspace: { isFrozen: false },
    agent: { status: 'active' },
    connection: { status: 'healthy', origins: [request.origin] },
  })
  if (rules === undefined) return undefined
  const matched = new Set(rules.flatMap((rule) => (rule.matched ? [rule.id] : [])))
  return policy.rules.all.flatMap(({ id, then, source }) =>
    then === 'require_approval' && matched.has(id)
      ? [{ id, text: JSON.stringify(source.when) }]
      : [],
  )
}
