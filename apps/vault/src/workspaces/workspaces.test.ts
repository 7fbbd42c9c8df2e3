import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { createWorkspaces, type StoredWorkspace, type WorkspaceEvent } from './workspaces.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const owner: AuthenticatedOwner = {
  ownerId: 'own_1',
  workspaceId: 'wsp_1',
  email: 'owner@example.com',
  role: 'owner',
  scopes: new Set(['workspace:write']),
  via: 'session',
  expiresAtMs: nowMs + 1_000_000,
  authenticatedAtMs: nowMs - 1_000,
}

function room(record: (event: WorkspaceEvent) => Promise<void> = async () => {}) {
  const row = { name: 'Home', frozenAt: null as Date | null, frozenBy: null as string | null }
  const did: string[] = []
  const events: WorkspaceEvent[] = []
  const workspaces = createWorkspaces({
    store: {
      find: async (id): Promise<StoredWorkspace | undefined> =>
        id === 'wsp_1'
          ? { id, ...row, frozenByEmail: row.frozenBy === null ? null : 'owner@example.com' }
          : undefined,
      async rename(_, name) {
        row.name = name
        did.push('rename')
      },
      async freeze(_, { ownerId, at }) {
        did.push('freeze')
        if (row.frozenAt !== null) return false
        Object.assign(row, { frozenAt: at, frozenBy: ownerId })
        return true
      },
      async unfreeze() {
        did.push('unfreeze')
        const was = row.frozenAt !== null
        Object.assign(row, { frozenAt: null, frozenBy: null })
        return was
      },
    },
    audit: {
      async record(event) {
        events.push(event)
        did.push('record')
        await record(event)
      },
    },
    prepareEnd:
      ({ workspaceId }) =>
      () => {
        did.push(`end ${workspaceId}`)
        return 3
      },
    onChanged: (id) => void did.push(`changed ${id}`),
    newId: () => 'aud_1',
    now: () => nowMs,
  })
  return { workspaces, did, events, row }
}

describe('workspaces', () => {
  it('tells of a freeze before it ends calls, so that nothing slips between', async () => {
    verifies('S-10')
    const { workspaces, did, events } = room()
    const frozen = await workspaces.freeze(owner)
    expect(did).toEqual(['freeze', 'changed wsp_1', 'end wsp_1', 'record'])
    expect(frozen).toEqual({
      workspace: {
        id: 'wsp_1',
        name: 'Home',
        frozen: true,
        frozenAt: '2026-11-21T12:00:00.000Z',
        frozenBy: { ownerId: 'own_1', email: 'owner@example.com' },
      },
      endedCalls: 3,
    })
    expect(events).toMatchObject([
      { operation: 'freezeWorkspace', ownerId: 'own_1', detail: { changed: true, endedCalls: 3 } },
    ])
  })

  it('is frozen even where that cannot be recorded', async () => {
    const { workspaces, row, did } = room(() => Promise.reject(new Problem('audit-unavailable')))
    await expect(workspaces.freeze(owner)).rejects.toThrow(Problem)
    expect(row.frozenAt).not.toBeNull()
    expect(did).toContain('end wsp_1')
  })

  it('leaves who froze it first and when as it is', async () => {
    const { workspaces } = room()
    await workspaces.freeze({ ...owner, ownerId: 'own_0' })
    const again = await workspaces.freeze(owner)
    expect(again.workspace.frozenBy?.ownerId).toBe('own_0')
    expect(again.endedCalls).toBe(3)
  })

  it('unfreezes from a session only shortly after the person proved who they are', async () => {
    verifies('S-42')
    const { workspaces, did } = room()
    await workspaces.freeze(owner)
    for (const authenticatedAtMs of [nowMs - 5 * 60_000, nowMs + 60_000]) {
      await expect(workspaces.unfreeze({ ...owner, authenticatedAtMs })).rejects.toMatchObject({
        type: 'fresh-sign-in-required',
      })
    }
    expect(did).not.toContain('unfreeze')
    expect((await workspaces.unfreeze(owner)).workspace).toEqual({
      id: 'wsp_1',
      name: 'Home',
      frozen: false,
    })
  })

  it('unfreezes by a token that has the scope', async () => {
    const { authenticatedAtMs: _, ...token } = owner
    const { workspaces } = room()
    await workspaces.freeze(owner)
    expect((await workspaces.unfreeze({ ...token, via: 'token' })).workspace.frozen).toBe(false)
  })

  it('renames, and records it', async () => {
    const { workspaces, events } = room()
    expect((await workspaces.rename(owner, { name: 'Lab' })).workspace.name).toBe('Lab')
    expect(events).toMatchObject([{ operation: 'updateWorkspace', detail: { name: 'Lab' } }])
  })
})
