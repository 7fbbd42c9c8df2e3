import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  newCheckpointPath,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { boundedLines } from '../audit/bounded-lines.ts'
import { createRecordMac, createStamp } from '../audit/chain.ts'
import { signCheckpoint, writeCheckpoint } from '../audit/checkpoint.ts'
import { createCheckpointFile } from '../audit/checkpoint-file.ts'
import { createLogExporter } from '../audit/export-log.ts'
import { recordEvent } from '../audit/record-event.ts'
import { type VerifyExportOptions, verifyExport } from '../audit/verify-export.ts'
import {
  type AuditKeyRing,
  type AuditKeyVersion,
  openAuditKeys,
} from '../credentials/audit-key-ring.ts'
import { makeSecrets } from '../credentials/installation-secrets.ts'
import { createRootKey, createWrappingKey } from '../credentials/root-key.ts'
import { onlyRootKey } from '../credentials/root-keys.ts'
import { createAuditStore } from '../store/audit.ts'
import { createAuditEndingStore } from '../store/audit-endings.ts'
import { createAuditOpeningStore } from '../store/audit-openings.ts'
import { createAuditReadStore } from '../store/audit-read.ts'
import { createAuditRetentionStore } from '../store/audit-retention.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { createRootKeyStore } from '../store/root-keys.ts'
import { rotateAudit } from './rotate-audit.ts'

// Everybody below may have the old keys of the log, as after a leak.

const rootKey = createRootKey(randomBytes(32))
const rootKeys = onlyRootKey(rootKey)
const checkpointPath = newCheckpointPath()

let test: TestDatabase
let owner: Database
let one: TestAuditLog
let other: TestAuditLog
beforeAll(async () => {
  test = await startTestDatabase()
  owner = openDatabase({ url: test.urls.owner, maxConnections: 2, applicationName: 'owner' })
  const secrets = makeSecrets({ parent: createWrappingKey(rootKey), randomBytes })
  for (const { purpose, version, wrapped } of secrets) {
    await test.owner.sql`
      insert into installation_secrets (purpose, version, wrapped)
      values (${purpose}, ${version}, ${Buffer.from(wrapped)})`
  }
  one = openAuditLog({ url: test.urls.app, ring: await openRing(), checkpointPath })
  other = openAuditLog({ url: test.urls.app, ring: await openRing(), checkpointPath })
})
afterAll(async () => {
  await one?.close()
  await other?.close()
  await owner?.close()
  await test?.stop()
})

const openRing = (): Promise<AuditKeyRing> =>
  openAuditKeys({
    listSecrets: createRootKeyStore(test.database).listSecrets,
    find: rootKeys.find,
  })
const rotate = async (over: Partial<Parameters<typeof rotateAudit>[0]> = {}) =>
  rotateAudit({
    ...{ database: owner, ring: await openRing(), rootKeys, randomBytes },
    ...{ newAuditId: () => newId('audit'), now: Date.now },
    ...over,
  })
async function write(log: TestAuditLog, workspaceId: string, count = 3): Promise<void> {
  for (let i = 0; i < count; i += 1) await log.log.begin(anIntent(workspaceId))
}
async function exported(workspaceId: string): Promise<string[]> {
  const lines: string[] = []
  for await (const line of boundedLines(one.log.export(workspaceId), 100_000)) lines.push(line)
  return lines
}
async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}
const check = (lines: readonly string[], options: VerifyExportOptions = {}) =>
  verifyExport(each(lines), options)
/** What a leak gave away: the keys of a version. */
async function keysOf(version: number): Promise<AuditKeyVersion> {
  const keys = (await openRing()).epochs().find((epoch) => epoch.version === version)
  if (keys === undefined) throw new Error('no such version')
  return keys
}
const newestVersion = async () => (await openRing()).epochs().at(-1)?.version ?? 0
/** As an insider with the rights of the owner does it. */
const asInsider = (work: (sql: Database['sql']) => Promise<unknown>) => work(owner.sql)

