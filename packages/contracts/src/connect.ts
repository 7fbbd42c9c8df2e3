import { z } from 'zod'
import { CatalogName, Label, Origin, Timestamp } from './common.ts'
import { Connection, wayOfRequests } from './connection.ts'
import { Scopes } from './credential.ts'
import { ConnectFlowId, ConnectionId, OAuthAppId } from './ids.ts'
import { defineOperation } from './operation.ts'

// Connecting an account: authorization code with PKCE (RFC 6749, RFC 7636, RFC 9700) or device code (RFC 8628).

/** A page of the dashboard to go on at. */
export const ReturnTo = z
  .string()
  .max(500)
  .regex(
    /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/,
    'must be a path of the dashboard, such as /connections',
  )

/** One attempt to connect an account. It can be finished once, in the session that began it, and ends by itself. */
export const ConnectFlow = z.object({
  id: ConnectFlowId,
  method: z.enum(['code', 'device']),
  status: z.enum(['waiting', 'connected', 'failed', 'expired']),
  service: z.string(),
  provider: z.string(),
  label: z.string(),
  scopes: z.array(z.string()).meta({ description: 'What the provider is asked for' }),
  origins: z.array(z.string()).optional().meta({
    description: 'Where a new connection’s token may go; told while the attempt waits',
  }),
  connectionId: ConnectionId.optional().meta({
    description: 'The connection that was made, or that is connected anew',
  }),
  continueUrl: z.string().optional().meta({
    description:
      'For a flow that a token began: the page on which the same person goes on in a browser',
  }),
  userCode: z.string().optional().meta({ description: 'To be typed in at verificationUri' }),
  verificationUri: z.string().optional(),
  verificationUriComplete: z.string().optional(),
  problem: z
    .object({ type: z.string(), detail: z.string(), next: z.string().optional() })
    .optional(),
  returnTo: z.string().optional(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
})
export type ConnectFlow = z.infer<typeof ConnectFlow>

const Started = z.object({
  authorizationUrl: z.string().optional().meta({
    description:
      'Where the browser goes now; absent for a device code and for a flow that a token began',
  }),
  flow: ConnectFlow,
})

const howAsked = {
  method: z.enum(['code', 'device']).default('code'),
  actions: z.array(CatalogName).max(50).optional().meta({
    description: 'Action templates whose scopes are asked for',
  }),
  scopes: Scopes.optional().meta({ description: 'Further scopes to ask for' }),
  returnTo: ReturnTo.optional(),
}

const startProblems = [
  'invalid-url',
  'origin-not-allowed',
  'oauth-app-missing',
  'oauth-app-not-found',
  'unknown-action-template',
  'provider-refused',
  'provider-unavailable',
  'too-many-attempts',
  'credential-unreadable',
] as const

export const startConnection = defineOperation({
  id: 'startConnection',
  method: 'POST',
  path: '/api/v1/connections/start',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Begin to connect an account by OAuth',
  input: z.strictObject({
    service: CatalogName.default('custom'),
    label: Label.optional().meta({ description: 'The service and the account unless given' }),
    oauthAppId: OAuthAppId.optional().meta({
      description: 'Needed for custom; else the app of the service’s provider',
    }),
    origins: z.array(Origin).min(1).max(20).optional(),
    ...wayOfRequests,
    ...howAsked,
  }),
  output: Started,
  status: 201,
  problems: [...startProblems, 'connection-exists'],
})

export const reconnect = defineOperation({
  id: 'reconnect',
  method: 'POST',
  path: '/api/v1/connections/{connectionId}/reauth',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Sign in to a connection’s account again, with more scopes if wanted; its policies stay',
  input: z.strictObject({ connectionId: ConnectionId, ...howAsked }),
  output: Started,
  status: 201,
  problems: [
    ...startProblems,
    'connection-not-found',
    'connection-revoked',
    'not-an-oauth-connection',
  ],
})

const FlowRef = z.strictObject({ flowId: ConnectFlowId })

export const getConnectFlow = defineOperation({
  id: 'getConnectFlow',
  method: 'GET',
  path: '/api/v1/connections/flows/{flowId}',
  caller: ['owner'],
  demand: 'connections:write',
  summary:
    'Say how far one’s own attempt to connect has come; a device code is asked about at the provider',
  input: FlowRef,
  output: z.object({ flow: ConnectFlow }),
  problems: ['connect-flow-not-found', 'credential-unreadable'],
})

export const continueConnectFlow = defineOperation({
  id: 'continueConnectFlow',
  method: 'POST',
  path: '/api/v1/connections/flows/{flowId}/continue',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Go on in this session with what one began with a token',
  input: FlowRef,
  output: z.object({ ...Started.shape, authorizationUrl: z.string() }),
  problems: [
    'connect-flow-not-found',
    'session-required',
    'oauth-app-missing',
    'origin-not-allowed',
    'provider-unavailable',
    'provider-refused',
    'credential-unreadable',
  ],
})

export const cancelConnectFlow = defineOperation({
  id: 'cancelConnectFlow',
  method: 'DELETE',
  path: '/api/v1/connections/flows/{flowId}',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Give up an attempt to connect',
  input: FlowRef,
  output: z.object({ deleted: z.literal(true) }),
  problems: ['connect-flow-not-found'],
})

/** What the provider adds to the redirect URI. It may add what it likes, so that unknown names are passed over. */
export const AuthorizationResponse = z.object({
  state: z.string().min(1).max(500),
  code: z.string().min(1).max(4096).optional(),
  iss: z.string().max(2000).optional().meta({ description: 'RFC 9207' }),
  error: z.string().max(200).optional(),
  error_description: z.string().max(2000).optional(),
  error_uri: z.string().max(2000).optional(),
})

export const finishConnection = defineOperation({
  id: 'finishConnection',
  method: 'GET',
  path: '/api/v1/connections/callback',
  caller: ['owner'],
  demand: 'connections:write',
  summary:
    'Take the provider’s answer, once, in the session that asked; browsers are led to the dashboard',
  input: AuthorizationResponse,
  output: z.object({ connection: Connection, flow: ConnectFlow }),
  problems: [
    'connect-flow-refused',
    'session-required',
    'authorization-refused',
    'provider-refused',
    'provider-unavailable',
    'different-account',
    'connection-exists',
    'connection-revoked',
    'oauth-app-missing',
    'origin-not-allowed',
    'version-conflict',
    'credential-unreadable',
  ],
})
