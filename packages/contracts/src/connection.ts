import { z } from 'zod'
import { CatalogName, Label, NextCursor, Origin, Page, Timestamp } from './common.ts'
import { AuditId, ConnectionId, PolicyId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { PolicyDocument } from './policy.ts'

/** The fewest characters of a secret: shorter ones would be found by chance when answers are scrubbed. */
export const secretCharsMin = 8

const secret = z
  .string()
  .min(secretCharsMin, `must have at least ${secretCharsMin} characters`)
  .max(16_384, 'must have at most 16384 characters')
  .regex(/^[\x20-\x7e]*$/, 'must hold only printable ASCII: it is sent in a header or a URL')
  .regex(/^\S.*\S$/s, 'must not begin or end with white space')

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be a header name (RFC 9110)')

/** A credential as an owner types it in. Secrets go in and never come out. */
export const CredentialInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({
    kind: z.literal('header'),
    name: headerName,
    value: secret,
    prefix: z
      .string()
      .max(64)
      .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
      .optional(),
  }),
  z.strictObject({
    kind: z.literal('query'),
    name: z.string().regex(/^[A-Za-z0-9._~-]{1,100}$/, 'must be letters, digits and . _ ~ -'),
    value: secret,
  }),
  z.strictObject({
    kind: z.literal('basic'),
    username: z
      .string()
      .max(256)
      .regex(/^[\x20-\x39\x3b-\x7e]*$/, 'must be printable ASCII without a colon'),
    password: secret,
  }),
  z.strictObject({
    kind: z.literal('path'),
    placeholder: z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{1,64}$/,
        'must be letters, digits, _ and -; written {placeholder} in the URL',
      ),
    value: secret.regex(
      /^[A-Za-z0-9._~:@!$&'()*+,;=-]+$/,
      'must hold only characters that a path segment may',
    ),
  }),
])
export type CredentialInput = z.infer<typeof CredentialInput>
export const credentialKinds = ['bearer', 'header', 'query', 'basic', 'path'] as const
export type CredentialKind = (typeof credentialKinds)[number]

export const ConnectionStatus = z.enum(['healthy', 'needs_reauth', 'revoked'])

const extraHeaders = z.array(headerName).max(20)

/** What `POST /connections/{id}/test` sends: a GET that proves the credential. */
const HealthProbe = z.strictObject({ url: z.string().max(8192) })

/** A connection as an owner sees it. The credential is shown as dots and its last four characters. */
export const Connection = z.object({
  id: ConnectionId,
  provider: z.string(),
  service: z.string(),
  label: z.string(),
  status: ConnectionStatus,
  singleton: z.boolean(),
  grantedScopes: z.array(z.string()),
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
    origins: z.array(Origin).min(1, 'must name at least one origin').max(20),
    credential: CredentialInput,
    requestHeaders: extraHeaders.default([]),
    responseHeaders: extraHeaders.default([]),
    allowEncodedSlash: z.boolean().default(false),
    testUrl: z.string().max(8192).optional(),
  }),
  output: OneConnection,
  status: 201,
  problems: ['invalid-url', 'origin-not-allowed', 'connection-exists'],
})

export const listConnections = defineOperation({
  id: 'listConnections',
  method: 'GET',
  path: '/api/v1/connections',
  caller: ['owner'],
  demand: 'connections:read',
  summary: 'List connections, newest first',
  input: z.strictObject({ ...Page }),
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
  ],
})

export const revokeConnectionByOwner = defineOperation({
  id: 'revokeConnectionByOwner',
  method: 'POST',
  path: '/api/v1/connections/{connectionId}/revoke',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Revoke a connection at once and for good; its sealed credential is destroyed',
  input: ConnectionRef,
  output: z.object({ connection: Connection, revoked: z.literal(true), auditId: AuditId }),
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
