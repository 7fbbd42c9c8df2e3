import { type Policy, Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { describe, expect, it } from 'vitest'
import { applyChanges } from './apply-changes.ts'
import type { PlannedChange } from './plan-changes.ts'

const change = (action: PlannedChange['action'], id = ''): PlannedChange => ({
  ...{ action, agent: 'bot', connection: 'Mail', agentId: 'agt_1', connectionId: `con_${id}` },
  current: id === '' ? undefined : ({ id, version: 3 } as Policy),
  document:
    action === 'delete' ? undefined : { allow: [], approval: 'writes', limits: {}, windows: [] },
  ...{ fields: [], removed: [], added: [] },
})

/** A vault that notes what it is asked, and refuses some of it. */
function vaultThat(refuses: (operation: string, input: object) => Problem | undefined) {
  const calls: [string, object][] = []
  const call = async (operation: string, input: object) => {
    calls.push([operation, input])
    const problem = refuses(operation, input)
    if (problem !== undefined) throw problem
    return { policy: { version: 3 } }
  }
  return { calls, client: { call } as unknown as Client }
}

describe('applying', () => {
  it('asks for nothing where nothing changes, and names the version that it was planned on', async () => {
    const { calls, client } = vaultThat(() => undefined)
    await applyChanges(client, [change('unchanged', 'pol_0'), change('change', 'pol_1')])
    expect(calls).toMatchObject([['replacePolicy', { policyId: 'pol_1', version: 3 }]])
  })

  it('stops at what was changed meanwhile, and says what was done and what was not', async () => {
    const conflict = new Problem('version-conflict')
    const { calls, client } = vaultThat((operation) =>
      operation === 'replacePolicy' ? conflict : undefined,
    )
    const changes = [change('create'), change('change', 'pol_1'), change('delete', 'pol_2')]
    const applied = await applyChanges(client, changes)
    expect(applied).toEqual({
      done: [changes[0]],
      failed: { change: changes[1], problem: conflict },
      left: [changes[2]],
    })
    expect(calls.map(([operation]) => operation)).toEqual(['createPolicy', 'replacePolicy'])
  })

  it('deletes no policy that somebody has changed', async () => {
    const { calls, client } = vaultThat(() => undefined)
    const old = { ...change('delete', 'pol_2'), current: { id: 'pol_2', version: 2 } as Policy }
    const { failed } = await applyChanges(client, [old])
    expect(failed?.problem.type).toBe('version-conflict')
    expect(calls.map(([operation]) => operation)).toEqual(['getPolicy'])
  })
})
