// Takes all audit chains over to newer keys, in one transaction: at no moment is a chain under keys that are not stored.

import { setTimeout as sleep } from 'node:timers/promises'
import type { TransactionSql } from 'postgres'
import type { AuditHead, AuditRow } from './audit-batch.ts'
import type { StoredHead } from './audit-read.ts'
import type { StoredStart } from './audit-retention.ts'
import { type Database, readFailure, type Sql } from './database.ts'

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

/** The one record with which a chain goes over to the new keys, and where the chain is then. */
interface ChainChange {
  readonly workspaceId: string
  readonly from: AuditHead
  readonly rows: readonly AuditRow[]
  readonly head: AuditHead
}

/** What is written along with the new keys. */
interface NewEpoch {
  readonly secrets: readonly NewSecret[]
  readonly batches: readonly ChainChange[]
  readonly starts: readonly StoredStart[]
}

const msPerSecond = 1000
/** Chains that one statement takes over: everybody who records something waits for all of them. */
const chainsAtOnce = 1_000
/** Whoever appends waits behind a lock that is waited for: it is tried for shortly, and often. */
const lockWaitMs = 1_000
const attemptsMax = 20
const betweenAttemptsMs = 300
/** lock_not_available and deadlock_detected: nothing was done. */
const retryableCodes: ReadonlySet<unknown> = new Set(['55P03', '40P01'])

/**
 * Locks all chains, and writes what is made of where they are: all of it, or nothing. Vaults wait for as long with what they have to
 * record, so that it is made once before the lock as well: what it can keep of that it need not make again. `sql` is a pool of the
 * owner of the tables.
 */
export async function writeEpoch(
  { sql }: Pick<Database, 'sql'>,
  make: (found: StoredChains) => Promise<NewEpoch>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await make(await readChains(sql))
      await sql.begin((tx) => writeLocked(tx, make))
      return
    } catch (error) {
      const isHeld = error instanceof Error && 'code' in error && retryableCodes.has(error.code)
      if (!isHeld || attempt >= attemptsMax) throw readFailure(error)
      await sleep(betweenAttemptsMs)
    }
  }
}

async function readChains(sql: Sql | TransactionSql): Promise<StoredChains> {
  const heads = await sql<StoredHead[]>`
    select workspace_id as "workspaceId", seq::float8 as seq, hash, mac from audit_heads order by workspace_id`
  // Who removes old entries locks the heads, too.
  const starts = await sql<StoredStart[]>`
    select workspace_id as "workspaceId", seq::float8 as seq, hash, mac,
      round(extract(epoch from at) * 1000)::float8 as "atMs", signature
    from audit_starts`
  return { heads, starts }
}

async function writeLocked(
  tx: TransactionSql,
  make: (found: StoredChains) => Promise<NewEpoch>,
): Promise<void> {
  await tx`select set_config('lock_timeout', ${`${lockWaitMs}ms`}, true)`
  // Against everybody who appends, also to a chain that does not exist yet; and, with whoever locks a head before moving it, no
  // weaker lock would be free of deadlocks. Reading goes on.
  await tx`lock table audit_heads in exclusive mode`
  const epoch = await make(await readChains(tx))
  for (const { purpose, version, wrapped } of epoch.secrets) {
    await tx`
          insert into installation_secrets (purpose, version, wrapped)
          values (${purpose}, ${version}, ${Buffer.from(wrapped)})`
  }
  for (let done = 0; done < epoch.batches.length; done += chainsAtOnce) {
    await takeOver(tx, epoch.batches.slice(done, done + chainsAtOnce))
  }
  const starts = epoch.starts.map(({ workspaceId, seq, atMs, signature }) => ({
    ...{ workspaceId, seq, at: atMs / msPerSecond, signature: hex(signature) },
  }))
  await tx`
    update audit_starts start set at = to_timestamp(g.at), signature = decode(g.signature, 'hex')
    from jsonb_to_recordset(${JSON.stringify(starts)}::text::jsonb) as g (
      "workspaceId" text, seq bigint, at float8, signature text)
    where start.workspace_id = g."workspaceId" and start.seq = g.seq`
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Adds its record to each of these chains, in one statement. */
async function takeOver(tx: TransactionSql, changes: readonly ChainChange[]): Promise<void> {
  const given = changes.map(({ workspaceId, from, rows, head }) => {
    const [row] = rows
    if (row === undefined || rows.length > 1) throw new Error('a chain is taken over by one record')
    const was = { seq: from.seq, hash: hex(from.hash), mac: hex(from.mac) }
    return { ...row, workspaceId, was, hash: hex(head.hash), mac: hex(head.mac) }
  })
  const [row] = await tx<{ moved: number }[]>`
    with given as (
      select g."workspaceId" as workspace_id, (g.was ->> 'seq')::bigint as seq,
        decode(g.was ->> 'hash', 'hex') as was_hash, decode(g.was ->> 'mac', 'hex') as was_mac,
        g."auditId" as audit_id, g.kind, g.at, g."agentId" as agent_id, g."connectionId" as connection_id,
        g.decision, g.entry,
        decode(g.hash, 'hex') as hash, decode(g.mac, 'hex') as mac
      from jsonb_to_recordset(${JSON.stringify(given)}::text::jsonb) as g (
        "workspaceId" text, was jsonb, "auditId" text, kind text, at timestamptz, "agentId" text,
        "connectionId" text, decision text, entry text, hash text, mac text)
    ), moved as (
      update audit_heads head set seq = given.seq + 1, hash = given.hash, mac = given.mac
      from given where head.workspace_id = given.workspace_id
        and head.seq = given.seq and head.hash = given.was_hash and head.mac = given.was_mac
      returning head.workspace_id
    ), inserted as (
      insert into audit_records
        (workspace_id, seq, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac)
      select workspace_id, given.seq + 1, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac
      from given join moved using (workspace_id)
    )
    select count(*)::int as moved from moved`
  if (row?.moved !== changes.length) throw new Error('a chain moved under its lock')
}
