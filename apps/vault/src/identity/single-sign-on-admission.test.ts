import { type Role, roles } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  type AdmissionRules,
  decideAdmission,
  type KnownMember,
  type KnownPeople,
} from './single-sign-on-admission.ts'
import type { ProviderPerson } from './single-sign-on-claims.ts'

const openRules: AdmissionRules = {
  allowedDomains: [],
  allowedGroups: [],
  roleMapping: [],
  defaultRole: 'auditor',
}
const ada: ProviderPerson = {
  issuer: 'https://id.example',
  subject: 'ada',
  email: 'ada@example.com',
  groups: ['staff'],
  authenticatedAtMs: undefined,
}
const nobody: KnownPeople = {
  byIdentity: undefined,
  byEmail: undefined,
  invitation: undefined,
  isRemoved: false,
}
const member: KnownMember = {
  ownerId: 'own_1',
  role: 'approver',
  roleGivenBy: 'person',
  isLinked: true,
  isLastLocalOwner: false,
}
const decide = (given: {
  rules?: Partial<AdmissionRules>
  person?: Partial<ProviderPerson>
  known?: Partial<KnownPeople>
  mustBe?: string
}) =>
  decideAdmission(
    { ...openRules, ...given.rules },
    { ...ada, ...given.person },
    { known: { ...nobody, ...given.known }, mustBe: given.mustBe },
  )
const refusal = (reason: string) => ({ kind: 'refuse', reason })

describe('a domain that may sign in', () => {
  const rules = { allowedDomains: ['example.com'] }

  it('is the whole of what stands behind the last @', () => {
    verifies('S-42')
    for (const email of [
      'ada@evil-example.com',
      'ada@sub.example.com',
      'ada@example.com.evil.example',
      'ada@example.co',
      'ada@xample.com',
      '"ada@example.com"@evil.example',
    ]) {
      expect([email, decide({ rules, person: { email } })]).toEqual([
        email,
        refusal('domain-not-allowed'),
      ])
    }
    expect(decide({ rules })).toMatchObject({ kind: 'create' })
    const both = { allowedDomains: ['example.com', 'sub.example.com'] }
    const person = { email: 'ada@sub.example.com' }
    expect(decide({ rules: both, person })).toMatchObject({ kind: 'create' })
  })

  it('is asked of members too, by an address that was verified', () => {
    verifies('S-42')
    const known = { byIdentity: member }
    expect(decide({ rules, known, person: { email: undefined } })).toMatchObject(
      refusal('email-not-verified'),
    )
    expect(decide({ rules, known, person: { email: 'ada@elsewhere.example' } })).toMatchObject(
      refusal('domain-not-allowed'),
    )
  })
})

describe('a group that may sign in', () => {
  const rules = { allowedGroups: ['staff', 'board'] }

  it('is compared as it is written, and asked of everybody', () => {
    verifies('S-42')
    for (const groups of [[], ['Staff'], ['staff '], ['staff,board'], ['sta'], ['staffers']]) {
      expect(decide({ rules, person: { groups } })).toEqual(refusal('group-not-allowed'))
      const known = { byIdentity: member, invitation: { id: 'inv_1', role: 'owner' as const } }
      expect(decide({ rules, known, person: { groups } })).toMatchObject(
        refusal('group-not-allowed'),
      )
    }
    expect(decide({ rules, person: { groups: ['x', 'board'] } })).toMatchObject({ kind: 'create' })
  })
})

