import type {
  AgentPublicKey,
  ApprovalStatus,
  CredentialKind,
  PolicyDocument,
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
import { at, bytes, createdAt } from './columns.ts'

// The tables of the vault. Secrets stand here sealed (`sealed`, `wrapped`) or as keyed hashes (`hash`), never plain.

/** One row: what binds this database to its root key, and the first-run state. */
export const installation = pgTable('installation', {
  id: smallint('id').primaryKey(),
  keyCheck: bytes('key_check').notNull(),
  setupTokenHash: bytes('setup_token_hash'),
  setUpAt: at('set_up_at'),
  /** What the newest finished backup holds: the moment at which it was begun. */
  backedUpAt: at('backed_up_at'),
  createdAt: createdAt(),
})

export const workspaces = pgTable('workspaces', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: createdAt(),
  /** While set, no request of any agent goes out. */
  frozenAt: at('frozen_at'),
  frozenBy: text('frozen_by'),
})

/** A column that belongs to a workspace, and goes with it. */
export const workspaceId = () =>
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
    /** How MCP clients are shown its tools. */
    toolListing: text('tool_listing').$type<'auto' | 'all' | 'search'>().notNull().default('auto'),
  },
  (table) => [index('agents_by_workspace').on(table.workspaceId, table.createdAt, table.id)],
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
    /** Of a consumer token: what owners know it by. It lists and calls tools, and nothing else. */
    consumerId: text('consumer_id'),
    name: text('name'),
    lastUsedAt: at('last_used_at'),
  },
  (table) => [
    index('agent_tokens_by_agent').on(table.agentId),
    index('agent_tokens_by_expiry').on(table.expiresAt),
    uniqueIndex('agent_tokens_by_consumer')
      .on(table.consumerId)
      .where(sql`consumer_id IS NOT NULL`),
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
    /** Why it has to be reconnected, in a sentence for its owner. */
    statusReason: text('status_reason'),
    singleton: boolean('singleton').notNull(),
    requestedScopes: text('requested_scopes').array().notNull().default(sql`'{}'`),
    grantedScopes: text('granted_scopes').array().notNull(),
    /** The OAuth client that its account was connected with; the sealed credential names it too, and counts. */
    oauthAppId: text('oauth_app_id'),
    /** Whose account it is, as the provider calls it, and by the provider's own lasting name for it. */
    account: text('account'),
    accountSubject: text('account_subject'),
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
    index('connections_by_oauth_app').on(table.oauthAppId),
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
    index('policies_by_workspace').on(table.workspaceId, table.createdAt, table.id),
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
    answeredAt: at('answered_at'),
    answeredBy: text('answered_by'),
    /** As it was then: people come and go. */
    answeredByEmail: text('answered_by_email'),
    connectionId: text('connection_id'),
    policyId: text('policy_id'),
    note: text('note'),
  },
  (table) => [
    index('capability_requests_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    index('capability_requests_by_agent').on(table.agentId, table.answeredAt),
    uniqueIndex('capability_requests_one_pending')
      .on(table.agentId, table.actionTemplateId)
      .where(sql`status = 'pending'`),
  ],
)

/** What an owner has to decide: one exact request of one agent, and what became of it. */
export const approvals = pgTable(
  'approvals',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    agentId: agentId(),
    connectionId: text('connection_id')
      .notNull()
      .references(() => connections.id, { onDelete: 'cascade' }),
    /** Not a reference: the approval outlives its policy, cancelled. */
    policyId: text('policy_id').notNull(),
    policyVersion: integer('policy_version').notNull(),
    /** Of the connection whose credential was in force; another one makes the approval stale. */
    connectionVersion: integer('connection_version').notNull(),
    status: text('status').$type<ApprovalStatus>().notNull(),
    method: text('method').notNull(),
    origin: text('origin').notNull(),
    host: text('host').notNull(),
    path: text('path').notNull(),
    /** SHA-256 of the frozen request, hex. */
    digest: text('digest').notNull(),
    requestBytes: integer('request_bytes').notNull(),
    /** The frozen request, sealed for this row. Null once it can not be sent any more. */
    sealed: bytes('sealed'),
    ruleId: text('rule_id'),
    reason: text('reason').notNull(),
    agentReason: text('agent_reason'),
    freshSignIn: boolean('fresh_sign_in').notNull(),
    ownersNeeded: smallint('owners_needed').notNull(),
    /** Keyed fingerprints of the request's parts by name: what differs can be told, what it was can not. */
    fingerprints: jsonb('fingerprints').$type<Record<string, string>>().notNull(),
    askedCount: integer('asked_count').notNull().default(1),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
    decidedAt: at('decided_at'),
    /** Who denied it. */
    deniedBy: text('denied_by'),
    note: text('note'),
    consumedAt: at('consumed_at'),
    /** The attempt that used it. */
    auditId: text('audit_id'),
    /** Where a call of a tool asked: which one, as it was defined then, and a keyed fingerprint of the arguments. */
    tool: jsonb('tool').$type<{
      toolId: string
      toolsetId: string
      name: string
      digest: string
      argumentsFingerprint: string
    }>(),
  },
  (table) => [
    index('approvals_by_workspace').on(table.workspaceId, table.createdAt, table.id),
    index('approvals_by_status').on(table.workspaceId, table.status, table.createdAt, table.id),
    index('approvals_by_agent').on(table.agentId, table.createdAt, table.id),
    index('approvals_by_connection').on(table.connectionId),
    index('approvals_by_policy').on(table.policyId),
    index('approvals_due').on(table.expiresAt).where(sql`status IN ('pending', 'approved')`),
    uniqueIndex('approvals_one_open')
      .on(table.agentId, table.connectionId, table.digest)
      .where(sql`status IN ('pending', 'approved')`),
  ],
)

/** Who approved what; a second owner's is a second row. */
export const approvalAnswers = pgTable(
  'approval_answers',
  {
    approvalId: text('approval_id')
      .notNull()
      .references(() => approvals.id, { onDelete: 'cascade' }),
    ownerId: text('owner_id').notNull(),
    /** As it was then: people come and go. */
    email: text('email').notNull(),
    at: at('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.approvalId, table.ownerId] })],
)
