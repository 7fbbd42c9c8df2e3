import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { type KeyConfig, readKeys } from './config-keys.ts'
import { readTelemetry, type TelemetryConfig } from './config-telemetry.ts'
import { configVariables } from './config-variables.ts'

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

/** What the vault runs with. Made once, frozen, handed to compose. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly dataDir: string
  readonly databaseUrl: Secret<string> | undefined
  readonly databaseMigrationUrl: Secret<string> | undefined
  readonly redisUrl: Secret<string> | undefined
  /** Whether this replica runs the jobs that replicas share. */
  readonly jobs: 'on' | 'off'
  /** How many requests one agent may make; undefined: as many as it likes. */
  readonly doorLimit: { readonly perSecond: number; readonly burst: number } | undefined
  readonly keys: KeyConfig
  readonly egressAllowCidrs: readonly string[]
  readonly egressDenyCidrs: readonly string[]
  /** Audit entries that are older are removed; undefined: none, ever. */
  readonly auditRetentionDays: number | undefined
  /** Absolute: below them owners may name SQLite files. */
  readonly sqliteDirs: readonly string[]
  /** The operator’s list of programs, as it stands in the environment. */
  readonly upstreamCommands: string | undefined
  readonly upstreamUser: string | undefined
  /** Absolute paths of installers. */
  readonly upstreamInstallers: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly logLevel: string
  readonly telemetry: TelemetryConfig
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
  readonly SALLYPORT_ROOT_KEY_NEXT?: (text: string) => unknown
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
  return toConfig(parsed.data, environment)
}

function toConfig(data: z.output<typeof schema>, environment: Environment): Config {
  const secret = <T>(value: T | undefined) => (value === undefined ? undefined : new Secret(value))
  const isKept = data.SALLYPORT_ROOT_KEY !== undefined || data.SALLYPORT_KMS !== undefined
  if (data.DATABASE_URL !== undefined && !isKept) {
    throw new ConfigError(
      'SALLYPORT_ROOT_KEY (or SALLYPORT_ROOT_KEY_FILE), or SALLYPORT_KMS, must be set where DATABASE_URL is: every replica needs the same key. Make one with: openssl rand -base64 32',
    )
  }
  if (data.DATABASE_MIGRATION_URL !== undefined && data.DATABASE_URL === undefined) {
    throw new ConfigError('DATABASE_MIGRATION_URL is set without DATABASE_URL')
  }
  if (data.REDIS_URL !== undefined && data.DATABASE_URL === undefined) {
    throw new ConfigError(
      'REDIS_URL is set without DATABASE_URL: the embedded database is one vault’s alone, which has nothing to share',
    )
  }
  if (data.SALLYPORT_JOBS === 'off' && data.DATABASE_URL === undefined) {
    throw new ConfigError(
      'SALLYPORT_JOBS must be on where DATABASE_URL is not set: nobody else runs the jobs of an embedded database',
    )
  }
  return Object.freeze({
    host: data.SALLYPORT_HOST,
    port: data.SALLYPORT_PORT,
    publicUrl: data.SALLYPORT_PUBLIC_URL,
    dataDir: resolve(data.SALLYPORT_DATA_DIR),
    databaseUrl: secret(data.DATABASE_URL),
    databaseMigrationUrl: secret(data.DATABASE_MIGRATION_URL),
    redisUrl: secret(data.REDIS_URL),
    jobs: data.SALLYPORT_JOBS,
    doorLimit: readDoorLimit(data),
    keys: readTogether(() =>
      readKeys(data, secret, (name) => present(environment[`${name}_FILE`])),
    ),
    egressAllowCidrs: Object.freeze(data.SALLYPORT_EGRESS_ALLOW_CIDRS),
    egressDenyCidrs: Object.freeze(data.SALLYPORT_EGRESS_DENY_CIDRS),
    auditRetentionDays: data.SALLYPORT_AUDIT_RETENTION_DAYS,
    sqliteDirs: Object.freeze(data.SALLYPORT_SQLITE_DIRS),
    upstreamCommands: data.SALLYPORT_UPSTREAM_COMMANDS,
    upstreamUser: data.SALLYPORT_UPSTREAM_USER,
    upstreamInstallers: Object.freeze(data.SALLYPORT_UPSTREAM_INSTALL),
    trustedProxies: Object.freeze(data.SALLYPORT_TRUSTED_PROXIES),
    logLevel: data.SALLYPORT_LOG_LEVEL,
    telemetry: readTelemetry(data, secret),
  })
}

/** How many seconds' worth of requests a quiet agent may make at once, unless told otherwise. */
const burstSeconds = 10

function readDoorLimit(data: z.output<typeof schema>): Config['doorLimit'] {
  const perSecond = data.SALLYPORT_AGENT_REQUESTS_PER_SECOND
  const burst = data.SALLYPORT_AGENT_REQUESTS_BURST
  if (perSecond !== undefined) {
    return Object.freeze({ perSecond, burst: burst ?? perSecond * burstSeconds })
  }
  if (burst === undefined) return undefined
  throw new ConfigError(
    'SALLYPORT_AGENT_REQUESTS_BURST is set without SALLYPORT_AGENT_REQUESTS_PER_SECOND',
  )
}

function readTogether<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new ConfigError(
      cause instanceof Error ? `${cause.message}.` : 'The environment is not right.',
    )
  }
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
