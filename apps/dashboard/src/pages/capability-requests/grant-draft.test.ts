import { describe, expect, it } from 'vitest'
import { ownDomainsOf } from '../../components/own-domains.ts'
import { faultsOf, type GrantDraft, grantOf, startDraft } from './grant-draft.ts'

const action = {
  allow: [
    { origin: 'https://api.example.com', methods: ['GET' as const], paths: ['/a', '/b/**'] },
    {
      origin: 'https://api.example.com',
      methods: ['POST' as const, 'PUT' as const],
      paths: ['/c'],
    },
  ],
  approval: 'writes' as const,
}
const good = { id: 'con_1', status: 'healthy', originsCovered: true }
const start = () => startDraft(action, [good])
const withEntry = (draft: GrantDraft, at: number, change: object): GrantDraft => ({
  ...draft,
  entries: draft.entries.map((entry, index) => (index === at ? { ...entry, ...change } : entry)),
})

describe('the draft of a grant', () => {
  it('is the action as it is with its usual guard, and nothing else is sent', () => {
    expect(faultsOf(start(), 0)).toEqual([])
    const guard = { level: 'standard', domains: [] }
    expect(grantOf(start(), action)).toEqual({ connectionId: 'con_1', guard })
  })

  it('sends no guard where none is wanted, and who is inside where one is', () => {
    const none = { ...start(), guard: { level: 'none' as const, domains: ['example.com'] } }
    expect(grantOf(none, action)).toEqual({ connectionId: 'con_1' })
    const { guard } = startDraft(action, [good], { ownDomains: ownDomainsOf('ann@Example.com') })
    expect(guard.domains).toEqual(['example.com'])
  })

  it.each(['ann@gmail.com', 'ann', 'ann@localhost', ''])(
    'takes nobody of %s for a colleague',
    (email) => {
      expect(ownDomainsOf(email)).toEqual([])
    },
  )

  it('chooses a connection by itself only where exactly one will do', () => {
    expect(startDraft(action, [good, { ...good, id: 'con_2' }]).connectionId).toBeUndefined()
    expect(
      startDraft(action, [good, { ...good, id: 'con_2', originsCovered: false }]).connectionId,
    ).toBe('con_1')
    expect(startDraft(action, [{ ...good, status: 'revoked' }]).connectionId).toBeUndefined()
    expect(faultsOf(startDraft(action, []), 0)).toEqual(['Choose a connection.'])
  })

  it('chooses the one that was made for it, where it will do', () => {
    const both = [good, { ...good, id: 'con_2' }]
    expect(startDraft(action, both, { wanted: 'con_2' }).connectionId).toBe('con_2')
    expect(startDraft(action, both, { wanted: 'con_3' }).connectionId).toBeUndefined()
    const narrow = [good, { ...good, id: 'con_2', originsCovered: false }]
    expect(startDraft(action, narrow, { wanted: 'con_2' }).connectionId).toBe('con_1')
  })

  it('sends the parts that are kept once one is not, or is narrowed', () => {
    const narrowed = withEntry(withEntry(start(), 0, { isKept: false }), 1, {
      methods: ['POST'],
      paths: ' /c \n\n',
    })
    expect(grantOf(narrowed, action)).toMatchObject({
      connectionId: 'con_1',
      allow: [{ origin: 'https://api.example.com', methods: ['POST'], paths: ['/c'] }],
    })
  })

  it('sends another way of asking, and an end', () => {
    const draft = { ...start(), approval: 'always' as const, endsAtMs: Date.UTC(2030, 0, 1) }
    expect(grantOf(draft, action)).toMatchObject({
      approval: 'always',
      expiresAt: '2030-01-01T00:00:00.000Z',
    })
  })

  it('says what is missing', () => {
    expect(faultsOf(withEntry(start(), 1, { methods: [] }), 0)).toHaveLength(1)
    expect(faultsOf(withEntry(start(), 1, { paths: '\n' }), 0)).toHaveLength(1)
    expect(faultsOf(withEntry(start(), 1, { paths: 'c' }), 0)).toHaveLength(1)
    expect(faultsOf({ ...start(), endsAtMs: 5 }, 5)).toHaveLength(1)
    const none = withEntry(withEntry(start(), 0, { isKept: false }), 1, { isKept: false })
    expect(faultsOf(none, 0)).toHaveLength(1)
  })
})
