import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at, bytes, createdAt } from './columns.ts'

// The tables of keys above those of workspaces: which root keys there are, what outlives them, and who knows them.

/** Root keys that something may be wrapped under: one, and two while one is replaced. Never the key itself. */
export const rootKeys = pgTable('root_keys', {
  /** Eight bytes that name it in whatever it wraps. */
  id: bytes('id').primaryKey(),
  /** Tells it from another; `installation.key_check` says which one is current. */
  keyCheck: bytes('key_check').notNull(),
  /** The key as a KMS has encrypted it, and which key of which KMS. Null where the operator keeps it. */
  ciphertext: bytes('ciphertext'),
  kms: text('kms'),
  createdAt: createdAt(),
})

/** Secrets of the installation that outlive its root key, each wrapped for its purpose and version. */
export const installationSecrets = pgTable(
  'installation_secrets',
  {
    purpose: text('purpose').notNull(),
    version: integer('version').notNull(),
    wrapped: bytes('wrapped').notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.purpose, table.version] })],
)

/** Vaults that run, and the root keys (in hexadecimal) that each has: nothing is wrapped under one that somebody lacks. */
export const runningVaults = pgTable('running_vaults', {
  id: text('id').primaryKey(),
  rootKeyIds: text('root_key_ids').array().notNull(),
  seenAt: at('seen_at').notNull().defaultNow(),
})
