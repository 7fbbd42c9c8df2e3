import type { Role } from '@sallyport/contracts'
import type { ProviderPerson } from './single-sign-on-claims.ts'
import type { SingleSignOnSettings } from './single-sign-on-settings.ts'

// Decides who becomes whom: a pure function of the settings, of what the provider says and of who is known.

/** Who gave a member their role: a person of the workspace, a group at the provider, or the default of single sign-on. */
export type RoleGiver = 'person' | 'group' | 'default'

/** A member as the decision needs them. */
export interface KnownMember {
  readonly ownerId: string
  readonly role: Role
  readonly roleGivenBy: RoleGiver
  /** Is an account at a provider theirs already? */
  readonly isLinked: boolean
  /** The last owner who can sign in with a password: without them nobody could, were the provider to fail. */
  readonly isLastLocalOwner: boolean
}

/** Whom the workspace knows of the person who signed in. */
export interface KnownPeople {
  /** The member whose account at the provider this is. */
  readonly byIdentity: KnownMember | undefined
  /** The member with the verified e-mail address. */
  readonly byEmail: KnownMember | undefined
  /** An open invitation of the verified e-mail address. */
  readonly invitation: { readonly id: string; readonly role: Role } | undefined
  /** Was a member once, and was removed by an owner. */
  readonly isRemoved: boolean
}

/** Why somebody may not sign in. The words of the audit log, too. */
export type RefusalReason =
  | 'domain-not-allowed'
  | 'email-in-use'
  | 'email-not-verified'
  | 'group-not-allowed'
  | 'linked-elsewhere'
  | 'no-role'
  | 'not-invited'
  | 'other-person'
  | 'removed'
  | 'settings-changed'

interface Standing {
  readonly role: Role
  readonly roleGivenBy: RoleGiver
}

interface Refusal {
  readonly kind: 'refuse'
  readonly reason: RefusalReason
  /** The member who may not come in any more: what they came by before ends, and they have this role from now on. */
  readonly shutsOut?: { readonly ownerId: string; readonly role: Role }
}

/** What is to be done. */
export type Admission =
  | Refusal
  | ({ readonly kind: 'known' | 'link'; readonly ownerId: string } & Standing)
  | ({
      readonly kind: 'create'
      readonly email: string
      readonly invitationId: string | undefined
    } & Standing)

/** What of the settings says who may sign in, and as what. */
export type AdmissionRules = Pick<
  SingleSignOnSettings,
  'allowedDomains' | 'allowedGroups' | 'roleMapping' | 'defaultRole'
>

/** From the least to the furthest reaching. */
const reach: readonly Role[] = ['auditor', 'approver', 'admin', 'owner']
const leastRole: Role = 'auditor'

/**
 * Decides whether a person of the provider may sign in, and as whom. A member's account at the provider is theirs for good:
 * an e-mail address leads to a member only while they have none. `mustBe`: who it has to be, where somebody proves again who
 * they are.
 */
export function decideAdmission(
  rules: AdmissionRules,
  person: ProviderPerson,
  { known, mustBe }: { known: KnownPeople; mustBe?: string | undefined },
): Admission {
  const member = known.byIdentity ?? known.byEmail
  const gate = gateOf(rules, person)
  if (gate !== undefined) return shutOut(gate, rules, { person, known })
  if (mustBe !== undefined && member?.ownerId !== mustBe) return refuse('other-person')
  if (member === undefined) return newcomer(rules, person, known)
  if (known.byIdentity === undefined && member.isLinked) return refuse('linked-elsewhere')
  const standing = standingOf(rules, person, member)
  if (standing === undefined) return shutOut('no-role', rules, { person, known })
  const kind = known.byIdentity === undefined ? 'link' : 'known'
  return { kind, ownerId: member.ownerId, ...standing }
}

const refuse = (reason: RefusalReason): Refusal => ({ kind: 'refuse', reason })

/**
 * Refuses an account, and the member whose it is with it. A role that a group gave is not kept for their password: without
 * the group it is the least reaching one.
 */
function shutOut(
  reason: RefusalReason,
  rules: AdmissionRules,
  { person, known }: { person: ProviderPerson; known: KnownPeople },
): Refusal {
  const { byIdentity } = known
  if (byIdentity === undefined) return refuse(reason)
  const { ownerId, role, roleGivenBy, isLastLocalOwner } = byIdentity
  const keeps = roleGivenBy !== 'group' || isLastLocalOwner
  const mapped = keeps ? role : (mappedRole(rules, person) ?? leastRole)
  // Never a further reaching one than they had: they are refused.
  const left = reach.indexOf(mapped) < reach.indexOf(role) ? mapped : role
  return { kind: 'refuse', reason, shutsOut: { ownerId, role: left } }
}

/** What holds for everybody, whoever they are here. */
function gateOf(rules: AdmissionRules, { email, groups }: ProviderPerson) {
  const { allowedDomains, allowedGroups } = rules
  if (allowedDomains.length > 0) {
    if (email === undefined) return 'email-not-verified'
    // The whole of what stands behind the @: neither a domain below nor one that only ends alike.
    if (!allowedDomains.includes(email.slice(email.lastIndexOf('@') + 1))) {
      return 'domain-not-allowed'
    }
  }
  const isInOne = allowedGroups.some((group) => groups.includes(group))
  return allowedGroups.length > 0 && !isInOne ? 'group-not-allowed' : undefined
}

function newcomer(rules: AdmissionRules, person: ProviderPerson, known: KnownPeople): Admission {
  const { email } = person
  const { invitation } = known
  if (email === undefined) return refuse('email-not-verified')
  if (known.isRemoved && invitation === undefined) return refuse('removed')
  const made = { kind: 'create', email, invitationId: invitation?.id } as const
  const mapped = mappedRole(rules, person)
  if (mapped !== undefined) return { ...made, role: mapped, roleGivenBy: 'group' }
  if (invitation !== undefined) return { ...made, role: invitation.role, roleGivenBy: 'person' }
  if (rules.defaultRole === null) return refuse('not-invited')
  return { ...made, role: rules.defaultRole, roleGivenBy: 'default' }
}

/** A role that a group gave goes with the group; the one that a person gave stays until a group gives another. */
function standingOf(
  rules: AdmissionRules,
  person: ProviderPerson,
  member: KnownMember,
): Standing | undefined {
  const asBefore: Standing = { role: member.role, roleGivenBy: member.roleGivenBy }
  const mapped = mappedRole(rules, person)
  if (mapped === member.role || member.isLastLocalOwner) return asBefore
  if (mapped !== undefined) return { role: mapped, roleGivenBy: 'group' }
  if (member.roleGivenBy !== 'group') return asBefore
  return rules.defaultRole === null
    ? undefined
    : { role: rules.defaultRole, roleGivenBy: 'default' }
}

/** The furthest reaching role that a group of theirs gives. */
function mappedRole({ roleMapping }: AdmissionRules, { groups }: ProviderPerson): Role | undefined {
  const given = new Set(
    roleMapping.filter(({ group }) => groups.includes(group)).map(({ role }) => role),
  )
  return reach.findLast((role) => given.has(role))
}
