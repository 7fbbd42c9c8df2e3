import type { OwnerScope, Role } from '@sallyport/contracts'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core'
import { at, bytes, createdAt } from './columns.ts'
import { workspaceId } from './tables.ts'

// The tables of people: who they are, how they sign in, and who is invited.

export const owners = pgTable(
  'owners',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    email: text('email').notNull().unique(),
    role: text('role').$type<Role>().notNull(),
    /** Null for people who came by single sign-on and have none. */
    passwordHash: text('password_hash'),
    /** The secret of one-time codes, sealed for this row and `totpVersion`; asked for only once `totpEnabledAt` is set. */
    totpSealed: bytes('totp_sealed'),
    totpVersion: integer('totp_version').notNull().default(0),
    totpEnabledAt: at('totp_enabled_at'),
    /** RFC 6238 §5.2: a code is taken once. The last time step of which one was taken. */
    totpLastStep: bigint('totp_last_step', { mode: 'number' }),
    /** Who they are at the organisation's provider (OpenID Connect Core §2: `iss` and `sub`), once they came from there. */
    oidcIssuer: text('oidc_issuer'),
    oidcSubject: text('oidc_subject'),
    /** Who gave the role: a person of the workspace, a group at the provider, or the default of single sign-on. */
    roleGivenBy: text('role_given_by')
      .$type<'person' | 'group' | 'default'>()
      .notNull()
      .default('person'),
    createdAt: createdAt(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    index('owners_by_workspace').on(table.workspaceId, table.id),
    unique('owners_one_per_identity').on(table.workspaceId, table.oidcIssuer, table.oidcSubject),
  ],
)

const ownerId = () =>
  text('owner_id')
    .notNull()
    .references(() => owners.id, { onDelete: 'cascade' })

export const sessions = pgTable(
  'sessions',
  {
    hash: bytes('hash').primaryKey(),
    /** What lists call it. Sessions from before there were ids get one by default. */
    id: text('id')
      .notNull()
      .unique()
      .default(sql`'ses_' || replace(gen_random_uuid()::text, '-', '')`),
    ownerId: ownerId(),
    method: text('method')
      .$type<'password' | 'passkey' | 'setup' | 'invitation' | 'oidc'>()
      .notNull()
      .default('password'),
    userAgent: text('user_agent'),
    address: text('address'),
    createdAt: createdAt(),
    lastSeenAt: at('last_seen_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    authenticatedAt: at('authenticated_at').notNull().defaultNow(),
  },
  (table) => [index('sessions_by_owner').on(table.ownerId)],
)

/** Public keys by which people sign in (WebAuthn). */
export const passkeys = pgTable(
  'passkeys',
  {
    id: text('id').primaryKey(),
    ownerId: ownerId(),
    name: text('name').notNull(),
    credentialId: text('credential_id').notNull().unique(),
    publicKey: bytes('public_key').notNull(),
    counter: bigint('counter', { mode: 'number' }).notNull(),
    transports: text('transports').array().notNull(),
    backedUp: boolean('backed_up').notNull(),
    /** The domain it was made for: the host of the vault’s URL at the time. */
    rpId: text('rp_id').notNull(),
    createdAt: createdAt(),
    lastUsedAt: at('last_used_at'),
  },
  (table) => [index('passkeys_by_owner').on(table.ownerId, table.createdAt, table.id)],
)

/** Challenges that a passkey has to sign, each once. Without a person where nobody has signed in yet. */
export const challenges = pgTable(
  'challenges',
  {
    id: text('id').primaryKey(),
    ownerId: text('owner_id').references(() => owners.id, { onDelete: 'cascade' }),
    purpose: text('purpose').$type<'sign-in' | 'reauthenticate' | 'register'>().notNull(),
    challenge: text('challenge').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [index('challenges_by_expiry').on(table.expiresAt)],
)

/** Keyed hashes of recovery codes; a row goes when its code is used. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    ownerId: ownerId(),
    hash: bytes('hash').notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.ownerId, table.hash] })],
)

export const invitations = pgTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    workspaceId: workspaceId(),
    email: text('email').notNull(),
    role: text('role').$type<Role>().notNull(),
    hash: bytes('hash').notNull().unique(),
    invitedBy: ownerId(),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [unique('invitations_one_per_address').on(table.workspaceId, table.email)],
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

/** How people sign in at the organisation's provider. Nothing of it stands in a column: whoever edits one changes nothing. */
export const singleSignOn = pgTable('single_sign_on', {
  workspaceId: workspaceId().primaryKey(),
  /** Issuer, client, secret, and who may sign in as what: JSON, sealed for this row and `version`. */
  sealed: bytes('sealed').notNull(),
  version: integer('version').notNull(),
  createdAt: createdAt(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** Attempts to sign in at the provider, each finished once, by the browser that began it. PKCE and nonce are derived, not kept. */
export const signInFlows = pgTable(
  'sign_in_flows',
  {
    /** Keyed hash of `state`. */
    stateHash: bytes('state_hash').primaryKey(),
    /** Keyed hash of the cookie that binds the browser. */
    browserHash: bytes('browser_hash').notNull(),
    workspaceId: workspaceId(),
    /** Of the settings that it was begun with. */
    settingsVersion: integer('settings_version').notNull(),
    /** Who proves again who they are, and in which session; null where somebody signs in. */
    ownerId: text('owner_id').references(() => owners.id, { onDelete: 'cascade' }),
    sessionHash: bytes('session_hash'),
    returnTo: text('return_to'),
    createdAt: createdAt(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [index('sign_in_flows_by_expiry').on(table.expiresAt)],
)

/** People whom an owner removed: single sign-on makes no member of them again, unless they are invited. */
export const removedPeople = pgTable(
  'removed_people',
  {
    workspaceId: workspaceId(),
    email: text('email').notNull(),
    oidcIssuer: text('oidc_issuer'),
    oidcSubject: text('oidc_subject'),
    removedAt: at('removed_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.email] }),
    index('removed_people_by_identity').on(table.workspaceId, table.oidcIssuer, table.oidcSubject),
  ],
)
