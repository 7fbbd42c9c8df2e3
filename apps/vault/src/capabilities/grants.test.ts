import { createCatalog } from '@sallyport/catalog'
import type { ActionTemplate, AllowEntry, PolicyDocument } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { draftGrant, type GrantDraft } from './grant-document.ts'
import { grants } from './grants.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const past = '2026-11-21T12:00:00.000Z'
const future = '2026-11-21T12:00:00.001Z'
const service = { category: 'mail-and-calendar' } as const
const action = createCatalog().findAction('gmail-read')?.action as ActionTemplate
const [wanted] = action.allow as [AllowEntry]
const { origin } = wanted
const document = (allow: AllowEntry[], over: Partial<PolicyDocument> = {}): PolicyDocument => ({
  ...{ allow, approval: 'writes', limits: {}, windows: [] },
  ...over,
})
const whole: AllowEntry = { origin, methods: ['GET'], paths: ['/gmail/**'] }

describe('an action counts as granted', () => {
  it('never by what has expired, or by what is narrower without saying so', () => {
    const not = [
      document([]),
      document([whole], { expiresAt: past }),
      document([{ ...whole, expiresAt: past }]),
      document([{ ...whole, paths: ['/gmail/v1/users/me/messages/**'] }]),
      document([{ ...whole, methods: ['POST'] }]),
      document([{ ...whole, origin: 'https://other.example' }]),
      document([{ ...whole, paths: ['/x'], actionTemplateId: 'gmail-read', expiresAt: past }]),
      document([{ ...whole, paths: ['/x'], actionTemplateId: 'gmail-send' }]),
    ]
    for (const policy of not) {
      expect(grants(policy, action, nowMs), JSON.stringify(policy)).toBe(false)
    }
  })

  it('by entries that cover it, together or alone, whether owners are asked or not', () => {
    const is = [
      document([whole]),
      document([{ ...whole, approval: 'always', expiresAt: future }], { expiresAt: future }),
      document([{ ...whole, origin: 'https://*.googleapis.com', paths: ['/**'] }]),
      document(wanted.paths.map((path) => ({ ...whole, paths: [path] }))),
      document([{ ...whole, paths: ['/x'], actionTemplateId: 'gmail-read' }]),
    ]
    for (const policy of is) {
      expect(grants(policy, action, nowMs), JSON.stringify(policy)).toBe(true)
    }
  })
})

const draft = (wish: GrantDraft['wish'], policy?: PolicyDocument) =>
  draftGrant({ service, action, wish, origins: [origin], policy, nowMs })

describe('a grant', () => {
  it('is never wider than the action, and the fault names the field', () => {
    verifies('S-13')
    const narrow = { origin, methods: ['GET' as const], paths: ['/gmail/v1/users/me/messages/*'] }
    const cases: [Partial<AllowEntry>, string][] = [
      [{ origin: 'https://evil.example' }, 'allow.1.origin'],
      [{ origin: 'https://*.googleapis.com' }, 'allow.1.origin'],
      [{ origin: 'http://gmail.googleapis.com' }, 'allow.1.origin'],
      [{ methods: ['GET', 'POST'] }, 'allow.1.methods'],
      [{ methods: ['HEAD'] }, 'allow.1.methods'],
      [{ paths: ['/gmail/v1/users/me/profile', '/**'] }, 'allow.1.paths.1'],
      [{ paths: ['/gmail/v1/users/me/**'] }, 'allow.1.paths.0'],
      [{ paths: ['/gmail/v1/users/*/messages'] }, 'allow.1.paths.0'],
      [{ paths: ['/gmail/v1/users/me/labels/*/x'] }, 'allow.1.paths.0'],
      [{ paths: ['/gmail/v1/users/me/messages*'] }, 'allow.1.paths.0'],
      [{ expiresAt: past }, 'allow.1.expiresAt'],
    ]
    for (const [over, field] of cases) {
      const work = () => draft({ allow: [narrow, { ...narrow, ...over }] })
      expect(work, field).toThrow(
        expect.objectContaining({
          type: 'invalid-input',
          fields: expect.arrayContaining([expect.objectContaining({ field })]),
        }),
      )
    }
    expect(() => draft({ expiresAt: past })).toThrow(/expiresAt must be in the future/)
  })

  it('never takes methods and paths of different entries together', () => {
    const split: ActionTemplate = {
      ...action,
      allow: [
        { origin, methods: ['GET'], paths: ['/a'] },
        { origin, methods: ['POST'], paths: ['/b'] },
      ],
    }
    const ask = (entry: Pick<AllowEntry, 'methods' | 'paths'>) => () =>
      draftGrant({
        service,
        action: split,
        wish: { allow: [{ origin, ...entry }] },
        origins: [origin],
        policy: undefined,
        nowMs,
      })
    expect(ask({ methods: ['POST'], paths: ['/a'] })).toThrow(/allow.0.paths.0/)
    expect(ask({ methods: ['GET', 'POST'], paths: ['/a'] })).toThrow(/with POST/)
    expect(ask({ methods: ['POST'], paths: ['/b'] })).not.toThrow()
  })

  it('asks no less often than the policy does, and changes no other entry', () => {
    const other: AllowEntry = { ...whole, approval: 'never', paths: ['/other'] }
    const policy = document([other], { approval: 'always', limits: { perHour: 1 } })
    const granted = draft({ approval: 'never' }, policy)
    expect(granted).toEqual({
      ...policy,
      allow: [other, { ...wanted, approval: 'always', actionTemplateId: 'gmail-read' }],
    })
    expect(draft({}, { ...policy, approval: 'never' }).allow[1]?.approval).toBe(action.approval)
    const narrowed = {
      ...whole,
      paths: ['/gmail/v1/users/me/profile'],
      approval: 'writes' as const,
    }
    expect(draft({ allow: [narrowed], approval: 'always' }).allow).toMatchObject([narrowed])
  })

  it('makes a policy that asks for writes where there is none, and ends when the earlier end says', () => {
    const later = '2027-01-01T00:00:00Z'
    const entry = { ...whole, paths: ['/gmail/v1/users/me/profile'] }
    const made = draft({
      expiresAt: later,
      allow: [
        { ...entry, expiresAt: future },
        { ...entry, expiresAt: '2028-01-01T00:00:00Z' },
        entry,
      ],
    })
    expect(made).toMatchObject({ approval: 'writes', limits: {}, windows: [] })
    expect(made.allow.map(({ expiresAt }) => expiresAt)).toEqual([future, later, later])
  })

  it('takes the place of what an earlier grant of the same action left, and of nothing else', () => {
    const left = { ...whole, expiresAt: past, actionTemplateId: 'gmail-read' }
    const kept = [
      { ...left, expiresAt: future },
      { ...left, actionTemplateId: 'gmail-send' },
      { ...whole, expiresAt: past },
    ]
    expect(draft({}, document([left, ...kept])).allow.slice(0, -1)).toEqual(kept)
  })

  it('does not go into a policy that is over or full', () => {
    expect(() => draft({}, document([], { expiresAt: past }))).toThrow(
      expect.objectContaining({ type: 'policy-expired' }),
    )
    const full = document(Array.from({ length: 100 }, () => whole))
    expect(() => draft({}, full)).toThrow(/at most 100 entries/)
  })
})