describe('a change of the audit log’s keys', () => {
  it('goes through under the writing of vaults that know nothing of it; all chains verify', async () => {
    verifies('S-35', 'S-37')
    const before = newId('workspace')
    const after = newId('workspace')
    await write(one, before)
    await write(other, before)
    const from = await newestVersion()
    // As many as are under way when the keys change, and after it.
    const failed: unknown[] = []
    const writers = [one, other].map(async (log) => {
      for (let i = 0; i < 40; i += 1) {
        await log.log.begin(anIntent(before)).catch((error) => failed.push(error))
      }
    })
    expect(await rotate()).toMatchObject({ from, to: from + 1, broken: [] })
    await Promise.all(writers)
    expect(failed).toEqual([])
    // A workspace that is made by a vault that has not heard of it.
    await write(other, after)
    for (const log of [one, other]) {
      for (const id of [before, after]) {
        expect(await log.log.verify(id)).toMatchObject({ ok: true })
        expect(await log.log.checkpoint()).toBeGreaterThanOrEqual(0)
      }
      expect(log.failures).toEqual([])
    }
    const { entries } = await one.log.list(before, { limit: 10, operation: 'rotateAuditKeys' })
    expect(entries).toMatchObject([
      { outcome: 'done', detail: { fromVersion: from, toVersion: from + 1 } },
    ])
  })

  it('asks the database as little for many chains as for one, since everybody waits meanwhile', async () => {
    const statements = async () => {
      let count = 0
      const sql = new Proxy(owner.sql, {
        get: (target, name) =>
          name === 'begin'
            ? (work: (tx: object) => Promise<unknown>) =>
                target.begin((tx) =>
                  work(
                    new Proxy(tx, {
                      apply(of, self, args) {
                        count += 1
                        return Reflect.apply(of, self, args)
                      },
                    }),
                  ),
                )
            : Reflect.get(target, name),
      })
      const done = await rotate({ database: { sql } })
      expect(done.broken).toEqual([])
      return { count, chains: done.chains }
    }
    await write(one, newId('workspace'), 1)
    const few = await statements()
    const workspaceIds = Array.from({ length: 20 }, () => newId('workspace'))
    for (const id of workspaceIds) await write(one, id, 1)
    const many = await statements()
    expect(many).toEqual({ count: few.count, chains: few.chains + workspaceIds.length })
    for (const id of workspaceIds.slice(0, 3)) {
      expect(await one.log.verify(id)).toMatchObject({ ok: true, checked: 2 })
    }
  })

  it('is not noticed by a chain that was begun with old keys meanwhile: it is begun with the new ones', async () => {
    verifies('S-35')
    const stale = await openRing()
    const late = openAuditLog({ url: test.urls.app, ring: stale })
    await rotate()
    const workspaceId = newId('workspace')
    await write(late, workspaceId, 1)
    await late.close()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 1 })
    const [record] = await test.database.sql<{ hash: Uint8Array; mac: Uint8Array }[]>`
      select hash, mac from audit_records where workspace_id = ${workspaceId}`
    const newest = await keysOf(await newestVersion())
    const mac = createRecordMac(newest.macKey(workspaceId), workspaceId)
    expect(record && Buffer.from(mac(1, record.hash)).equals(record.mac)).toBe(true)
  })

  it('changes nothing where it ends early', async () => {
    verifies('S-35', 'S-43')
    const workspaceId = newId('workspace')
    await write(one, workspaceId)
    const from = await newestVersion()
    const [before] = await test.database.sql`
      select seq from audit_heads where workspace_id = ${workspaceId}`
    const early = rotate({
      newAuditId: () => {
        throw new Error('killed')
      },
    })
    await expect(early).rejects.toThrow('killed')
    expect(await newestVersion()).toBe(from)
    const [after] = await test.database.sql`
      select seq from audit_heads where workspace_id = ${workspaceId}`
    expect(after).toEqual(before)
    await write(one, workspaceId)
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
  })

  it('is verified in an export with nothing else, with either public key, with the MAC keys, and with the checkpoint file', async () => {
    verifies('S-37')
    const workspaceId = newId('workspace')
    await write(one, workspaceId)
    await one.log.checkpoint()
    const old = await keysOf(await newestVersion())
    await rotate()
    await write(one, workspaceId)
    await one.log.checkpoint()
    await rotate()
    const lines = await exported(workspaceId)
    const newest = await keysOf(await newestVersion())
    const good = { ok: true, checked: 8 }
    expect(await check(lines)).toMatchObject(good)
    expect(await check(lines, { publicKey: newest.publicKey })).toMatchObject(good)
    expect(await check(lines, { publicKey: old.publicKey })).toMatchObject(good)
    expect(await check(lines, { macKeys: one.macKeys })).toMatchObject(good)
    const checkpoints = createCheckpointFile(checkpointPath).lines()
    expect(await check(lines, { checkpoints })).toMatchObject(good)
    const header = JSON.parse(lines[0] ?? '')
    expect(header.publicKey.x).toBe(newest.publicKeyJwk.x)
    expect(header.earlierKey.x).toBe(old.publicKeyJwk.x)

    const { publicKey: unknown } = await foreignKeys()
    expect(await check(lines, { publicKey: unknown })).toMatchObject({ ok: false, checked: 0 })
    // A change that nobody signed.
    const at = lines.findIndex((line) => line.includes('rotateAuditKeys'))
    const forged = lines.map((line, i) =>
      i === at ? line.replace(/(signature\\":\\")./, (_all, head) => `${head}_`) : line,
    )
    expect(await check(forged)).toMatchObject({ ok: false, firstBad: 4 })
    const without = JSON.stringify({ ...header, earlierKey: undefined })
    expect(await check([without, ...lines.slice(1)])).toMatchObject({ ok: false })
  })

  it('keeps a rotation out of a chain that somebody has changed, and goes on with the others', async () => {
    verifies('S-37')
    const [broken, good] = [newId('workspace'), newId('workspace')]
    await write(one, broken)
    await write(one, good)
    await asInsider(
      (sql) => sql`update audit_heads set mac = ${randomBytes(32)} where workspace_id = ${broken}`,
    )
    expect(await rotate()).toMatchObject({ broken: [broken] })
    expect(await one.log.verify(good)).toMatchObject({ ok: true })
    expect(await one.log.verify(broken)).toMatchObject({ ok: false })
    await expect(one.log.begin(anIntent(broken))).rejects.toMatchObject({
      type: 'audit-unavailable',
    })
    await expect(exported(broken)).rejects.toThrow('cannot be exported')
    const asTable = one.log.export(broken, { format: 'csv' })
    expect((await new Response(asTable).text()).trim().split('\n')).toHaveLength(4)
    await asInsider((sql) => sql`delete from audit_heads where workspace_id = ${broken}`)
  })

  it('leaves no start of retention that only the old keys have signed', async () => {
    verifies('S-37')
    const workspaceId = newId('workspace')
    const stale = await openRing()
    let asked = 0
    const log = openAuditLog({
      ...{ url: test.urls.app, checkpointPath, now: () => Date.now() - 90 * 86_400_000 },
      ring: {
        epochs: stale.epochs,
        // The keys are changed when the pruner has just asked.
        async refresh() {
          asked += 1
          if (asked > 1) await stale.refresh()
        },
      },
    })
    await write(log, workspaceId)
    await log.log.checkpoint()
    await rotate()
    await asInsider((sql) => sql`update audit_retention set days = 30`)
    asked = 0
    expect(await log.log.prune()).toBe(3)
    await asInsider((sql) => sql`update audit_retention set days = null`)
    expect(log.failures).toEqual([])
    await log.close()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, start: { seq: 3 } })
    expect(await check(await exported(workspaceId))).toMatchObject({ ok: true })
  })

  it('is no alarm about heads that were read just before it', async () => {
    const stale = await openRing()
    await rotate()
    const workspaceId = newId('workspace')
    await write(one, workspaceId)
    let rotations = 0
    const log = openAuditLog({
      url: test.urls.app,
      ring: {
        epochs: stale.epochs,
        // While it learns of one change, there is another.
        async refresh() {
          rotations += 1
          if (rotations === 1) await rotate()
          await stale.refresh()
        },
      },
    })
    await log.log.checkpoint()
    expect(rotations).toBeGreaterThan(0)
    expect(log.failures).toEqual([])
    expect(await log.log.checkpoint()).toBeGreaterThan(0)
    expect(log.failures).toEqual([])
    await log.close()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
  })

  it('leaves an export that was begun just before it whole, with one and the same keys in it', async () => {
    verifies('S-37')
    const longAgo = { now: () => Date.now() - 90 * 86_400_000 }
    const ring = await openRing()
    const log = openAuditLog({ url: test.urls.app, ring, checkpointPath, ...longAgo })
    const workspaceId = newId('workspace')
    await write(log, workspaceId)
    await log.log.checkpoint()
    await asInsider((sql) => sql`update audit_retention set days = 30`)
    expect(await log.log.prune()).toBeGreaterThan(0)
    await asInsider((sql) => sql`update audit_retention set days = null`)
    await log.close()
    await write(one, workspaceId)
    const store = {
      ...createAuditReadStore(test.database),
      ...createAuditOpeningStore(test.database),
      ...createAuditEndingStore(test.database),
      ...createAuditRetentionStore(test.database),
    }
    let rotations = 0
    const exporter = createLogExporter({
      ...{ keys: await openRing(), now: Date.now, appendCheckpoint: async () => {} },
      store: {
        ...store,
        // The head has been read.
        async findStart(id) {
          rotations += 1
          if (rotations === 1) await rotate()
          return store.findStart(id)
        },
      },
    })
    let text = ''
    for await (const part of exporter(workspaceId)) text += part
    expect(await check(text.trimEnd().split('\n'))).toMatchObject({ ok: true, start: { seq: 3 } })
  })

  it('lets what is done beside the vaults be recorded, with keys that were replaced meanwhile too', async () => {
    const workspaceId = newId('workspace')
    const keys = await openRing()
    await rotate()
    const needs = { store: createAuditStore(test.database), keys, now: Date.now }
    const event = { operation: 'rotateRootKey', outcome: 'done', workspaceId } as const
    for (const detail of [{ to: 'a' }, { to: 'b' }]) {
      await recordEvent(needs, { ...event, auditId: newId('audit'), detail })
    }
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 2 })
  })
})

