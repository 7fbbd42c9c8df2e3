import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  newCheckpointPath,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { openSuperuser } from '../../../../test/fixtures/superuser.ts'
import { verifies } from '../../../../test/verifies.ts'
import { appRole } from '../store/embedded/cluster.ts'
import { migrate } from '../store/migrate.ts'
import { boundedLines } from './bounded-lines.ts'
import { exportLineCharsMax, type VerifyExportOptions, verifyExport } from './verify-export.ts'

const dayMs = 86_400_000
const rootKey = new Uint8Array(32).fill(5)

describe('retention', () => {
  let test: TestDatabase
  let admin: ReturnType<typeof openSuperuser>
  const checkpointPath = newCheckpointPath()
  let clockMs = Date.now()
  const open = () =>
    openAuditLog({ url: test.urls.app, rootKey, checkpointPath, now: () => clockMs })
  let one: TestAuditLog
  let other: TestAuditLog

  beforeAll(async () => {
    test = await startTestDatabase()
    admin = openSuperuser(test.urls.owner)
    one = open()
    other = open()
    // As each start does, with the role that owns the tables.
    const { owner: url } = test.urls
    await migrate({ url, migrationsFolder, appRole, auditRetentionDays: 40 })
  })
  afterAll(async () => {
    await one?.close()
    await other?.close()
    await admin?.end({ timeout: 1 })
    await test?.stop()
  })

  const setDays = async (days: number | null) =>
    void (await admin`insert into audit_retention (id, days) values (1, ${days})
      on conflict (id) do update set days = excluded.days`)

  /** A log of three entries for each of these ages, with a checkpoint after each age. */
  async function aLog(...agesDays: number[]): Promise<string> {
    const workspaceId = newId('workspace')
    await admin`insert into workspaces (id, name) values (${workspaceId}, 'test')`
    const nowMs = clockMs
    for (const age of agesDays) {
      clockMs = Date.now() - age * dayMs
      for (let i = 0; i < 3; i += 1) {
        const intent = anIntent(workspaceId, { deadlineMs: clockMs + 1 })
        await one.log.begin(intent)
        one.log.end({ auditId: intent.auditId, workspaceId, outcome: 'sent', status: 200 })
      }
      await one.log.flush()
      await one.log.checkpoint()
    }
    clockMs = nowMs
    return workspaceId
  }
  const seqsOf = async (workspaceId: string) =>
    (
      await admin<{ seq: number }[]>`
        select seq::int as seq from audit_records where workspace_id = ${workspaceId} order by seq`
    ).map(({ seq }) => seq)
  async function exported(id: string): Promise<string[]> {
    const found: string[] = []
    for await (const line of boundedLines(one.log.export(id), exportLineCharsMax)) found.push(line)
    return found
  }
  async function* each(lines: readonly string[]): AsyncGenerator<string> {
    yield* lines
  }
  const check = (lines: readonly string[], options: VerifyExportOptions = {}) =>
    verifyExport(each(lines), options)

  it('is refused to the role of the vault beyond what the owner’s function lets go', async () => {
    verifies('S-37')
    const workspaceId = await aLog(90, 60, 20, 0)
    const sql = one.database.sql
    const prune = (seq: number) =>
      sql`select sallyport_prune_audit(${workspaceId}, ${seq}, now(), '\\x00')`.then(
        () => 'done',
        (error: { code?: string }) => error.code,
      )
    // Too young, no checkpoint there, and nothing at all where everything is kept.
    expect([await prune(18), await prune(24), await prune(7)]).toEqual(['42501', '42501', '42501'])
    await setDays(null)
    expect(await prune(6)).toBe('42501')
    await setDays(40)
    for (const statement of [
      `delete from audit_records where workspace_id = '${workspaceId}'`,
      `set sallyport.pruning_audit = 'on'; delete from audit_records where workspace_id = '${workspaceId}'`,
      'update audit_retention set days = 30',
      'delete from audit_retention',
      `insert into audit_starts select workspace_id, seq, hash, mac, now(), mac from audit_records limit 1`,
      'truncate audit_records',
      'drop function sallyport_prune_audit(text, bigint, timestamptz, bytea)',
    ]) {
      await expect(sql.unsafe(statement)).rejects.toMatchObject({
        code: expect.stringMatching(/^42501$/),
      })
    }
    expect(await seqsOf(workspaceId)).toHaveLength(24)
  })

  it('runs nothing of the role of the vault’s own as the owner, where that role may make functions', async () => {
    verifies('S-37')
    const workspaceId = await aLog(90, 0)
    const role = admin(appRole)
    // As in each database that was made before PostgreSQL 15.
    await admin`grant create on schema public to ${role}`
    const names = [
      'hashtextextended(text, integer) returns bigint',
      'make_interval(days integer) returns interval',
    ]
    try {
      for (const name of names) {
        await one.database.sql.unsafe(`create function public.${name} language plpgsql as $$ begin
          perform set_config('sallyport.pruning_audit', 'on', true);
          delete from public.audit_records where workspace_id = '${workspaceId}' and seq > 6;
          return null; end $$`)
      }
      await one.database.sql`select sallyport_prune_audit(${workspaceId}, 6, now(), '\\x00')`
      expect(await seqsOf(workspaceId)).toEqual([7, 8, 9, 10, 11, 12])
    } finally {
      for (const name of names) {
        await admin.unsafe(`drop function public.${name.replace(/ returns .*/, '')}`)
      }
      await admin`revoke create on schema public from ${role}`
    }
  })

  it('removes what is older than the operator keeps, once over all replicas, and the rest verifies', async () => {
    verifies('S-37')
    const workspaceId = await aLog(100, 90, 80, 20, 0)
    const removed = await Promise.all([one.log.prune(), other.log.prune()])
    expect(removed[0] + removed[1]).toBeGreaterThanOrEqual(18)
    const seqs = await seqsOf(workspaceId)
    expect(seqs.slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, i) => 19 + i))
    const start = { workspaceId, seq: 18 }
    const verified = await one.log.verify(workspaceId)
    expect(verified).toMatchObject({ ok: true, checked: seqs.length, start })
    const lines = await exported(workspaceId)
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ type: 'start', seq: 18 })
    const options = { macKeys: one.macKeys, publicKey: one.keys.publicKey }
    expect(await check(lines, options)).toMatchObject({ ok: true, checked: seqs.length, start })
    expect(await check(lines)).toMatchObject({ ok: true, start })
    // It is on record who removed what.
    const { entries } = await one.log.list(workspaceId, { limit: 10, operation: 'pruneAudit' })
    expect(entries.map(({ detail }) => detail)).toContainEqual(
      expect.objectContaining({ lastSeq: 18 }),
    )
    expect(await one.log.prune()).toBe(0)
  })

  it('lets an export say it only by the vault’s own word, and finds everything else that was removed', async () => {
    verifies('S-37')
    const workspaceId = await aLog(90, 80, 10, 0)
    const whole = await exported(workspaceId)
    await one.log.prune()
    const lines = await exported(workspaceId)
    const [header = '', start = ''] = lines
    const claim = JSON.parse(start)
    const rest = lines.slice(2)
    const forged = [
      [header, ...rest],
      [header, JSON.stringify({ ...claim, seq: claim.seq + 1 }), ...rest.slice(1)],
      [header, JSON.stringify({ ...claim, at: new Date(0).toISOString() }), ...rest],
      [header, JSON.stringify({ ...claim, type: 'start', signature: 'A'.repeat(86) }), ...rest],
      [header, start, ...rest.slice(1)],
      [header, start, start, ...rest],
      [header, ...rest.slice(0, 3), start, ...rest.slice(3)],
      [header, start, ...rest.slice(0, -3), ...rest.slice(-1)],
      // A checkpoint says no more than that there were records.
      [
        header,
        (whole.find((line) => line.includes('"type":"checkpoint"')) ?? '').replace(
          '"type":"checkpoint"',
          '"type":"start"',
        ),
        ...rest,
      ],
    ]
    for (const [index, changed] of forged.entries()) {
      expect([index, (await check(changed)).ok]).toEqual([index, false])
    }
    // Another one's start, and what was removed after the start.
    expect((await check(whole)).ok).toBe(true)
  })

  it('and an insider who removes more, or says that it was retention, is found', async () => {
    verifies('S-37')
    const workspaceId = await aLog(90, 20, 10, 0)
    await one.log.prune()
    const before = await one.log.verify(workspaceId)
    expect(before).toMatchObject({ ok: true, start: { seq: 6 } })
    await admin`alter table audit_records disable trigger append_only`
    try {
      await admin`delete from audit_records where workspace_id = ${workspaceId} and seq <= 12`
      expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 7 })
      await admin`
        update audit_starts set (seq, hash, mac) = (select seq, hash, mac from audit_checkpoints
          where workspace_id = ${workspaceId} and seq = 12) where workspace_id = ${workspaceId}`
      expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 1 })
    } finally {
      await admin`alter table audit_records enable always trigger append_only`
    }
  })

  it('removes nothing of a chain that does not verify, and nothing that a stream has still to deliver', async () => {
    verifies('S-37')
    const changed = await aLog(90, 0)
    await admin`alter table audit_records disable trigger append_only`
    await admin`update audit_records set entry = replace(entry, 'GET', 'PUT') where workspace_id = ${changed} and seq = 3`
    await admin`alter table audit_records enable always trigger append_only`
    const behind = await aLog(90, 80, 0)
    const stream = (enabled: boolean, lastSeq: number) => admin`
      insert into audit_streams (id, workspace_id, kind, label, sends, format, enabled, sealed, version, last_seq,
        last_checkpoint_seq) values (${newId('auditStream')}, ${behind}, 'webhook', 'x', '{entries}', 'jsonl', ${enabled},
        '\\x00', 1, ${lastSeq}, 0)`
    await stream(true, 7)
    await stream(false, 0)
    const open = await aLog(90)
    await admin`insert into audit_open (audit_id, workspace_id, deadline)
      values (${newId('audit')}, ${open}, now() - interval '80 days')`
    const failures = one.failures.length
    await one.log.prune()
    expect(await seqsOf(changed)).toHaveLength(12)
    expect(one.failures.slice(failures).map(String)).toEqual([
      expect.stringContaining('Record 3 does not follow'),
    ])
    expect((await seqsOf(behind))[0]).toBe(7)
    expect((await seqsOf(open))[0]).toBe(1)
  })
})
