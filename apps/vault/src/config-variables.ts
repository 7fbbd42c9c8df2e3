import { delimiter, isAbsolute } from 'node:path'
import { z } from 'zod'
import { keyVariables } from './config-key-variables.ts'
import { commaSeparated } from './config-list.ts'
import { telemetryVariables } from './config-telemetry-variables.ts'

// What the vault may be told by its environment: each variable with its form, its default and what it is for.

const port = z.coerce.number().int().min(0).max(65_535)
const publicUrl = z
  .string()
  .refine(isPublicUrl, 'must be an http or https URL without query, fragment or user')
  .transform((text) => text.replace(/\/+$/, ''))

function isPublicUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, search, hash, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && [search, hash, username, password].every((part) => !part)
}

const list = commaSeparated.pipe(z.array(z.string()))
const absolutePaths = z
  .string()
  .transform((text) => text.split(delimiter).filter((part) => part !== ''))
  .pipe(z.array(z.string().refine(isAbsolute, 'must be absolute paths with colons between them')))
const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
const redisUrl = z
  .string()
  .refine(
    (text) => /^rediss?:\/\//.test(text) && URL.canParse(text),
    'must be a URL that begins with redis:// or rediss://',
  )
const count = z.coerce.number().int().min(1).max(1_000_000)

/** Every variable that the vault reads. `.env.example` and docs/configuration.md are made from this table. */
export const configVariables = {
  SALLYPORT_HOST: {
    schema: z.string().min(1).default('127.0.0.1'),
    about: 'Address to listen on.',
    fallback: '127.0.0.1',
  },
  SALLYPORT_PORT: { schema: port.default(4770), about: 'Port to listen on.', fallback: '4770' },
  SALLYPORT_PUBLIC_URL: {
    schema: publicUrl.optional(),
    about:
      'The URL under which agents and owners reach the vault, without a trailing slash; it is also the issuer that client assertions name.',
    fallback: 'http://<host>:<port>',
  },
  SALLYPORT_DATA_DIR: {
    schema: z.string().min(1).default('./.sallyport'),
    about: 'Where the embedded database, the root key and the setup token are kept.',
    fallback: './.sallyport',
  },
  DATABASE_URL: {
    schema: databaseUrl.optional(),
    secret: true,
    about: 'PostgreSQL 15 or newer. Unset: an embedded PostgreSQL in the data directory.',
    fallback: 'embedded',
  },
  DATABASE_MIGRATION_URL: {
    schema: databaseUrl.optional(),
    secret: true,
    about:
      'The role that owns the tables and migrates. Set it beside DATABASE_URL so that the role of the running vault cannot touch audit entries.',
    fallback: 'DATABASE_URL',
  },
  REDIS_URL: {
    schema: redisUrl.optional(),
    secret: true,
    about:
      'Redis 7 or newer, beside DATABASE_URL: for the queue of jobs, and for the limit of requests where replicas share one. Unset: the queue is in PostgreSQL, and each replica counts requests by itself.',
    fallback: 'none',
  },
  SALLYPORT_JOBS: {
    schema: z.enum(['on', 'off']).default('on'),
    about:
      'Whether this replica runs jobs that all replicas share, such as expiring approvals and signing checkpoints. off, beside DATABASE_URL, leaves them to workers and other replicas: at least one has to have them on.',
    fallback: 'on',
  },
  SALLYPORT_AGENT_REQUESTS_PER_SECOND: {
    schema: count.optional(),
    about:
      'How many requests a second one agent may make, before anything is decided or recorded. Unset: as many as it likes, within its policies.',
    fallback: 'no limit',
  },
  SALLYPORT_AGENT_REQUESTS_BURST: {
    schema: count.optional(),
    about: 'How many of them it may make at once after it was quiet.',
    fallback: 'ten times as many as a second',
  },
  ...keyVariables,
  SALLYPORT_EGRESS_ALLOW_CIDRS: {
    schema: list.default([]),
    about:
      'Ranges, separated by commas, of non-public addresses that upstreams may live in, e.g. 10.20.0.0/16. Origins with http: or an IP address are possible only inside them.',
    fallback: 'none',
  },
  SALLYPORT_AUDIT_RETENTION_DAYS: {
    schema: z.coerce.number().int().min(30).max(36_500).optional(),
    about:
      'Audit entries older than so many days (30 at least) are removed, once every stream has delivered them; what is left still verifies. Unset: everything is kept.',
    fallback: 'for ever',
  },
  SALLYPORT_EGRESS_DENY_CIDRS: {
    schema: list.default([]),
    about: 'Ranges, separated by commas, of public addresses that upstreams may not live in.',
    fallback: 'none',
  },
  SALLYPORT_SQLITE_DIRS: {
    schema: absolutePaths.default([]),
    about:
      'Folders, absolute and with colons between them, below which owners may name SQLite files as sources. Unset: no SQLite file can be one.',
    fallback: 'none',
  },
  SALLYPORT_UPSTREAM_COMMANDS: {
    schema: z.string().optional(),
    about:
      'Programs that owners may run as MCP servers: absolute paths with colons between them; a path that ends with / stands for the programs directly in that folder. Unset: none.',
    fallback: 'none',
  },
  SALLYPORT_UPSTREAM_USER: {
    schema: z.string().optional(),
    about:
      'The user that runs those programs, where the vault is root. Unset: each server gets a user number of its own.',
    fallback: 'one for each server',
  },
  SALLYPORT_UPSTREAM_INSTALL: {
    schema: absolutePaths.default([]),
    about:
      'Installers, npm, uv or bun, as absolute paths with colons between them, with which owners may install packages that hold an MCP server; what is installed may be run. Unset: none.',
    fallback: 'none',
  },
  SALLYPORT_TRUSTED_PROXIES: {
    schema: list.default([]),
    about:
      'Addresses or ranges, separated by commas, of the proxies in front of the vault whose X-Forwarded-For is believed.',
    fallback: 'none',
  },
  SALLYPORT_LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
    about: 'fatal, error, warn, info, debug or silent.',
    fallback: 'info',
  },
  ...telemetryVariables,
} as const satisfies Record<
  string,
  { schema: z.ZodType; about: string; fallback: string; secret?: true }
>
