import { z } from 'zod'
import { Label, Timestamp } from './common.ts'
import { AuthorizationResponse } from './connect.ts'
import { ClientAuthentication, ClientId, ClientSecret, EndpointUrl, Scopes } from './credential.ts'
import { defineOperation } from './operation.ts'
import { Role, SessionView } from './owner.ts'

// People sign in at the organisation's own provider (OpenID Connect Core 1.0). A local owner always can, in case it fails.

const domain = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain such as example.com')
const group = z.string().trim().min(1).max(200)

const SingleSignOnSettings = {
  issuer: EndpointUrl,
  clientId: ClientId,
  clientAuthentication: ClientAuthentication.exclude(['private_key_jwt']).default(
    'client_secret_basic',
  ),
  label: Label.meta({ description: 'What the button says: Sign in with …' }),
  scopes: Scopes.default([]).meta({ description: 'Beside openid, email and profile' }),
  allowedDomains: z.array(domain).max(50).default([]).meta({
    description: 'Verified e-mail addresses of these may sign in; empty: of any',
  }),
  groupsClaim: z.string().max(100).default('groups'),
  allowedGroups: z.array(group).max(100).default([]).meta({
    description: 'Members of one of these may sign in; empty: everybody',
  }),
  roleMapping: z
    .array(z.strictObject({ group, role: Role }))
    .max(100)
    .default([])
    .meta({
      description: 'The role by group at each sign-in; the furthest reaching one counts',
    }),
  defaultRole: Role.nullable().default(null).meta({
    description: 'Of those whom no group gives one. null: they must have been invited',
  }),
  required: z.boolean().default(false).meta({
    description: 'Nobody but owners signs in with a password or a passkey any more',
  }),
  assumeEmailVerified: z.boolean().default(false).meta({
    description:
      'The provider never says which e-mail addresses it verified (Microsoft Entra ID, AD FS): believe those that it names',
  }),
} as const

export const SingleSignOn = z.object({
  ...SingleSignOnSettings,
  secretHint: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type SingleSignOn = z.infer<typeof SingleSignOn>

export const getSingleSignOn = defineOperation({
  id: 'getSingleSignOn',
  method: 'GET',
  path: '/api/v1/workspace/single-sign-on',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'Read how people sign in at the organisation’s provider, and what to register there',
  input: z.strictObject({}),
  output: z.object({
    singleSignOn: SingleSignOn.optional(),
    redirectUri: z.string().meta({ description: 'To be registered with the provider, exactly so' }),
  }),
  problems: ['credential-unreadable'],
})

export const putSingleSignOn = defineOperation({
  id: 'putSingleSignOn',
  method: 'PUT',
  path: '/api/v1/workspace/single-sign-on',
  caller: ['owner'],
  demand: 'account',
  summary: 'Set up single sign-on, or change it; the provider’s metadata is read first',
  input: z.strictObject({
    ...SingleSignOnSettings,
    clientSecret: ClientSecret.optional().meta({
      description: 'The one that is kept unless given',
    }),
  }),
  output: z.object({ singleSignOn: SingleSignOn, redirectUri: z.string() }),
  problems: [
    'insufficient-scope',
    'fresh-sign-in-required',
    'origin-not-allowed',
    'provider-unavailable',
    'provider-refused',
    'version-conflict',
    'credential-unreadable',
  ],
})

export const deleteSingleSignOn = defineOperation({
  id: 'deleteSingleSignOn',
  method: 'DELETE',
  path: '/api/v1/workspace/single-sign-on',
  caller: ['owner'],
  demand: 'account',
  summary: 'End single sign-on; the sessions that were begun by it end too',
  input: z.strictObject({}),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['single-sign-on-not-found', 'insufficient-scope', 'fresh-sign-in-required'],
})

export const getSignInMethods = defineOperation({
  id: 'getSignInMethods',
  method: 'GET',
  path: '/api/v1/session/methods',
  caller: ['anyone'],
  summary: 'Say how one can sign in here',
  input: z.strictObject({}),
  output: z.object({
    singleSignOn: z.object({ label: z.string(), required: z.boolean() }).optional(),
  }),
  problems: [],
})

const ReturnTo = z
  .string()
  .max(500)
  .regex(
    /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/,
    'must be a path of the dashboard, such as /approvals',
  )

const Begun = z.object({ authorizationUrl: z.string() })
const beginProblems = [
  'single-sign-on-not-found',
  'provider-unavailable',
  'provider-refused',
  'credential-unreadable',
  'too-many-attempts',
] as const

export const startSingleSignOn = defineOperation({
  id: 'startSingleSignOn',
  method: 'POST',
  path: '/api/v1/session/oidc',
  caller: ['anyone'],
  summary:
    'Begin to sign in at the organisation’s provider; a cookie binds the attempt to this browser',
  input: z.strictObject({ returnTo: ReturnTo.optional() }),
  output: Begun,
  problems: beginProblems,
})

export const startSingleSignOnAgain = defineOperation({
  id: 'startSingleSignOnAgain',
  method: 'POST',
  path: '/api/v1/session/reauthenticate/oidc',
  caller: ['owner'],
  demand: 'account',
  summary: 'Begin to prove again at the organisation’s provider who one is',
  input: z.strictObject({ returnTo: ReturnTo.optional() }),
  output: Begun,
  problems: beginProblems,
})

export const finishSingleSignOn = defineOperation({
  id: 'finishSingleSignOn',
  method: 'POST',
  path: '/api/v1/session/oidc/callback',
  caller: ['anyone'],
  summary: 'Take the provider’s answer, once, in the browser that asked, and sign in',
  input: AuthorizationResponse,
  output: z.object({ session: SessionView, returnTo: z.string().optional() }),
  problems: [
    'connect-flow-refused',
    'authorization-refused',
    'sign-in-refused',
    'provider-refused',
    'provider-unavailable',
    'credential-unreadable',
    'too-many-attempts',
  ],
})
