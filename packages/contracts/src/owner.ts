import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import { OwnerId, TokenId, WorkspaceId } from './ids.ts'
import { defineOperation, ownerScopes } from './operation.ts'

/** `owner` can do everything; `admin` all but members; `approver` answers agents; `auditor` reads. */
export const roles = ['owner', 'admin', 'approver', 'auditor'] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const email = z.email('must be an e-mail address').max(254).toLowerCase()
/** NIST SP 800-63B: length rather than composition. */
export const newPassword = z
  .string()
  .min(12, 'must have at least 12 characters')
  .max(256, 'must have at most 256 characters')

/** Six digits of an authenticator app (RFC 6238), or a recovery code. */
export const Otp = z.string().trim().max(40)

export const Member = z.object({
  id: OwnerId,
  email: z.string(),
  role: Role,
  createdAt: Timestamp,
})
/** Who is signed in, where, and with what scopes. `authenticatedAt`: when the person last proved who they are. */
export const SessionView = z.object({
  owner: Member,
  workspace: z.object({ id: WorkspaceId, name: z.string(), frozen: z.boolean() }),
  scopes: z.array(z.enum(ownerScopes)),
  expiresAt: Timestamp,
  authenticatedAt: Timestamp.optional().meta({
    description:
      'Absent where a token is used, and where the provider of single sign-on did not say when',
  }),
})

export const setUp = defineOperation({
  id: 'setUp',
  method: 'POST',
  path: '/api/v1/setup',
  caller: ['anyone'],
  summary: 'Make the first owner with the setup token of the first start, and sign in',
  input: z.strictObject({
    setupToken: z.string().max(200),
    email,
    password: newPassword,
    workspace: Label.optional(),
  }),
  output: SessionView,
  status: 201,
  problems: ['invalid-setup-token', 'already-set-up'],
})

export const signIn = defineOperation({
  id: 'signIn',
  method: 'POST',
  path: '/api/v1/session',
  caller: ['anyone'],
  summary: 'Sign in; the session is a cookie',
  input: z.strictObject({
    email,
    password: z.string().max(256),
    otp: Otp.optional(),
  }),
  output: SessionView,
  problems: ['invalid-credentials', 'otp-required', 'sign-in-refused', 'too-many-attempts'],
})

export const getSession = defineOperation({
  id: 'getSession',
  method: 'GET',
  path: '/api/v1/session',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'Say who is signed in',
  input: z.strictObject({}),
  output: SessionView,
  problems: [],
})

export const signOut = defineOperation({
  id: 'signOut',
  method: 'DELETE',
  path: '/api/v1/session',
  caller: ['owner'],
  demand: 'account',
  summary: 'Sign out',
  input: z.strictObject({}),
  output: z.object({ signedOut: z.literal(true) }),
  problems: [],
})

export const changePassword = defineOperation({
  id: 'changePassword',
  method: 'POST',
  path: '/api/v1/session/password',
  caller: ['owner'],
  demand: 'account',
  summary: 'Change one’s password; every other session of the person ends',
  input: z.strictObject({ currentPassword: z.string().max(256), newPassword }),
  output: SessionView,
  problems: ['invalid-credentials', 'too-many-attempts'],
})

export const OwnerToken = z.object({
  id: TokenId,
  name: z.string(),
  scopes: z.array(z.enum(ownerScopes)),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  lastUsedAt: Timestamp.optional(),
})

export const createToken = defineOperation({
  id: 'createToken',
  method: 'POST',
  path: '/api/v1/tokens',
  caller: ['owner'],
  demand: 'account',
  summary: 'Make a personal access token; it is shown once',
  input: z.strictObject({
    name: Label,
    scopes: z.array(z.enum(ownerScopes)).min(1, 'must name at least one scope'),
    expiresInDays: z.number().int().min(1).max(90),
  }),
  output: z.object({ token: OwnerToken, secret: z.string() }),
  status: 201,
  problems: ['insufficient-scope', 'fresh-sign-in-required'],
})

export const listTokens = defineOperation({
  id: 'listTokens',
  method: 'GET',
  path: '/api/v1/tokens',
  caller: ['owner'],
  demand: 'account',
  summary: 'List one’s personal access tokens, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ tokens: z.array(OwnerToken), nextCursor: NextCursor }),
  problems: [],
})

export const deleteToken = defineOperation({
  id: 'deleteToken',
  method: 'DELETE',
  path: '/api/v1/tokens/{tokenId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'End a personal access token at once',
  input: z.strictObject({ tokenId: TokenId }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['token-not-found'],
})

export const listMembers = defineOperation({
  id: 'listMembers',
  method: 'GET',
  path: '/api/v1/workspace/members',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'List the people of the workspace',
  input: z.strictObject({ ...Page }),
  output: z.object({ members: z.array(Member), nextCursor: NextCursor }),
  problems: [],
})

export const addMember = defineOperation({
  id: 'addMember',
  method: 'POST',
  path: '/api/v1/workspace/members',
  caller: ['owner'],
  demand: 'account',
  summary: 'Add a person with a role and a first password',
  input: z.strictObject({ email, password: newPassword, role: Role }),
  output: z.object({ member: Member }),
  status: 201,
  problems: ['email-taken', 'insufficient-scope', 'fresh-sign-in-required'],
})

export const changeMemberRole = defineOperation({
  id: 'changeMemberRole',
  method: 'PATCH',
  path: '/api/v1/workspace/members/{ownerId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Change a person’s role; their sessions and tokens end',
  input: z.strictObject({ ownerId: OwnerId, role: Role }),
  output: z.object({ member: Member }),
  problems: ['member-not-found', 'last-owner', 'insufficient-scope', 'fresh-sign-in-required'],
})

export const removeMember = defineOperation({
  id: 'removeMember',
  method: 'DELETE',
  path: '/api/v1/workspace/members/{ownerId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Remove a person with their sessions and tokens',
  input: z.strictObject({ ownerId: OwnerId }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['member-not-found', 'last-owner', 'insufficient-scope', 'fresh-sign-in-required'],
})
