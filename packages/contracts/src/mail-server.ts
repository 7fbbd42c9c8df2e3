import { z } from 'zod'
import { Timestamp } from './common.ts'
import { SecretText } from './notification-target.ts'
import { defineOperation } from './operation.ts'

/** How the workspace sends mail (RFC 5321). */
const mailServer = {
  host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be a host name'),
  port: z.number().int().min(1).max(65_535),
  security: z.enum(['tls', 'starttls', 'none']).meta({
    description:
      'none: only where the operator lists the address as private (SALLYPORT_EGRESS_ALLOW_CIDRS)',
  }),
  username: z.string().max(200).optional(),
  from: z.email().max(254),
} as const

const MailServer = z.object({
  ...mailServer,
  passwordHint: z.string().optional(),
  updatedAt: Timestamp,
})

export const getMailServer = defineOperation({
  id: 'getMailServer',
  method: 'GET',
  path: '/api/v1/workspace/mail-server',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'Read how the workspace sends mail',
  input: z.strictObject({}),
  output: z.object({ mailServer: MailServer.optional() }),
  problems: ['credential-unreadable'],
})

export const putMailServer = defineOperation({
  id: 'putMailServer',
  method: 'PUT',
  path: '/api/v1/workspace/mail-server',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Say how the workspace sends mail; the server is asked first',
  input: z.strictObject({
    ...mailServer,
    password: SecretText.optional().meta({ description: 'Left out: the one that is kept' }),
  }),
  output: z.object({ mailServer: MailServer }),
  problems: [
    'notification-failed',
    'address-refused',
    'fresh-sign-in-required',
    'version-conflict',
  ],
})

export const deleteMailServer = defineOperation({
  id: 'deleteMailServer',
  method: 'DELETE',
  path: '/api/v1/workspace/mail-server',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Send no mail any more',
  input: z.strictObject({}),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['mail-server-not-found'],
})
