import type {
  AgentPublicKey,
  CredentialKind,
  OwnerScope,
  PolicyDocument,
  Role,
} from '@sallyport/contracts'
import { sql } from 'drizzle-orm'
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { at, bytes } from './columns.ts'

// The tables of the vault. Secrets stand here sealed (`sealed`, `wrapped`) or as keyed hashes (`hash`), never plain.

const createdAt = () => at('created_at').notNull().defaultNow()

/** One row: what binds this database to its root key, and the first-run state. */
export const installation = pgTable('installation', {
  id: smallint('id').primaryKey(),
  keyCheck: bytes('key_check').notNull(),
  setupTokenHash: bytes('setup_token_hash'),
  setUpAt: at('set_up_at'),
  createdAt: createdAt(),
})

export const workspaces = pgTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: createdAt(),
})

const workspaceId = () =>
  text('workspace_id')
    .notNull()
    .references(() => workspaces.id, { onDelete: 'cascade' })

export const workspaceKeys = pgTable(
  'workspace_keys',
  {
    workspaceId: workspaceId(),
    version: integer('version').notNull(),
    wrapped: bytes('wrapped').notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.version] })],
)

export const owners = pgTable(
  'owners',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    email: text('email').notNull().unique(),
    role: text('role').$type<Role>().notNull(),
    passwordHash: text('password_hash').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [index('owners_by_workspace').on(table.workspaceId, table.id)],
)

const ownerId = () =>
  text('owner_id')
    .notNull()
    .references(() => owners.id, { onDelete: 'cascade' })

export const sessions = pgTable(
  'sessions',
  {
    hash: bytes('hash').primaryKey(),
    ownerId: ownerId(),
    createdAt: createdAt(),
    lastSeenAt: at('last_seen_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    authenticatedAt: at('authenticated_at').notNull().defaultNow(),
  },
  (table) => [index('sessions_by_owner').on(table.ownerId)],
)

export const ownerTokens = pgTable(
  'owner_tokens',
  {
    id: text('id').primaryKey(),
    ownerId: ownerId(),
    name: text('name').notNull(),
    hash: bytes('hash').notNull().unique(),
    scopes: text('scopes').array().$type<OwnerScope[]>().notNull(),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
    lastUsedAt: at('last_used_at'),
  },
  (table) => [index('owner_tokens_by_owner').on(table.ownerId)],
)

/** Failed sign-ins, by what was guessed at; bounds guessing over all replicas. */
export const signInAttempts = pgTable('sign_in_attempts', {
  key: text('key').primaryKey(),
  failures: integer('failures').notNull(),
  blockedUntil: at('blocked_until').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

export const agents = pgTable(
  'agents',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    status: text('status').$type<'pending' | 'active' | 'disabled'>().notNull(),
    publicKey: jsonb('public_key').$type<AgentPublicKey>(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    lastSeenAt: at('last_seen_at'),
  },
  (table) => [index('agents_by_workspace').on(table.workspaceId, table.id)],
)

const agentId = () =>
  text('agent_id')
    .notNull()
    .references(() => agents.id, { onDelete: 'cascade' })

export const bootstrapCodes = pgTable(
  'bootstrap_codes',
  {
    hash: bytes('hash').primaryKey(),
    agentId: agentId(),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
    usedAt: at('used_at'),
  },
  (table) => [index('bootstrap_codes_by_agent').on(table.agentId)],
)

export const agentTokens = pgTable(
  'agent_tokens',
  {
    hash: bytes('hash').primaryKey(),
    agentId: agentId(),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    index('agent_tokens_by_agent').on(table.agentId),
    index('agent_tokens_by_expiry').on(table.expiresAt),
  ],
)

/** Assertions that were accepted: (agent, SHA-256 of jti), kept until they could not be accepted any more. */
export const assertionUses = pgTable(
  'assertion_uses',
  {
    agentId: agentId(),
    jtiHash: bytes('jti_hash').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.agentId, table.jtiHash] }),
    index('assertion_uses_by_expiry').on(table.expiresAt),
  ],
)

export const connections = pgTable(
  'connections',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    provider: text('provider').notNull(),
    service: text('service').notNull(),
    label: text('label').notNull(),
    status: text('status').$type<'healthy' | 'needs_reauth' | 'revoked'>().notNull(),
    singleton: boolean('singleton').notNull(),
    grantedScopes: text('granted_scopes').array().notNull(),
    origins: text('origins').array().notNull(),
    requestHeaders: text('request_headers').array().notNull(),
    responseHeaders: text('response_headers').array().notNull(),
    allowEncodedSlash: boolean('allow_encoded_slash').notNull(),
    testUrl: text('test_url'),
    credentialKind: text('credential_kind').$type<CredentialKind>().notNull(),
    credentialHint: text('credential_hint').notNull(),
    /** The credential as JSON, sealed for this row, `version` and these origins. Null once revoked. */
    sealed: bytes('sealed'),
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
    revokedAt: at('revoked_at'),
  },
  (table) => [
    index('connections_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    uniqueIndex('connections_one_of_a_singleton')
      .on(table.workspaceId, table.service)
      .where(sql`singleton AND status <> 'revoked'`),
  ],
)

export const policies = pgTable(
  'policies',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    agentId: agentId(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    document: jsonb('document').$type<PolicyDocument>().notNull(),
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('policies_one_per_agent_and_connection').on(table.agentId, table.connectionId),
    index('policies_by_workspace').on(table.workspaceId, table.id),
    index('policies_by_connection').on(table.connectionId),
  ],
)

export const capabilityRequests = pgTable(
  'capability_requests',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    agentId: agentId(),
    actionTemplateId: text('action_template_id').notNull(),
    reason: text('reason').notNull(),
    status: text('status').$type<'pending' | 'approved' | 'denied' | 'cancelled'>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index('capability_requests_by_workspace').on(table.workspaceId, table.id),
    uniqueIndex('capability_requests_one_pending')
      .on(table.agentId, table.actionTemplateId)
      .where(sql`status = 'pending'`),
  ],
)
