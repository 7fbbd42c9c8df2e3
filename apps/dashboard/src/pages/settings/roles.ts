import type { Role } from '@sallyport/contracts'

export const roleNames: Readonly<Record<Role, string>> = {
  owner: 'Owner',
  admin: 'Admin',
  approver: 'Approver',
  auditor: 'Auditor',
}

/** What a role is for, in a line. */
export const roleHints: Readonly<Record<Role, string>> = {
  owner: 'Everything, members included',
  admin: 'Everything but members',
  approver: 'Answers what agents ask',
  auditor: 'Reads, and changes nothing',
}

export const roleOptions = (['owner', 'admin', 'approver', 'auditor'] as const).map((value) => ({
  value,
  label: `${roleNames[value]}: ${roleHints[value].toLowerCase()}`,
}))

/** No event tells that somebody joined by their invitation: whoever looks at the people asks this often. */
export const peopleMs = 10_000