describe('somebody whom nobody knows', () => {
  it('becomes what a group gives, or their invitation, or the default; the furthest reaching group counts', () => {
    const invitation = { id: 'inv_1', role: 'approver' as const }
    const roleMapping = [
      { group: 'staff', role: 'auditor' as const },
      { group: 'leads', role: 'admin' as const },
      { group: 'staff', role: 'approver' as const },
    ]
    expect(decide({})).toEqual({
      ...{ kind: 'create', email: 'ada@example.com', invitationId: undefined },
      ...{ role: 'auditor', roleGivenBy: 'default' },
    })
    expect(decide({ known: { invitation } })).toMatchObject({
      ...{ role: 'approver', roleGivenBy: 'person', invitationId: 'inv_1' },
    })
    const mapped = decide({ rules: { roleMapping }, known: { invitation } })
    expect(mapped).toMatchObject({ role: 'approver', roleGivenBy: 'group', invitationId: 'inv_1' })
    const groups = ['leads', 'staff']
    expect(decide({ rules: { roleMapping }, person: { groups } })).toMatchObject({ role: 'admin' })
  })

  it('is refused without a role, without a verified address, and once an owner removed them', () => {
    verifies('S-42')
    const rules = { defaultRole: null }
    expect(decide({ rules })).toEqual(refusal('not-invited'))
    expect(decide({ person: { email: undefined } })).toEqual(refusal('email-not-verified'))
    expect(decide({ known: { isRemoved: true } })).toEqual(refusal('removed'))
    const invitation = { id: 'inv_1', role: 'admin' as const }
    const invited = decide({ rules, known: { isRemoved: true, invitation } })
    expect(invited).toMatchObject({ kind: 'create', role: 'admin' })
  })
})

describe('a member', () => {
  it('is known by their account; by their address only as long as no account is theirs', () => {
    verifies('S-42')
    expect(decide({ known: { byIdentity: member } })).toMatchObject({ kind: 'known' })
    const unlinked = { ...member, isLinked: false }
    expect(decide({ known: { byEmail: unlinked } })).toMatchObject({
      kind: 'link',
      role: 'approver',
    })
    expect(decide({ known: { byEmail: member } })).toEqual(refusal('linked-elsewhere'))
  })

  it('stays who they are when their address becomes another member’s', () => {
    verifies('S-42')
    const other = { ...member, ownerId: 'own_2', role: 'owner' as const }
    for (const isLinked of [true, false]) {
      const known = { byIdentity: member, byEmail: { ...other, isLinked } }
      expect(decide({ known })).toMatchObject({ kind: 'known', ownerId: 'own_1', role: 'approver' })
    }
  })

  it('loses with the group the role that it gave, and keeps the one that a person gave', () => {
    const byGroup = { ...member, roleGivenBy: 'group' as const }
    expect(decide({ known: { byIdentity: member } })).toMatchObject({ role: 'approver' })
    expect(decide({ known: { byIdentity: byGroup } })).toMatchObject({
      ...{ role: 'auditor', roleGivenBy: 'default' },
    })
    const rules = { defaultRole: null }
    expect(decide({ rules, known: { byIdentity: member } })).toMatchObject({ role: 'approver' })
    expect(decide({ rules, known: { byIdentity: byGroup } })).toMatchObject(refusal('no-role'))
    const byDefault = { ...member, roleGivenBy: 'default' as const }
    expect(decide({ rules, known: { byIdentity: byDefault } })).toMatchObject({ role: 'approver' })
  })

  it('who is the last owner with a password stays one, whatever their groups are', () => {
    verifies('S-42')
    const last = { ...member, role: 'owner' as const, isLastLocalOwner: true }
    const roleMapping = [{ group: 'staff', role: 'auditor' as const }]
    for (const roleGivenBy of ['person', 'group', 'default'] as const) {
      const known = { byIdentity: { ...last, roleGivenBy } }
      const stays = { kind: 'known', role: 'owner', roleGivenBy }
      expect(decide({ rules: { roleMapping }, known })).toMatchObject(stays)
      expect(decide({ rules: { defaultRole: null }, known })).toMatchObject(stays)
    }
  })

  it('who is refused loses what a group gave and gives no more, and gets nothing for it', () => {
    verifies('S-42')
    const rules = {
      allowedDomains: ['elsewhere.example'],
      roleMapping: [
        { group: 'staff', role: 'approver' as const },
        { group: 'leads', role: 'owner' as const },
      ],
    }
    const left = (known: Partial<typeof member>, groups: string[]) => {
      const byIdentity = { ...member, roleGivenBy: 'group' as const, ...known }
      const admission = decide({ rules, person: { groups }, known: { byIdentity } })
      expect(admission).toMatchObject(refusal('domain-not-allowed'))
      return admission.kind === 'refuse' ? admission.shutsOut?.role : undefined
    }
    expect(left({ role: 'owner' }, [])).toBe('auditor')
    expect(left({ role: 'owner' }, ['staff'])).toBe('approver')
    expect(left({ role: 'owner' }, ['leads'])).toBe('owner')
    expect(left({ role: 'approver' }, ['leads'])).toBe('approver')
    expect(left({ role: 'admin', roleGivenBy: 'person' }, [])).toBe('admin')
    expect(left({ role: 'admin', roleGivenBy: 'default' }, [])).toBe('admin')
    expect(left({ role: 'owner', isLastLocalOwner: true }, [])).toBe('owner')
  })

  it('who proves again who they are is nobody else, and nobody new', () => {
    verifies('S-42')
    const mustBe = 'own_1'
    expect(decide({ known: { byIdentity: member }, mustBe })).toMatchObject({ kind: 'known' })
    const other = { ...member, ownerId: 'own_2' }
    expect(decide({ known: { byIdentity: other }, mustBe })).toEqual(refusal('other-person'))
    const known = { byIdentity: other, byEmail: member }
    expect(decide({ known, mustBe })).toEqual(refusal('other-person'))
    expect(decide({ mustBe })).toEqual(refusal('other-person'))
  })
})

