import type { ClientAuthentication } from '@sallyport/contracts'
import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core'
import { at, bytes, createdAt } from './columns.ts'
import { owners } from './owner-tables.ts'
import { connections, workspaceId } from './tables.ts'

// The tables of connected accounts: the workspace's OAuth clients, attempts to connect, and the tokens that were got.

/** A client of the workspace at a provider. What is sent to the provider is read from `sealed`; the rest is to be shown. */
export const oauthApps = pgTable(
  'oauth_apps',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    provider: text('provider').notNull(),
    name: text('name').notNull(),
    clientId: text('client_id').notNull(),
    clientAuthentication: text('client_authentication').$type<ClientAuthentication>().notNull(),
    secretHint: text('secret_hint').notNull(),
    issuer: text('issuer'),
    authorizationEndpoint: text('authorization_endpoint'),
    tokenEndpoint: text('token_endpoint'),
    revocationEndpoint: text('revocation_endpoint'),
    deviceAuthorizationEndpoint: text('device_authorization_endpoint'),
    parameters: jsonb('parameters').$type<Record<string, string>>().notNull(),
    /**
     * All that the client is: its id, its secret or key and every endpoint that they are sent to, as JSON, sealed for this row
     * and `version`. Whoever edits a column sends no secret anywhere.
     */
    sealed: bytes('sealed').notNull(),
    version: integer('version').notNull(),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('oauth_apps_one_per_provider').on(table.workspaceId, table.provider),
    index('oauth_apps_by_workspace').on(table.workspaceId, table.createdAt, table.id),
  ],
)

/** Attempts to connect an account. Each is finished once, by the session that is bound to it. */
export const connectFlows = pgTable(
  'connect_flows',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    ownerId: text('owner_id')
      .notNull()
      .references(() => owners.id, { onDelete: 'cascade' }),
    method: text('method').$type<'code' | 'device'>().notNull(),
    status: text('status').$type<'waiting' | 'connected' | 'failed'>().notNull(),
    /** Keyed hash of the session that may finish it. Null while it waits for one, and for a device code. */
    sessionHash: bytes('session_hash'),
    /** Keyed hash of `state`. Null where none was sent yet. */
    stateHash: bytes('state_hash').unique(),
    /**
     * PKCE verifier, nonce, device code, and what is to be made of the account that comes: JSON, sealed for this row and
     * `version`. Null once it was used. What it is found and shown by stands beside it and counts for nothing.
     */
    sealed: bytes('sealed'),
    version: integer('version').notNull(),
    service: text('service').notNull(),
    provider: text('provider').notNull(),
    label: text('label').notNull(),
    oauthAppId: text('oauth_app_id')
      .notNull()
      .references(() => oauthApps.id, { onDelete: 'cascade' }),
    scopes: text('scopes').array().notNull(),
    /** The connection that is connected anew, or was made. */
    connectionId: text('connection_id').references(() => connections.id, { onDelete: 'cascade' }),
    userCode: text('user_code'),
    verificationUri: text('verification_uri'),
    verificationUriComplete: text('verification_uri_complete'),
    pollAfter: at('poll_after'),
    pollSeconds: integer('poll_seconds'),
    problem: jsonb('problem').$type<{ type: string; detail: string; next?: string }>(),
    returnTo: text('return_to'),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
    finishedAt: at('finished_at'),
  },
  (table) => [
    index('connect_flows_by_owner').on(table.ownerId, table.createdAt),
    index('connect_flows_by_expiry').on(table.expiresAt),
  ],
)

/** The tokens of a connection whose credential the vault renews: one row, changed by whoever holds the lease. */
export const connectionTokens = pgTable(
  'connection_tokens',
  {
    connectionId: text('connection_id')
      .primaryKey()
      .references(() => connections.id, { onDelete: 'cascade' }),
    workspaceId: workspaceId(),
    /** Access token and refresh token as JSON, sealed for this row, `version` and the connection's origins. */
    sealed: bytes('sealed').notNull(),
    version: integer('version').notNull(),
    hasRefreshToken: boolean('has_refresh_token').notNull(),
    /** Null where the provider names no end. */
    accessExpiresAt: at('access_expires_at'),
    renewedAt: at('renewed_at').notNull(),
    /**
     * Written and committed before the provider is asked: who renews now, and until when nobody else does. One that has run
     * out was left by a replica that ended in between.
     */
    leasedBy: text('leased_by'),
    leasedUntil: at('leased_until'),
    failures: integer('failures').notNull().default(0),
    failedAt: at('failed_at'),
    /** The slug of the problem, and the sentence for the owner. */
    failure: text('failure'),
    failureMessage: text('failure_message'),
    nextAttemptAt: at('next_attempt_at'),
    /** When a refresh token that nobody uses has to be used, so that it lives on. Null where it needs none. */
    keepAliveAt: at('keep_alive_at'),
  },
  (table) => [
    index('connection_tokens_to_keep_alive')
      .on(table.keepAliveAt)
      .where(sql`keep_alive_at IS NOT NULL`),
  ],
)
