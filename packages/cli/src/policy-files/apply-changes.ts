import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import type { PlannedChange } from './plan-changes.ts'

/** How far applying came. One request changes one policy, so that a failure leaves what was done before it. */
export interface Applied {
  readonly done: readonly PlannedChange[]
  readonly failed?: { readonly change: PlannedChange; readonly problem: Problem }
  readonly left: readonly PlannedChange[]
}

/**
 * Makes the changes one after the other, each only if the policy is still the one that the plan was made on. Stops at the first
 * that fails.
 */
export async function applyChanges(
  client: Client,
  changes: readonly PlannedChange[],
): Promise<Applied> {
  const wanted = changes.filter(({ action }) => action !== 'unchanged')
  const done: PlannedChange[] = []
  for (const [at, change] of wanted.entries()) {
    try {
      await applyOne(client, change)
      done.push(change)
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      return { done, failed: { change, problem }, left: wanted.slice(at + 1) }
    }
  }
  return { done, left: [] }
}

async function applyOne(client: Client, change: PlannedChange): Promise<void> {
  const { action, current, document, agentId, connectionId } = change
  if (action === 'delete' && current !== undefined) {
    // A deletion has no version to be compared: what was changed since the plan was made is looked at right before.
    const { policy } = await client.call('getPolicy', { policyId: current.id })
    if (policy.version !== current.version) throw changedMeanwhile()
    await client.call('deletePolicy', { policyId: current.id })
  } else if (action === 'change' && current !== undefined && document !== undefined) {
    const { id: policyId, version } = current
    await client.call('replacePolicy', { ...document, policyId, version })
  } else if (document !== undefined) {
    await client.call('createPolicy', { ...document, agentId, connectionId })
  }
}

const changedMeanwhile = () =>
  new Problem('version-conflict', 'Somebody changed the policy meanwhile.', {
    next: 'Apply the file again to see what it would change now.',
  })