describe('whatever is set and whatever the provider says', () => {
  const anyRole = fc.constantFrom<Role>(...roles)
  const anyGroup = fc.constantFrom('staff', 'leads', 'board')
  const anyRules = fc.record({
    allowedDomains: fc.subarray(['example.com', 'b.example']),
    allowedGroups: fc.subarray(['staff', 'leads']),
    roleMapping: fc.array(fc.record({ group: anyGroup, role: anyRole }), { maxLength: 4 }),
    defaultRole: fc.option(anyRole),
  })
  const anyPerson = fc.record({
    email: fc.constantFrom('ada@example.com', 'ada@c.example', undefined),
    groups: fc.subarray(['staff', 'leads', 'board']),
  })
  const anyMember = fc.record({
    ownerId: fc.constantFrom('own_1', 'own_2'),
    role: anyRole,
    roleGivenBy: fc.constantFrom('person' as const, 'group' as const, 'default' as const),
    isLinked: fc.boolean(),
    isLastLocalOwner: fc.constant(false),
  })
  const anyKnown = fc.record({
    byIdentity: fc.option(
      anyMember.map((one) => ({ ...one, isLinked: true })),
      { nil: undefined },
    ),
    byEmail: fc.option(anyMember, { nil: undefined }),
    invitation: fc.option(fc.record({ id: fc.constant('inv_1'), role: anyRole }), {
      nil: undefined,
    }),
    isRemoved: fc.boolean(),
  })

  it('nobody gets a role that nothing gave them, and nobody an account that is another’s', () => {
    verifies('S-42')
    fc.assert(
      fc.property(anyRules, anyPerson, anyKnown, (rules, person, known) => {
        const admission = decide({ rules, person, known })
        if (admission.kind === 'refuse') {
          const { shutsOut } = admission
          expect(shutsOut?.ownerId ?? known.byIdentity?.ownerId).toBe(known.byIdentity?.ownerId)
          return
        }
        const given = [
          ...rules.roleMapping
            .filter(({ group }) => person.groups.includes(group))
            .map(({ role }) => role),
          ...(rules.defaultRole === null ? [] : [rules.defaultRole]),
          ...(admission.kind === 'create' ? [known.invitation?.role] : []),
          ...(known.byIdentity ? [known.byIdentity.role] : [known.byEmail?.role]),
        ]
        expect(given).toContain(admission.role)
        if (admission.kind === 'known') expect(admission.ownerId).toBe(known.byIdentity?.ownerId)
        if (admission.kind === 'link') {
          expect(admission.ownerId).toBe(known.byEmail?.ownerId)
          expect(known.byEmail?.isLinked).toBe(false)
        }
        if (admission.kind === 'create') {
          expect([known.byIdentity, known.byEmail]).toEqual([undefined, undefined])
          expect(person.email).toBe(admission.email)
        }
      }),
    )
  })
})
