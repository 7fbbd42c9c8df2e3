import { existsSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Problem } from '@sallyport/contracts'
import { type Config, ConfigError, type Environment } from '../config.ts'
import { configVariables } from '../config-variables.ts'
import { standingOf } from '../credentials/standing.ts'
import { type Finding, fail, ok } from '../doctor/finding.ts'
import { judgeAddresses } from '../doctor/judge-addresses.ts'
import { judgeBackups } from '../doctor/judge-backups.ts'
import { judgeDatabase } from '../doctor/judge-database.ts'
import { type DataDirFacts, judgeDataDir, judgeSecretFiles } from '../doctor/judge-machine.ts'
import { judgeRedis } from '../doctor/judge-redis.ts'
import { judgeRootKey } from '../doctor/judge-root-key.ts'
import { createAddressRules } from '../egress/address-rules.ts'
import { findsName } from '../egress/find-names.ts'
import { examineRedis } from '../jobs/examine-redis.ts'
import { findRunningPostgres } from '../store/embedded/reach-embedded-postgres.ts'
import { examineDatabase, readBackups } from '../store/examine.ts'
import { readKeyBinding } from '../store/key-binding.ts'
import { openKeySource } from './open-store.ts'
import { requireDataDir } from './require-data-dir.ts'

// Gathers what the doctor judges. It reads and asks, and changes nothing.

/** A name that every machine with DNS finds. */
const publicName = 'api.github.com'
/** Where clouds hand out the credentials of their machines. */
const metadataAddress = '169.254.169.254'
const monotonicMs = () => performance.now()

export interface ExamineNeeds {
  readonly config: Config
  readonly environment: Environment
  readonly migrationsFolder: string
  readonly randomBytes: (size: number) => Uint8Array
}

/** Everything that can be looked at without starting a vault, in the order in which an operator mends it. */
export async function examine(needs: ExamineNeeds): Promise<Finding[]> {
  const { config } = needs
  const [database, redis, findsNames] = await Promise.all([
    examineStore(needs),
    examineQueue(config),
    findsName(publicName),
  ])
  return [
    ok('configuration', 'every variable can be used'),
    ...judgeDataDir(await readDataDir(config.dataDir)),
    ...judgeSecretFiles(readSecretFiles(needs.environment)),
    ...database,
    ...redis,
    ...judgeAddresses({
      ...config,
      allowsMetadata: allowsMetadata(config),
      metricsHost: config.telemetry.listener?.host,
      tracesUrl: config.telemetry.traces?.url,
      findsNames,
    }),
  ]
}

async function examineStore(needs: ExamineNeeds): Promise<Finding[]> {
  const { config, migrationsFolder } = needs
  if (config.databaseUrl === undefined) {
    return [examineEmbedded(config.dataDir), ...(await examineEmbeddedBackups(needs))]
  }
  const url = config.databaseUrl.reveal()
  const ownerUrl = config.databaseMigrationUrl?.reveal() ?? url
  const clocks = { now: Date.now, monotonicMs }
  try {
    const facts = await examineDatabase({ url, ownerUrl, migrationsFolder, ...clocks })
    const backups = await readBackups(url)
    return [
      ...judgeDatabase(facts),
      await examineRootKey(needs, ownerUrl),
      ...(backups === undefined ? [] : [judgeBackups(backups)]),
    ]
  } catch (error) {
    return [fail('database', `${sayOf(error)} Look at DATABASE_URL and at the server`)]
  }
}

/** It runs inside the vault, which looks after it. */
function examineEmbedded(dataDir: string): Finding {
  const has = (name: string) => existsSync(join(dataDir, name))
  const what = 'database'
  if (!has('postgres') && !has('postgres-location.json')) {
    return ok(what, 'embedded; made at the first start')
  }
  return has('root-key')
    ? ok(what, 'embedded; whether it answers is what the vault at its address says')
    : fail(
        what,
        `the embedded database is there and its root key is not: put root-key back into ${dataDir}, or nothing in it can be opened`,
      )
}

/** Only while the vault runs: the doctor starts nothing. */
async function examineEmbeddedBackups({ config, randomBytes }: ExamineNeeds): Promise<Finding[]> {
  try {
    const found = await findRunningPostgres({ dataDir: config.dataDir, randomBytes })
    const backups = found && (await readBackups(found.ownerUrl))
    return backups === undefined ? [] : [judgeBackups(backups)]
  } catch (error) {
    return [fail('database', `${sayOf(error)} Run this as the user that runs the vault`)]
  }
}

async function examineRootKey(needs: ExamineNeeds, ownerUrl: string): Promise<Finding> {
  try {
    const binding = await readKeyBinding(ownerUrl)
    const known = await (await openKeySource(needs)).load(binding.rootKeys)
    return judgeRootKey(standingOf(known, binding).is)
  } catch (error) {
    return fail('root key', sayOf(error))
  }
}

async function examineQueue({ redisUrl }: Config): Promise<Finding[]> {
  if (redisUrl === undefined) return []
  try {
    return [judgeRedis(await examineRedis(redisUrl.reveal(), monotonicMs))]
  } catch (error) {
    return [
      fail(
        'Redis',
        `${sayOf(error)} Look at REDIS_URL: until it answers, each replica works alone`,
      ),
    ]
  }
}

async function readDataDir(path: string): Promise<DataDirFacts> {
  const found = statSync(path, { throwIfNoEntry: false })
  let existing = path
  while (!existsSync(existing) && join(existing, '..') !== existing) existing = join(existing, '..')
  const space = await statfs(existing).catch(() => undefined)
  return {
    path,
    exists: found !== undefined,
    fault: faultOf(() => requireDataDir(path)),
    freeBytes: space && space.bavail * space.bsize,
    mode: found && process.platform !== 'win32' ? found.mode & 0o777 : undefined,
  }
}

function faultOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return sayOf(error)
  }
}

function readSecretFiles(environment: Environment) {
  if (process.platform === 'win32') return []
  return Object.entries(configVariables).flatMap(([name, variable]) => {
    const file = 'secret' in variable ? environment[`${name}_FILE`] : undefined
    const found = file ? statSync(file, { throwIfNoEntry: false }) : undefined
    if (!file || found === undefined) return []
    return [{ variable: `${name}_FILE`, path: file, mode: found.mode & 0o777 }]
  })
}

function allowsMetadata({ egressAllowCidrs, egressDenyCidrs }: Config): boolean {
  const rules = createAddressRules({ allowCidrs: egressAllowCidrs, denyCidrs: egressDenyCidrs })
  return rules.isListed(metadataAddress)
}

/** What went wrong, without what only a log should hold. */
function sayOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be looked at.'
  if (error instanceof Problem) {
    // The store says by its cause which code it met, and nothing else.
    const isStore = error.type === 'store-unavailable' && error.cause instanceof Error
    return isStore ? `${(error.cause as Error).message}.` : error.detail
  }
  const code = 'code' in error ? String(error.code) : ''
  return code === '' || error instanceof ConfigError ? error.message : `it answers ${code}.`
}
