// Takes all audit chains over to newer keys, in one transaction: at no moment is a chain under keys that are not stored.

import { setTimeout as sleep } from 'node:timers/promises'
import type { TransactionSql } from 'postgres'
import type { AuditBatch } from './audit.ts'
import { appendBatch } from './audit.ts'
import type { StoredHead } from './audit-read.ts'
import type { StoredStart } from './audit-retention.ts'
import { type Database, readFailure } from './database.ts'

/** A secret of the installation, wrapped. */
interface NewSecret {
  readonly purpose: string
  readonly version: number
  readonly wrapped: Uint8Array
}

/** Where all chains have got to. */
interface StoredChains {
  readonly heads: readonly StoredHead[]
  readonly starts: readonly StoredStart[]
}

/** What is written along with the new keys. */
interface NewEpoch {
  readonly secrets: readonly NewSecret[]
  readonly batches: readonly AuditBatch[]
  readonly starts: readonly StoredStart[]
}

const msPerSecond = 1000
/** Whoever appends waits behind a lock that is waited for: it is tried for shortly, and often. */
const lockWaitMs = 1_000
const attemptsMax = 20
const betweenAttemptsMs = 300
/** lock_not_available and deadlock_detected: nothing was done. */
const retryableCodes: ReadonlySet<unknown> = new Set(['55P03', '40P01'])

/**
 * Locks all chains, and writes what is made of where they are: all of it, or nothing. Vaults wait for as long with what they have to
 * record. `sql` is a pool of the owner of the tables.
 */
export async function writeEpoch(
  { sql }: Pick<Database, 'sql'>,
  make: (found: StoredChains) => Promise<NewEpoch>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sql.begin((tx) => writeLocked(tx, make))
      return
    } catch (error) {
      const isHeld = error instanceof Error && 'code' in error && retryableCodes.has(error.code)
      if (!isHeld || attempt >= attemptsMax) throw readFailure(error)
      await sleep(betweenAttemptsMs)
    }
  }
}

async function writeLocked(
  tx: TransactionSql,
  make: (found: StoredChains) => Promise<NewEpoch>,
): Promise<void> {
  await tx`select set_config('lock_timeout', ${`${lockWaitMs}ms`}, true)`
  // Against everybody who appends, also to a chain that does not exist yet; and, with whoever locks a head before moving it, no
  // weaker lock would be free of deadlocks. Reading goes on.
  await tx`lock table audit_heads in exclusive mode`
  const heads = await tx<StoredHead[]>`
        select workspace_id as "workspaceId", seq::float8 as seq, hash, mac from audit_heads order by workspace_id`
  const starts = await tx<StoredStart[]>`
        select workspace_id as "workspaceId", seq::float8 as seq, hash, mac,
          round(extract(epoch from at) * 1000)::float8 as "atMs", signature
        from audit_starts for update`
  const epoch = await make({ heads, starts })
  for (const { purpose, version, wrapped } of epoch.secrets) {
    await tx`
          insert into installation_secrets (purpose, version, wrapped)
          values (${purpose}, ${version}, ${Buffer.from(wrapped)})`
  }
  for (const batch of epoch.batches) {
    if (!(await appendBatch(tx, batch))) throw new Error('a chain moved under its lock')
  }
  for (const { workspaceId, seq, atMs, signature } of epoch.starts) {
    await tx`
          update audit_starts
          set at = to_timestamp(${atMs / msPerSecond}::float8), signature = ${Buffer.from(signature)}
          where workspace_id = ${workspaceId} and seq = ${seq}`
  }
}
