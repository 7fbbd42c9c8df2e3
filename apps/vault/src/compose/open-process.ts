import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import pino from 'pino'
import { type Config, type Environment, readConfig } from '../config.ts'
import { configChecks } from './config-checks.ts'
import { describeFault } from './describe-fault.ts'
import { findMigrations } from './find-migrations.ts'
import { openLogStream } from './log-stream.ts'
import { openStore } from './open-store.ts'
import { openTelemetry } from './open-telemetry.ts'
import { requireDataDir } from './require-data-dir.ts'

// What every process of the vault begins with, whether it listens or runs jobs alone.

const standardError = 2
/** EX_SOFTWARE of sysexits.h. */
const faultExitCode = 70
/**
 * By how much the heap may grow from one collection of all garbage to the next. Where a machine has memory to spare, V8 lets it
 * become four times what is in use, and the vault's process with it, for no gain that could be measured.
 */
const heapGrowthPercent = 50

/**
 * Reads the environment and opens what a house stands on, as far as it is the same for every process. Throws ConfigError (exit code 78) for a wrong environment, also what
 * `requireConfig` throws, and WrongRootKeyError, both before anything is changed.
 */
export async function openProcess({
  environment,
  version,
  requireConfig,
  whileOpening,
}: {
  readonly environment: Environment
  readonly version: string
  readonly requireConfig?: (config: Config) => void
  /** Called when nothing is wrong so far and the database is about to start, which takes as long as much else that can be done. */
  readonly whileOpening?: () => void
}) {
  setFlagsFromString(`--heap-growing-percent=${heapGrowthPercent}`)
  const config = readConfig(environment, configChecks)
  requireConfig?.(config)
  const log = pino(
    { level: config.logLevel, serializers: { err: describeFault } },
    openLogStream(standardError),
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
    ...(whileOpening !== undefined && { whileOpening }),
  })
  const made = mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  // As the root key and the embedded database do, where they make it: it gets into no repository.
  if (made !== undefined) writeFileSync(join(config.dataDir, '.gitignore'), '*\n')
  const telemetry = await openTelemetry(config.telemetry, version)
  return {
    ...{ config, store, log, telemetry, randomBytes, version },
    documentThread: fileURLToPath(new URL('./document-thread.js', import.meta.url)),
    sqliteProcess: fileURLToPath(new URL('./sqlite-process.js', import.meta.url)),
    sqlParserThread: fileURLToPath(new URL('./sql-parser-thread.js', import.meta.url)),
    now: Date.now,
  }
}

/**
 * Nobody knows what a fault that nobody caught leaves behind, be it thrown or rejected: the process ends as in a crash, from
 * which the next start recovers (S-43), and does not go on in an unknown state.
 */
function endOnFault(log: pino.Logger): void {
  process.on('uncaughtException', (err, origin) => {
    log.fatal({ err, origin, frames: framesOf(err) }, 'the vault ends: a fault was not caught')
    process.exit(faultExitCode)
  })
}

/** Where a fault comes from, and nothing of what it says: of a fault of the database, `err` has another stack. */
function framesOf(thrown: unknown): readonly string[] {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : ''
  const lines = stack.split('\n').map((line) => line.trim())
  return lines.slice(lines.findLastIndex((line) => !line.startsWith('at ')) + 1)
}
