import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { InvitationId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { email, newPassword, Role, SessionView } from './owner.ts'

/** An invitation that has not been accepted yet; its link works once, for 7 days. */
export const Invitation = z.object({
  id: InvitationId,
  email: z.string(),
  role: Role,
  invitedBy: z.string().meta({ description: 'E-mail address' }),
  createdAt: Timestamp,
  expiresAt: Timestamp,
})

export const createInvitation = defineOperation({
  id: 'createInvitation',
  method: 'POST',
  path: '/api/v1/workspace/invitations',
  caller: ['owner'],
  demand: 'account',
  summary: 'Invite a person; the link is shown once, and an earlier one for the address ends',
  input: z.strictObject({ email, role: Role }),
  output: z.object({ invitation: Invitation, invitationUrl: z.string() }),
  status: 201,
  problems: ['email-taken', 'insufficient-scope', 'fresh-sign-in-required'],
})

export const listInvitations = defineOperation({
  id: 'listInvitations',
  method: 'GET',
  path: '/api/v1/workspace/invitations',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'List open invitations, newest first',
  input: z.strictObject({ ...Page }),
  output: z.object({ invitations: z.array(Invitation), nextCursor: NextCursor }),
  problems: [],
})

export const deleteInvitation = defineOperation({
  id: 'deleteInvitation',
  method: 'DELETE',
  path: '/api/v1/workspace/invitations/{invitationId}',
  caller: ['owner'],
  demand: 'account',
  summary: 'Withdraw an invitation',
  input: z.strictObject({ invitationId: InvitationId }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['invitation-not-found', 'insufficient-scope'],
})

const token = z.string().max(200).meta({ description: 'From the fragment of the link' })

export const readInvitation = defineOperation({
  id: 'readInvitation',
  method: 'POST',
  path: '/api/v1/invitations/read',
  caller: ['anyone'],
  summary: 'Say what an invitation’s link is for',
  input: z.strictObject({ token }),
  output: z.object({
    email: z.string(),
    role: Role,
    workspace: z.string(),
    invitedBy: z.string(),
    expiresAt: Timestamp,
  }),
  problems: ['invalid-invitation'],
})

export const acceptInvitation = defineOperation({
  id: 'acceptInvitation',
  method: 'POST',
  path: '/api/v1/invitations/accept',
  caller: ['anyone'],
  summary: 'Join the workspace with a password of one’s own, and sign in',
  input: z.strictObject({ token, password: newPassword }),
  output: SessionView,
  status: 201,
  problems: ['invalid-invitation', 'email-taken', 'sign-in-refused'],
})
