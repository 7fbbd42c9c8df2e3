import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import pino from 'pino'
import { compose } from './compose/compose.ts'
import { configChecks } from './compose/config-checks.ts'
import { describeFault } from './compose/describe-fault.ts'
import { findMigrations } from './compose/find-migrations.ts'
import { openStore } from './compose/open-store.ts'
import { openTelemetry } from './compose/open-telemetry.ts'
import { requireDataDir } from './compose/require-data-dir.ts'
import { createSetupTokenFile } from './compose/setup-token-file.ts'
import { type Config, ConfigError, type Environment, readConfig } from './config.ts'
import { type Listener, listen } from './http/listen.ts'
import { type OperationsListener, startOperationsListener } from './http/operations-listener.ts'
import type { Telemetry } from './telemetry/telemetry.ts'

// Reads the environment, builds the house, listens, and closes it in order when told to stop.

declare const SALLYPORT_VERSION: string

/** EX_SOFTWARE of sysexits.h. */
const faultExitCode = 70
/**
 * By how much the heap may grow from one collection of all garbage to the next. Where a machine has memory to spare, V8 lets it
 * become four times what is in use, and the vault's process with it, for no gain that could be measured.
 */
const heapGrowthPercent = 50
/** How it is started anywhere else. */
const publishedMcpServer = { command: 'npx', args: ['-y', 'sallyport-mcp'] } as const

/** Where the vault is; while it has no owner, also the link with which its first one is made, once. */
export interface Ready {
  readonly url: string
  readonly setupUrl?: string
}

/** What the process hands to the vault. */
export interface RunVaultNeeds {
  readonly environment: Environment
  /** How `sallyport-mcp` is started on this machine. */
  readonly mcpServer: { readonly command: string; readonly args: readonly string[] }
  /** Tells whoever started it that it serves. */
  readonly announce: (ready: Ready) => void
  /** Resolves when the vault is to stop. */
  readonly stopped: Promise<unknown>
}

/**
 * Runs the vault until it is to stop. Throws ConfigError (exit code 78) for a wrong environment and WrongRootKeyError
 * before anything is changed; other failures at start are problems that say what to do.
 */
export async function runVault({
  environment,
  mcpServer,
  announce,
  stopped,
}: RunVaultNeeds): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent}`)
  const config = readConfig(environment, configChecks)
  const log = pino(
    { level: config.logLevel, serializers: { err: describeFault } },
    pino.destination(2),
  )
  endOnFault(log)
  requireDataDir(config.dataDir)
  const store = await openStore({
    config,
    randomBytes,
    migrationsFolder: findMigrations(),
    log: {
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
    },
  })
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  let url = config.publicUrl ?? ''
  let pagesUrl = url
  const setupToken = createSetupTokenFile(config.dataDir)
  const telemetry = await openTelemetry(config.telemetry, SALLYPORT_VERSION)
  const house = await compose({
    config,
    store,
    log,
    telemetry,
    randomBytes,
    version: SALLYPORT_VERSION,
    // A vault that others reach has agents on machines of theirs.
    mcpServer: config.publicUrl === undefined ? mcpServer : publishedMcpServer,
    dashboardDir: findDashboard(),
    documentThread: fileURLToPath(new URL('./document-thread.js', import.meta.url)),
    sqliteProcess: fileURLToPath(new URL('./sqlite-process.js', import.meta.url)),
    sqlParserThread: fileURLToPath(new URL('./sql-parser-thread.js', import.meta.url)),
    now: Date.now,
    publicUrl: () => url,
    pagesUrl: () => pagesUrl,
    onSetUp: setupToken.remove,
  }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  let listener: Listener | undefined
  let operations: OperationsListener | undefined
  try {
    listener = await listen({
      ...config,
      takeLocalhost: config.publicUrl === undefined || isLocalhost(config.publicUrl),
      serve: house.app.fetch,
      refuse: house.refuse,
    }).catch((error: unknown) => {
      throw explainListening(config, 'SALLYPORT', error)
    })
    operations = await startOperations(config, telemetry, house.readiness)
    url = config.publicUrl ?? `http://${hostInUrl(config.host)}:${listener.port}`
    // An address can have no passkeys. Agents go on calling the vault by it: it is what they sign for.
    const canBeLocalhost = config.publicUrl === undefined && listener.ownsLocalhost
    pagesUrl = canBeLocalhost ? `http://localhost:${listener.port}` : url
    const prepared = await house.prepareSetup(setupToken.read())
    if (prepared.setupToken === undefined) {
      setupToken.remove()
      announce({ url })
    } else {
      setupToken.write(prepared.setupToken)
      announce({ url, setupUrl: `${pagesUrl}/setup#token=${prepared.setupToken}` })
    }
    await stopped
    house.beginDrain()
    await sleep(config.telemetry.drainMs)
  } finally {
    house.endStreams()
    await listener?.drain()
    await house.close()
    await telemetry.traces?.close()
    await operations?.close()
  }
}

/** Whether browsers are led to this machine by a name that has two addresses: nobody else may answer at the other one. */
const isLocalhost = (url: string) => /^(.+\.)?localhost$/.test(new URL(url).hostname)

/**
 * Nobody knows what a fault that nobody caught leaves behind, be it thrown or rejected: the process ends as in a crash, from
 * which the next start recovers (S-43), and does not go on in an unknown state.
 */
function endOnFault(log: pino.Logger): void {
  process.on('uncaughtException', (err, origin) => {
    log.fatal({ err, origin }, 'the vault ends: a fault was not caught')
    process.exit(faultExitCode)
  })
}

/** Beside the bundle, or where the dashboard's own build puts it. */
function findDashboard(): string {
  const beside = fileURLToPath(new URL('./dashboard', import.meta.url))
  const built = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
  const found = [beside, built].find((folder) => existsSync(join(folder, 'index.html')))
  if (found === undefined) throw new ConfigError('The dashboard is missing from this build.')
  return found
}

/** The listener for operators, where the configuration asks for one. */
async function startOperations(
  { telemetry: { listener } }: Config,
  { metrics }: Telemetry,
  readiness: () => Promise<unknown>,
): Promise<OperationsListener | undefined> {
  if (listener === undefined) return undefined
  const needs = { ...listener, metrics: metrics?.collect, readiness }
  return startOperationsListener(needs).catch((error: unknown) => {
    throw explainListening(listener, 'SALLYPORT_METRICS', error)
  })
}

function explainListening(
  { host, port }: Pick<Config, 'host' | 'port'>,
  prefix: string,
  error: unknown,
): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = listenFailures[code]
  if (why === undefined) return error
  return new ConfigError(`${host}:${port} ${why(prefix)}`)
}

const listenFailures: Readonly<Record<string, (prefix: string) => string>> = {
  EADDRINUSE: (prefix) => `is in use: set ${prefix}_PORT to another port.`,
  EACCES: (prefix) => `may not be used by this user: set ${prefix}_PORT to another port.`,
  EADDRNOTAVAIL: (prefix) => `is not an address of this machine: set ${prefix}_HOST to one.`,
  ENOTFOUND: (prefix) => `names no machine: set ${prefix}_HOST to an address of this one.`,
}

const hostInUrl = (host: string) => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
