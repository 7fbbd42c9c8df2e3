import { type OwnerScope, ownerScopes, type Role, roles } from '@sallyport/contracts'

const readScopes = ownerScopes.filter((scope) => scope.endsWith(':read'))
const approverScopes: readonly OwnerScope[] = [
  'agents:read',
  'connections:read',
  'policies:read',
  'tools:read',
  'capabilities:read',
  'capabilities:write',
  'approvals:read',
  'approvals:write',
  'workspace:read',
]

const scopesByRole: Readonly<Record<Role, ReadonlySet<OwnerScope>>> = {
  owner: new Set(ownerScopes),
  // An admin has every scope too; what sets an owner apart are the members, which no scope gives.
  admin: new Set(ownerScopes),
  approver: new Set(approverScopes),
  auditor: new Set(readScopes),
}

/** The roles that can do this. */
export const rolesWith = (scope: OwnerScope): readonly Role[] =>
  roles.filter((role) => scopesByRole[role].has(scope))

/** What a person of this role can do, and so the most that a token of theirs can. */
export const scopesOfRole = (role: Role): ReadonlySet<OwnerScope> => scopesByRole[role]