async function foreignKeys() {
  const { nextAuditKeys } = await import('../credentials/audit-key-ring.ts')
  const parent = await rootKeys.current()
  return (await nextAuditKeys(1, { parent, randomBytes })).keys
}

describe('somebody who has the old keys and may write to every table', () => {
  /** Five records under the old keys with a checkpoint, the change, and two under the new ones. */
  async function prepare() {
    const workspaceId = newId('workspace')
    await write(one, workspaceId, 5)
    await one.log.checkpoint()
    const old = await keysOf(await newestVersion())
    await rotate()
    await write(one, workspaceId, 2)
    return { workspaceId, old }
  }
  const rows = (workspaceId: string) =>
    owner.sql<
      { seq: number; entry: string; hash: Uint8Array; mac: Uint8Array }[]
    >`select seq::float8 as seq, entry, hash, mac from audit_records where workspace_id = ${workspaceId} order by seq`

  /** Stamps the chain anew from a record on with the old keys, up to another, and signs a checkpoint there. */
  async function stampAgain(
    { workspaceId, old }: { workspaceId: string; old: AuditKeyVersion },
    [from, to]: readonly [number, number],
  ) {
    const found = await rows(workspaceId)
    const before = found[from - 2]
    if (before === undefined) throw new Error('no record before')
    const drafts = found.slice(from - 1, to).map(({ entry }) => ({
      ...{ auditId: '', kind: 'intent' as const, at: '', agentId: undefined },
      ...{ connectionId: undefined, decision: undefined, entry: entry.replace('GET', 'PUT') },
    }))
    const stamped = createStamp(old.macKey(workspaceId), workspaceId)(before, drafts)
    const head = { ...stamped.head, workspaceId }
    const checkpoint = signCheckpoint(head, Date.now(), old.sign)
    return { drafts, stamped, head, checkpoint }
  }
  const unguarded = (work: (sql: Database['sql']) => Promise<unknown>) =>
    asInsider(async (sql) => {
      await sql`alter table audit_records disable trigger append_only`
      await sql`alter table audit_checkpoints disable trigger append_only`
      await work(sql)
      await sql`alter table audit_records enable always trigger append_only`
      await sql`alter table audit_checkpoints enable always trigger append_only`
    })

  it('cannot change what was recorded before, in the table', async () => {
    verifies('S-37')
    const given = await prepare()
    const { drafts, stamped, checkpoint } = await stampAgain(given, [3, 5])
    const { workspaceId } = given
    await unguarded(async (sql) => {
      for (const [i, { entry }] of drafts.entries()) {
        await sql`
          update audit_records set entry = ${entry},
            hash = ${stamped.hashes.subarray(i * 32, i * 32 + 32)}, mac = ${stamped.macs.subarray(i * 32, i * 32 + 32)}
          where workspace_id = ${workspaceId} and seq = ${3 + i}`
      }
      await sql`
        update audit_checkpoints set hash = ${checkpoint.hash}, mac = ${checkpoint.mac}, signature = ${checkpoint.signature},
          at = to_timestamp(${checkpoint.atMs / 1000}::float8)
        where workspace_id = ${workspaceId} and seq = 5`
    })
    // Up to the change the forger says what is genuine; the change itself does not follow from it.
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 6 })
    const lines = await exported(workspaceId)
    expect(await check(lines)).toMatchObject({ ok: false, firstBad: 6 })
  })

  it('cannot take the change away, nor go on with the old keys', async () => {
    verifies('S-37')
    const given = await prepare()
    const { workspaceId, old } = given
    const { head, drafts, stamped } = await stampAgain(given, [3, 5])
    await unguarded(async (sql) => {
      await sql`delete from audit_records where workspace_id = ${workspaceId} and seq > 5`
      await sql`delete from audit_checkpoints where workspace_id = ${workspaceId}`
      for (const [i, { entry }] of drafts.entries()) {
        await sql`
          update audit_records set entry = ${entry},
            hash = ${stamped.hashes.subarray(i * 32, i * 32 + 32)}, mac = ${stamped.macs.subarray(i * 32, i * 32 + 32)}
          where workspace_id = ${workspaceId} and seq = ${3 + i}`
      }
      await sql`
        update audit_heads set seq = 5, hash = ${head.hash}, mac = ${head.mac} where workspace_id = ${workspaceId}`
    })
    const fresh = openAuditLog({ url: test.urls.app, ring: await openRing() })
    expect(await fresh.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 6 })
    await expect(fresh.log.begin(anIntent(workspaceId))).rejects.toMatchObject({
      type: 'audit-unavailable',
    })
    await fresh.close()

    // An export of it that they make themselves is of the old key, and nobody who trusts the new one takes it.
    const found = await rows(workspaceId)
    const { kty, crv, x } = old.publicKeyJwk
    const lines = [
      { type: 'header', format: 'sallyport-audit-v1', workspaceId, publicKey: { kty, crv, x } },
      ...found.map(({ seq, entry, hash, mac }) => ({
        ...{ type: 'record', seq, entry },
        ...{ hash: Buffer.from(hash).toString('hex'), mac: Buffer.from(mac).toString('hex') },
      })),
      { type: 'checkpoint', ...writeCheckpoint(signCheckpoint(head, Date.now(), old.sign)) },
      { type: 'end', records: 5, checkpoints: 1 },
    ].map((line) => JSON.stringify(line))
    expect(await check(lines)).toMatchObject({ ok: true })
    const newest = await keysOf(await newestVersion())
    expect(await check(lines, { publicKey: newest.publicKey })).toMatchObject({ ok: false })
    expect(await check(lines, { macKeys: one.macKeys })).toMatchObject({ ok: false, firstBad: 6 })
  })

  it('is found by a vault that ran and by the file of checkpoints, where they take the newest keys away', async () => {
    verifies('S-37')
    const { workspaceId } = await prepare()
    await one.log.checkpoint()
    const version = await newestVersion()
    const taken = await owner.sql<{ purpose: string; wrapped: Uint8Array }[]>`
      delete from installation_secrets where version = ${version} returning purpose, wrapped`
    await unguarded(async (sql) => {
      await sql`delete from audit_records where workspace_id = ${workspaceId} and seq > 5`
      await sql`delete from audit_checkpoints where workspace_id = ${workspaceId} and seq > 5`
      await sql`
        update audit_heads set (seq, hash, mac) = (select seq, hash, mac from audit_records
          where workspace_id = ${workspaceId} and seq = 5) where workspace_id = ${workspaceId}`
    })
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 6 })
    await expect(one.log.begin(anIntent(workspaceId))).rejects.toMatchObject({
      type: 'audit-unavailable',
    })
    const started = openAuditLog({ url: test.urls.app, ring: await openRing(), checkpointPath })
    expect(await started.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 8 })
    await started.close()
    for (const { purpose, wrapped } of taken) {
      await owner.sql`
        insert into installation_secrets (purpose, version, wrapped)
        values (${purpose}, ${version}, ${wrapped})`
    }
  })

  it('cannot say that retention removed what they removed', async () => {
    verifies('S-37')
    const { workspaceId, old } = await prepare()
    const [, , third] = await rows(workspaceId)
    if (third === undefined) throw new Error('no record')
    const { signStart } = await import('../audit/chain-start.ts')
    const start = signStart({ workspaceId, ...third }, Date.now(), old.sign)
    await unguarded(async (sql) => {
      await sql`delete from audit_records where workspace_id = ${workspaceId} and seq <= 3`
      await sql`
        insert into audit_starts (workspace_id, seq, hash, mac, at, signature)
        values (${workspaceId}, 3, ${start.hash}, ${start.mac}, to_timestamp(${start.atMs / 1000}::float8), ${start.signature})`
    })
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 1 })
    const lines = await exported(workspaceId)
    expect(await check(lines)).toMatchObject({ ok: false, firstBad: 1 })
    // What the vault itself had signed is signed anew by each change.
    const again = signStart(
      { workspaceId, ...third },
      Date.now(),
      (await keysOf(await newestVersion())).sign,
    )
    await asInsider(
      (sql) => sql`
        update audit_starts set signature = ${again.signature}, at = to_timestamp(${again.atMs / 1000}::float8)
        where workspace_id = ${workspaceId}`,
    )
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
    await rotate()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
    expect(await check(await exported(workspaceId))).toMatchObject({ ok: true })
  })
})
