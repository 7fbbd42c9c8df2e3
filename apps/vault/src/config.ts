import { readFileSync } from 'node:fs'
import { delimiter, isAbsolute, resolve } from 'node:path'
import { z } from 'zod'

// Turns the environment into one frozen Config, or says everything that is wrong with it in one message.

/** The environment, as handed in by an entry point. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A secret that prints as `[secret]` wherever it is logged, inspected or serialised. */
export class Secret<T> {
  readonly #value: T
  constructor(value: T) {
    this.#value = value
  }
  reveal(): T {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

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

const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  )
  .pipe(z.array(z.string()))
const absolutePaths = z
  .string()
  .transform((text) => text.split(delimiter).filter((part) => part !== ''))
  .pipe(z.array(z.string().refine(isAbsolute, 'must be absolute paths with colons between them')))
const databaseUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
const rootKey = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9+/_-]{43}=?$/,
    'must be 32 random bytes in base64 (44 characters), such as `openssl rand -base64 32` prints',
  )

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
  SALLYPORT_ROOT_KEY: {
    schema: rootKey.optional(),
    secret: true,
    about:
      'The root key, 32 bytes in base64. Unset and embedded: made once in the data directory (root-key, mode 0600). Without it nothing that is stored can be opened.',
    fallback: 'made at first start',
  },
  SALLYPORT_EGRESS_ALLOW_CIDRS: {
    schema: list.default([]),
    about:
      'Ranges, separated by commas, of non-public addresses that upstreams may live in, e.g. 10.20.0.0/16. Origins with http: or an IP address are possible only inside them.',
    fallback: 'none',
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
} as const satisfies Record<
  string,
  { schema: z.ZodType; about: string; fallback: string; secret?: true }
>

/** What the vault runs with. Made once, frozen, handed to compose. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly dataDir: string
  readonly databaseUrl: Secret<string> | undefined
  readonly databaseMigrationUrl: Secret<string> | undefined
  /** Base64, 32 bytes. */
  readonly rootKey: Secret<string> | undefined
  readonly egressAllowCidrs: readonly string[]
  readonly egressDenyCidrs: readonly string[]
  /** Absolute: below them owners may name SQLite files. */
  readonly sqliteDirs: readonly string[]
  /** The operator’s list of programs, as it stands in the environment. */
  readonly upstreamCommands: string | undefined
  readonly upstreamUser: string | undefined
  /** Absolute paths of installers. */
  readonly upstreamInstallers: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly logLevel: string
}

/** The environment cannot be used. The message names every variable that is wrong and how to write it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** EX_CONFIG of sysexits.h. */
  readonly exitCode = 78
}

const shape = Object.fromEntries(
  Object.entries(configVariables).map(([name, variable]) => [name, variable.schema]),
) as { [Name in keyof typeof configVariables]: (typeof configVariables)[Name]['schema'] }
const schema = z.object(shape)

/**
 * What the rooms that use a value make of it; each throws an Error whose message says what is wrong and, of a secret,
 * never what it is.
 */
export interface ConfigChecks {
  readonly SALLYPORT_ROOT_KEY?: (text: string) => unknown
  readonly SALLYPORT_EGRESS_ALLOW_CIDRS?: (ranges: readonly string[]) => unknown
  readonly SALLYPORT_EGRESS_DENY_CIDRS?: (ranges: readonly string[]) => unknown
  readonly SALLYPORT_UPSTREAM_COMMANDS?: (list: string | undefined) => unknown
  readonly SALLYPORT_UPSTREAM_USER?: (name: string) => unknown
  readonly SALLYPORT_TRUSTED_PROXIES?: (ranges: readonly string[]) => unknown
}

/**
 * Reads the configuration. A secret may stand in the file that `<NAME>_FILE` names instead of in the variable.
 * Throws ConfigError; values of secrets are never in its message.
 */
export function readConfig(environment: Environment, checks: ConfigChecks = {}): Config {
  const faults: string[] = []
  const values = Object.fromEntries(
    Object.entries(configVariables).map(([name, variable]) => [
      name,
      'secret' in variable ? readSecret(name, environment, faults) : present(environment[name]),
    ]),
  )
  const parsed = schema.safeParse(values)
  for (const [name, check] of Object.entries(checks)) {
    const value = shape[name as keyof ConfigChecks].safeParse(values[name])
    if (!value.success || value.data === undefined) continue
    const fault = faultOf(() => check(value.data))
    if (fault !== undefined) faults.push(`${name} ${sentence(fault)}`)
  }
  for (const issue of parsed.error?.issues ?? []) {
    faults.push(`${String(issue.path[0])} ${sentence(issue.message)}`)
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join('; '))
  return toConfig(parsed.data)
}

function toConfig(data: z.output<typeof schema>): Config {
  const secret = <T>(value: T | undefined) => (value === undefined ? undefined : new Secret(value))
  if (data.DATABASE_URL !== undefined && data.SALLYPORT_ROOT_KEY === undefined) {
    throw new ConfigError(
      'SALLYPORT_ROOT_KEY (or SALLYPORT_ROOT_KEY_FILE) must be set where DATABASE_URL is: every replica needs the same key. Make one with: openssl rand -base64 32',
    )
  }
  if (data.DATABASE_MIGRATION_URL !== undefined && data.DATABASE_URL === undefined) {
    throw new ConfigError('DATABASE_MIGRATION_URL is set without DATABASE_URL')
  }
  return Object.freeze({
    host: data.SALLYPORT_HOST,
    port: data.SALLYPORT_PORT,
    publicUrl: data.SALLYPORT_PUBLIC_URL,
    dataDir: resolve(data.SALLYPORT_DATA_DIR),
    databaseUrl: secret(data.DATABASE_URL),
    databaseMigrationUrl: secret(data.DATABASE_MIGRATION_URL),
    rootKey: secret(data.SALLYPORT_ROOT_KEY),
    egressAllowCidrs: Object.freeze(data.SALLYPORT_EGRESS_ALLOW_CIDRS),
    egressDenyCidrs: Object.freeze(data.SALLYPORT_EGRESS_DENY_CIDRS),
    sqliteDirs: Object.freeze(data.SALLYPORT_SQLITE_DIRS),
    upstreamCommands: data.SALLYPORT_UPSTREAM_COMMANDS,
    upstreamUser: data.SALLYPORT_UPSTREAM_USER,
    upstreamInstallers: Object.freeze(data.SALLYPORT_UPSTREAM_INSTALL),
    trustedProxies: Object.freeze(data.SALLYPORT_TRUSTED_PROXIES),
    logLevel: data.SALLYPORT_LOG_LEVEL,
  })
}

function faultOf(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read'
  }
}

/** An empty variable is how shells and compose files say "not set". */
const present = (value: string | undefined) => (value === '' ? undefined : value)

const sentence = (message: string) =>
  message.startsWith('must') ? message : `is not valid: ${message}`

function readSecret(name: string, environment: Environment, faults: string[]): string | undefined {
  const direct = present(environment[name])
  const file = present(environment[`${name}_FILE`])
  if (file === undefined) return direct
  if (direct !== undefined) {
    faults.push(`${name} and ${name}_FILE are both set; keep one`)
    return undefined
  }
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    faults.push(`${name}_FILE names a file that cannot be read (${code})`)
    return undefined
  }
}
