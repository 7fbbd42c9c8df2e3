import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createAuditLog } from '../audit/audit-log.ts'
import { createCheckpointFile } from '../audit/checkpoint-file.ts'
import { createLimitClock } from '../audit/limit-clock.ts'
import type { Config } from '../config.ts'
import { createCredentialOpener } from '../connections/credential-opener.ts'
import { createFingerprinter } from '../credentials/fingerprinter.ts'
import { createKeyring } from '../credentials/keyring.ts'
import { createTokenHasher } from '../credentials/token-hasher.ts'
import { createEgress } from '../egress/egress.ts'
import { createRunningCalls } from '../execute/running-calls.ts'
import { createAuditStore } from '../store/audit.ts'
import { createAuditEndingStore } from '../store/audit-endings.ts'
import { createAuditOpeningStore } from '../store/audit-openings.ts'
import { createAuditReadStore } from '../store/audit-read.ts'
import { createAuditRetentionStore } from '../store/audit-retention.ts'
import { createChangeFeed } from '../store/changes.ts'
import { readDatabaseClock } from '../store/database-clock.ts'
import { createIds } from '../store/ids.ts'
import { createLimitStore } from '../store/limits.ts'
import { createWorkspaceKeyStore } from '../store/workspace-keys.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { observeOpening } from './observe-rooms.ts'
import type { OpenedStore } from './open-store.ts'

/** What the rooms log with; pino fits. */
export interface Log {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

/** What a house is built of. */
export interface ComposeNeeds {
  readonly config: Config
  readonly store: OpenedStore
  readonly log: Log
  readonly telemetry: Telemetry
  readonly version: string
  /** The file of the thread in which documents are read and written. */
  readonly documentThread: string
  /** The file of the process in which a statement runs on a SQLite file. */
  readonly sqliteProcess: string
  /** The file of the thread in which queries of MySQL and SQLite are parsed. */
  readonly sqlParserThread: string
  /** The vault's own URL, without trailing slash; asked only once it listens. */
  readonly publicUrl: () => string
  /** Where people open its pages, without trailing slash: the same, or localhost where that is a loopback address. */
  readonly pagesUrl: () => string
  readonly randomBytes: (size: number) => Uint8Array
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export type Foundation = Awaited<ReturnType<typeof composeFoundation>>

/** Builds what the rooms stand on: ids, clocks, the change feed, keys, the audit log, the way out. */
export async function composeFoundation(needs: ComposeNeeds) {
  const { config, store, log, telemetry, now, randomBytes } = needs
  const observers = telemetry.metrics?.observers
  const { database, rootKeys, secrets } = store
  const monotonicMs = () => performance.now()
  const onFailure = (what: string, err: unknown) => log.error({ err }, what)
  const kept = createKeyring({
    rootKeys,
    workspaceKeys: createWorkspaceKeyStore(database),
    randomBytes,
  })
  const keyring = observeOpening(observers, kept)
  const newId = createIds({ now, randomBytes })
  const databaseNowMs = await readDatabaseClock(database)
  const limitClock = createLimitClock({ databaseNowMs, monotonicNow: monotonicMs, wallNow: now })
  const limitNow = limitClock.now
  const audit = createAuditLog({
    store: {
      ...createAuditStore(database),
      ...createAuditReadStore(database),
      ...createAuditOpeningStore(database),
      ...createAuditEndingStore(database),
      ...createAuditRetentionStore(database),
      ...createLimitStore(database),
    },
    keys: store.auditKeys,
    now,
    monotonicNow: monotonicMs,
    limitNow,
    checkpointFile: createCheckpointFile(join(config.dataDir, 'audit-checkpoints.jsonl')),
    newAuditId: () => newId('audit'),
    version: needs.version,
    onFailure,
    ...(observers !== undefined && {
      onGroup: observers.onAuditGroup,
      onGroupFailure: observers.onAuditFailure,
    }),
  })
  const opener = createCredentialOpener({ keyring })
  const egress = createEgress({
    allowCidrs: config.egressAllowCidrs,
    denyCidrs: config.egressDenyCidrs,
    now: monotonicMs,
  })
  // Last: it begins to listen at once.
  const feed = createChangeFeed({
    url: store.url,
    monotonicMs,
    log: {
      warn: (message) => log.warn({}, message),
      info: (message) => log.info({}, message),
    },
  })
  feed.subscribe(({ table, id }) => {
    if (table === 'root_keys') store.noticeRootKey()
    if (table === '*' || table === 'root_keys') keyring.refresh()
    if (table === 'workspace_keys') keyring.refresh(id)
    if (table === '*') opener.clear()
    if (table === 'connections') opener.forget(id)
  })
  return {
    database,
    feed,
    keyring,
    audit,
    opener,
    onFailure,
    monotonicMs,
    limitNow,
    lookAtClock: async () => limitClock.notice(await readDatabaseClock(database)),
    telemetry,
    running: createRunningCalls(),
    egress,
    newId,
    tokenHash: createTokenHasher(secrets['token-hash']),
    fingerprint: createFingerprinter(secrets['approval-fingerprint']),
  }
}
