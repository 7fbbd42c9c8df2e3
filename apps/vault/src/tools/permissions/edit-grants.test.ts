import { Problem, type ToolGrant, toolGrantsMax } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import type { StoredPolicy } from '../../policies/policy-store.ts'
import { editGrants, type GrantEvent, type WantedGrant } from './edit-grants.ts'

const owner = { workspaceId: 'wsp_1', ownerId: 'own_1' }
const pair = { agentId: 'agt_1', connectionId: 'con_1' }
const at = new Date(0)
const stored = (tools: StoredPolicy['document']['tools'] = []): StoredPolicy => ({
  ...{ id: 'pol_1', workspaceId: 'wsp_1', ...pair, version: 4, createdAt: at, updatedAt: at },
  document: {
    ...{ approval: 'never', limits: { perDay: 3 }, windows: [], tools },
    allow: [{ origin: 'https://a.example', methods: ['GET'], paths: ['/**'] }],
  },
})

/** One policy, or none, that somebody else changes `meanwhile` so often. */
function setUp(before: StoredPolicy | undefined, meanwhile = 0) {
  const state = { row: before, meanwhile }
  const events: GrantEvent[] = []
  const changed: string[] = []
  const disturb = () => {
    if (state.meanwhile === 0) return
    state.meanwhile -= 1
    const { row = stored() } = state
    state.row = { ...row, version: row.version + 1 }
  }
  const edit = (wanted: Partial<WantedGrant>) =>
    editGrants(
      {
        policies: {
          async findForAgentAndConnection() {
            const found = state.row
            disturb()
            return found
          },
          async insert(row) {
            if (state.row !== undefined) return 'exists'
            state.row = row
            return 'inserted'
          },
          async replace({ version }, changes) {
            if (state.row?.version !== version) return undefined
            state.row = { ...state.row, ...changes, version: version + 1 }
            return state.row
          },
        },
        audit: { record: async (event) => events.push(event) },
        onPolicyChanged: ({ id }) => void changed.push(id),
        newId: (kind) => `${kind}_new`,
        now: () => 0,
      },
      {
        ...{
          owner,
          ...pair,
          wanted: { toolsetId: 'tls_1', toolId: 'tol_1', allowed: true, ...wanted },
        },
        told: { operation: 'setToolPermission', tool: 'one.read' },
      },
    )
  return { edit, state, events, changed }
}

describe('a permission', () => {
  it('makes a policy that allows nothing else and asks about writes, where there is none', async () => {
    const { edit, state, events, changed } = setUp(undefined)
    await edit({ approval: 'always' })
    expect(state.row?.document).toEqual({
      ...{ allow: [], approval: 'writes', limits: {}, windows: [] },
      tools: [{ toolsetId: 'tls_1', toolId: 'tol_1', allowed: true, approval: 'always' }],
    })
    expect(events).toMatchObject([
      { operation: 'setToolPermission', tool: 'one.read', detail: { permission: 'granted' } },
    ])
    expect(changed).toHaveLength(1)
  })

  it('changes its own grant and nothing else of the policy, and nothing where it says that already', async () => {
    const other = { toolsetId: 'tls_1', allowed: true, limits: { perDay: 1 } }
    const own = { toolsetId: 'tls_1', toolId: 'tol_1', allowed: true }
    const { edit, state, events } = setUp(stored([other, own]))
    await edit({ allowed: false })
    expect(state.row?.document).toEqual(stored([other, { ...own, allowed: false }]).document)
    await edit({ allowed: false })
    expect(events).toHaveLength(1)
    await edit({ allowed: null })
    expect(state.row?.document.tools).toEqual([other])
    await edit({ allowed: null })
    expect(events.map(({ detail }) => detail.permission)).toEqual(['denied', 'none'])
  })

  it('makes no policy to take away what was never granted', async () => {
    const { edit, state, events } = setUp(undefined)
    expect(await edit({ allowed: null })).toBeUndefined()
    expect([state.row, events]).toEqual([undefined, []])
  })

  it('loses nothing that somebody else changes meanwhile, and gives up where that has no end', async () => {
    const { edit, state } = setUp(stored(), 3)
    await edit({})
    expect(state.row?.version).toBe(8)
    expect(state.row?.document.tools).toHaveLength(1)
    const never = setUp(stored(), 100)
    await expect(never.edit({})).rejects.toMatchObject({ type: 'version-conflict' })
  })

  it('is not one more than a policy may hold', async () => {
    const many = Array.from({ length: toolGrantsMax }, (_, n) => ({
      ...{ toolsetId: 'tls_2', toolId: `tol_${n}`, allowed: true },
    }))
    await expect(setUp(stored(many)).edit({})).rejects.toBeInstanceOf(Problem)
  })
})

describe('saying a grant again', () => {
  const before: ToolGrant = {
    ...{ toolsetId: 'tls_1', toolId: 'tol_1', allowed: true, approval: 'always' },
    ...{ limits: { perDay: 5, perHour: 1 }, expiresAt: '2000-01-01T00:00:00Z' },
  }
  const said = async (wanted: Partial<WantedGrant>, standing = before) =>
    (await setUp(stored([standing])).edit(wanted))?.document.tools?.[0]

  it('keeps what is not named where that is wanted', async () => {
    expect(await said({ keep: true })).toEqual(before)
    expect(await said({ keep: true, limits: { perDay: 9 } })).toEqual({
      ...before,
      limits: { perDay: 9, perHour: 1 },
    })
    expect(await said({ keep: true, approval: 'never' })).toEqual({ ...before, approval: 'never' })
  })

  it('keeps the terms of the whole toolset where the tool had none of its own', async () => {
    const { toolId: _, ...whole } = before
    const own = { toolsetId: 'tls_1', toolId: 'tol_1' }
    const terms = async (standing: ToolGrant[], wanted: Partial<WantedGrant> = { keep: true }) =>
      (await setUp(stored(standing)).edit(wanted))?.document.tools?.find(({ toolId }) => toolId)
    expect(await terms([whole])).toEqual(before)
    // Taken out of the toolset, and given back.
    expect(await terms([whole, { ...own, allowed: false }])).toEqual(before)
    expect(await terms([whole], { keep: true, approval: 'never' })).toEqual({
      ...before,
      approval: 'never',
    })
    const plain = { ...own, allowed: true }
    expect(await terms([whole, plain])).toEqual(plain)
    expect(await terms([{ ...whole, allowed: false }])).toEqual(plain)
    expect(await terms([whole], {})).toEqual(plain)
  })

  it('says all of it anew otherwise, and keeps no end that is over', async () => {
    const plain = { toolsetId: 'tls_1', toolId: 'tol_1', allowed: true }
    expect(await said({})).toEqual(plain)
    const over = { ...plain, expiresAt: '1970-01-01T00:00:00Z' }
    expect(await said({ keep: true }, over)).toEqual(plain)
  })
})
