import { z } from 'zod'
import { CatalogName, Label, NextCursor, Origin, Page, Timestamp } from './common.ts'
import { CredentialInput, credentialKinds, headerName } from './credential.ts'
import { AuditId, ConnectionId, OAuthAppId, PolicyId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { PolicyDocument } from './policy.ts'

export const ConnectionStatus = z.enum(['healthy', 'needs_reauth', 'revoked'])

const extraHeaders = z.array(headerName).max(20)

/** What `POST /connections/{id}/test` sends: a GET that proves the credential. */
const HealthProbe = z.strictObject({ url: z.string().max(8192) })

/** How the vault keeps the access token of a connection fresh, and what came of the last attempt. */
export const TokenState = z.object({
  oauthAppId: OAuthAppId.optional(),
  account: z
    .string()
    .optional()
    .meta({ description: 'Whose account it is, where the provider says' }),
  renewable: z.boolean().meta({
    description: 'Can the vault get a new access token by itself?',
  }),
  accessTokenExpiresAt: Timestamp.optional().meta({ description: 'Absent where it does not end' }),
  lastRenewedAt: Timestamp.optional(),
  lastFailure: z
    .object({
      problem: z.string(),
      message: z.string().meta({ description: 'What happened and who can mend it' }),
      at: Timestamp,
      nextAttemptAt: Timestamp.optional(),
    })
    .optional(),
})
export type TokenState = z.infer<typeof TokenState>

/** A connection as an owner sees it. The credential is shown as dots and its last four characters. */
export const Connection = z.object({
  id: ConnectionId,
  provider: z.string(),
  service: z.string(),
  label: z.string(),
  status: ConnectionStatus,
  statusReason: z.string().optional().meta({
    description: 'Why it has to be reconnected, in a sentence',
  }),
  singleton: z.boolean(),
  requestedScopes: z.array(z.string()),
  grantedScopes: z.array(z.string()),
  token: TokenState.optional().meta({
    description: 'For credentials that the vault renews; absent for keys',
  }),
  origins: z.array(z.string()),
  credential: z
    .object({
      kind: z.enum(credentialKinds),
      hint: z
        .string()
        .meta({ description: '•••• and the last four characters, if there are twelve' }),
    })
    .optional(),
  requestHeaders: z.array(z.string()),
  responseHeaders: z.array(z.string()),
  allowEncodedSlash: z.boolean(),
  testUrl: z.string().optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  revokedAt: Timestamp.optional(),
})
export type Connection = z.infer<typeof Connection>

/** What a new connection says about its requests; the service's own where the catalog knows it and nothing is given. */
export const wayOfRequests = {
  requestHeaders: extraHeaders.optional(),
  responseHeaders: extraHeaders.optional(),
  allowEncodedSlash: z.boolean().optional(),
  testUrl: z.string().max(8192).optional(),
}

const OneConnection = z.object({ connection: Connection })
const ConnectionRef = z.strictObject({ connectionId: ConnectionId })

export const createConnection = defineOperation({
  id: 'createConnection',
  method: 'POST',
  path: '/api/v1/connections',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Keep a credential and say where it may go',
  input: z.strictObject({
    service: CatalogName.default('custom'),
    label: Label,
    origins: z.array(Origin).min(1, 'must name at least one origin').max(20).optional().meta({
      description: 'The service’s own where the catalog knows them and none are given',
    }),
    credential: CredentialInput,
    oauthAppId: OAuthAppId.optional().meta({
      description: 'Whose refresh token it is, where the provider does not say',
    }),
    ...wayOfRequests,
  }),
  output: OneConnection,
  status: 201,
  problems: [
    'invalid-url',
    'origin-not-allowed',
    'connection-exists',
    'oauth-app-missing',
    'oauth-app-not-found',
    'provider-refused',
    'provider-unavailable',
  ],
})

export const listConnections = defineOperation({
  id: 'listConnections',
  method: 'GET',
  path: '/api/v1/connections',
  caller: ['owner'],
  demand: 'connections:read',
  summary: 'List connections, newest first',
  input: z.strictObject({ ...Page, status: ConnectionStatus.optional() }),
  output: z.object({ connections: z.array(Connection), nextCursor: NextCursor }),
  problems: [],
})

export const getConnection = defineOperation({
  id: 'getConnection',
  method: 'GET',
  path: '/api/v1/connections/{connectionId}',
  caller: ['owner'],
  demand: 'connections:read',
  summary: 'Read a connection',
  input: ConnectionRef,
  output: OneConnection,
  problems: ['connection-not-found'],
})

export const updateConnection = defineOperation({
  id: 'updateConnection',
  method: 'PATCH',
  path: '/api/v1/connections/{connectionId}',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Change a connection; a new credential or other origins seal it anew',
  input: z.strictObject({
    connectionId: ConnectionId,
    label: Label.optional(),
    origins: z.array(Origin).min(1).max(20).optional(),
    credential: CredentialInput.optional(),
    requestHeaders: extraHeaders.optional(),
    responseHeaders: extraHeaders.optional(),
    allowEncodedSlash: z.boolean().optional(),
    testUrl: z.string().max(8192).nullable().optional(),
  }),
  output: OneConnection,
  problems: [
    'connection-not-found',
    'connection-revoked',
    'invalid-url',
    'origin-not-allowed',
    'version-conflict',
    'credential-unreadable',
    'fresh-sign-in-required',
    'provider-refused',
    'provider-unavailable',
    'token-refresh-failed',
  ],
})

/** What became of the account's tokens at the provider (RFC 7009); absent where there was nothing to revoke there. */
export const RevokedAtProvider = z.object({
  outcome: z.enum(['revoked', 'failed', 'not-offered']),
  message: z.string(),
})
export type RevokedAtProvider = z.infer<typeof RevokedAtProvider>

export const revokeConnectionByOwner = defineOperation({
  id: 'revokeConnectionByOwner',
  method: 'POST',
  path: '/api/v1/connections/{connectionId}/revoke',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Revoke a connection at once and for good; its sealed credential is destroyed',
  input: ConnectionRef,
  output: z.object({
    connection: Connection,
    revoked: z.literal(true),
    auditId: AuditId,
    atProvider: RevokedAtProvider.optional(),
  }),
  problems: ['connection-not-found'],
})

export const testConnection = defineOperation({
  id: 'testConnection',
  method: 'POST',
  path: '/api/v1/connections/{connectionId}/test',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Try the credential with one GET',
  input: z.strictObject({ connectionId: ConnectionId, ...HealthProbe.partial().shape }),
  output: z.object({
    success: z.boolean(),
    status: z.number().int().optional(),
    message: z.string(),
    latencyMs: z.number(),
    auditId: AuditId,
  }),
  problems: ['connection-not-found', 'connection-revoked', 'invalid-url', 'origin-not-allowed'],
})

/** A connection as an agent sees it: those that it has a policy for, with what the policy says. */
export const AgentConnection = z.object({
  id: ConnectionId,
  provider: z.string(),
  service: z.string(),
  label: z.string(),
  status: ConnectionStatus,
  singleton: z.boolean(),
  grantedScopes: z.array(z.string()),
  callerCredential: z.literal(true).optional().meta({
    description:
      'The vault keeps no credential for it: the caller sends its own, in the header Sallyport-Caller-Credential',
  }),
  createdAt: Timestamp,
  policies: z.array(z.object({ id: PolicyId, ...PolicyDocument.shape })),
})

export const listMyConnections = defineOperation({
  id: 'listMyConnections',
  method: 'GET',
  path: '/v1/connections',
  caller: ['agent'],
  summary: 'List the connections that the agent has a policy for',
  input: z.strictObject({ ...Page, limit: z.coerce.number().int().min(1).max(1000).default(1000) }),
  output: z.object({ connections: z.array(AgentConnection), nextCursor: NextCursor }),
  problems: [],
})

export const revokeConnection = defineOperation({
  id: 'revokeConnection',
  method: 'POST',
  path: '/v1/connections/{connectionId}/revoke',
  caller: ['agent'],
  summary: 'Revoke a connection at once and for good',
  input: ConnectionRef,
  output: z.object({
    connection: z.object({
      id: ConnectionId,
      provider: z.string(),
      label: z.string(),
      status: z.literal('revoked'),
    }),
    revoked: z.literal(true),
    auditId: AuditId,
  }),
  problems: ['connection-not-found'],
  audited: true,
})
