import { appendFile, readFile } from 'node:fs/promises'
import type postgres from 'postgres'
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
import { connect, type Sql } from '../store/connect.ts'

const rootKey = new Uint8Array(32).fill(9)

/** Writes a chain of ten records: five intents, and their outcomes. */
async function tenRecords(log: TestAuditLog): Promise<string> {
  const workspaceId = newId('workspace')
  for (let i = 0; i < 5; i += 1) {
    const intent = anIntent(workspaceId)
    await log.log.begin(intent)
    log.log.end({ auditId: intent.auditId, workspaceId, outcome: 'sent', status: 200 })
    await log.log.flush()
  }
  return workspaceId
}

describe('verifying the table', () => {
  let test: TestDatabase
  let one: TestAuditLog
  let owner: Sql
  const checkpointPath = newCheckpointPath()

  beforeAll(async () => {
    test = await startTestDatabase()
    one = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    owner = connect({
      url: test.urls.owner,
      maxConnections: 1,
      applicationName: 'insider',
      idleMsMax: 60_000,
      silenceMsMax: 60_000,
    })
    // What an insider with all rights to the database can do.
    await owner`alter table audit_records disable trigger append_only`
    await owner`alter table audit_checkpoints disable trigger append_only`
  })
  afterAll(async () => {
    await owner.end()
    await one.close()
    await test.stop()
  })

  const edits: [string, number, (workspaceId: string) => postgres.PendingQuery<postgres.Row[]>][] =
    [
      [
        'an edited entry',
        3,
        (w) => owner`
      update audit_records set entry = replace(entry, 'GET', 'PUT') where workspace_id = ${w} and seq = 3`,
      ],
      [
        'white space added to an entry',
        5,
        (w) => owner`
      update audit_records set entry = entry || ' ' where workspace_id = ${w} and seq = 5`,
      ],
      [
        'an edited hash',
        4,
        (w) => owner`
      update audit_records set hash = sha256(hash) where workspace_id = ${w} and seq = 4`,
      ],
      [
        'an edited MAC',
        4,
        (w) => owner`
      update audit_records set mac = sha256(mac) where workspace_id = ${w} and seq = 4`,
      ],
      [
        'a shortened MAC',
        6,
        (w) => owner`
      update audit_records set mac = '' where workspace_id = ${w} and seq = 6`,
      ],
      [
        'a removed entry',
        7,
        (w) => owner`
      delete from audit_records where workspace_id = ${w} and seq = 7`,
      ],
      [
        'the first entry removed',
        1,
        (w) => owner`
      delete from audit_records where workspace_id = ${w} and seq = 1`,
      ],
      [
        'the newest entry removed',
        10,
        (w) => owner`
      delete from audit_records where workspace_id = ${w} and seq = 10`,
      ],
      ['all entries removed', 1, (w) => owner`delete from audit_records where workspace_id = ${w}`],
      [
        'an entry added at the end',
        11,
        (w) => owner`
      insert into audit_records select workspace_id, 11, audit_id, kind, at, agent_id, connection_id, decision,
        entry, hash, mac from audit_records where workspace_id = ${w} and seq = 9`,
      ],
      [
        'an entry hidden below the first',
        0,
        (w) => owner`
      insert into audit_records select workspace_id, 0, audit_id, kind, at, agent_id, connection_id, decision,
        entry, hash, mac from audit_records where workspace_id = ${w} and seq = 9`,
      ],
      [
        'two entries exchanged',
        2,
        (w) => owner`
      update audit_records r set entry = o.entry, hash = o.hash, mac = o.mac, audit_id = o.audit_id, at = o.at,
        kind = o.kind, agent_id = o.agent_id, connection_id = o.connection_id, decision = o.decision
      from audit_records o where r.workspace_id = ${w} and o.workspace_id = ${w}
        and (r.seq, o.seq) in ((2, 8), (8, 2))`,
      ],
      [
        'another agent in the column',
        3,
        (w) => owner`
      update audit_records set agent_id = 'agt_x' where workspace_id = ${w} and seq = 3`,
      ],
      [
        'no agent in the column',
        3,
        (w) => owner`
      update audit_records set agent_id = null where workspace_id = ${w} and seq = 3`,
      ],
      [
        'a connection in the column of an outcome',
        4,
        (w) => owner`
      update audit_records set connection_id = 'con_x' where workspace_id = ${w} and seq = 4`,
      ],
      [
        'another decision in the column',
        5,
        (w) => owner`
      update audit_records set decision = 'deny' where workspace_id = ${w} and seq = 5`,
      ],
      [
        'another kind in the column',
        5,
        (w) => owner`
      update audit_records set kind = 'outcome' where workspace_id = ${w} and seq = 5`,
      ],
      [
        'another time in the column',
        5,
        (w) => owner`
      update audit_records set at = at + interval '1 millisecond' where workspace_id = ${w} and seq = 5`,
      ],
      [
        'an endless time in the column',
        5,
        (w) => owner`
      update audit_records set at = 'infinity' where workspace_id = ${w} and seq = 5`,
      ],
      [
        'another id in the column',
        5,
        (w) => owner`
      update audit_records set audit_id = 'aud_x' where workspace_id = ${w} and seq = 5`,
      ],
      ['the head removed', 1, (w) => owner`delete from audit_heads where workspace_id = ${w}`],
      [
        'the head set back',
        10,
        (w) => owner`
      update audit_heads h set seq = 9, hash = r.hash, mac = r.mac from audit_records r
      where h.workspace_id = ${w} and r.workspace_id = ${w} and r.seq = 9`,
      ],
    ]

  it.each(edits)('names the first bad number: %s', async (_what, seq, edit) => {
    verifies('S-37')
    const workspaceId = await tenRecords(one)
    expect(await one.log.verify(workspaceId)).toEqual({ ok: true, checked: 10 })
    await edit(workspaceId)
    const found = await one.log.verify(workspaceId)
    expect(found).toMatchObject({ ok: false, firstBad: seq })
    expect(found.reason).toMatch(/^[A-Z].*\.$/)
    expect(found.checked).toBe(Math.max(0, Math.min(10, seq - 1)))
    // A page of a changed log is still a page.
    const page = await one.log.list(workspaceId, { limit: 50 })
    expect(Array.isArray(page.entries)).toBe(true)
  })

  const cutBack = async (workspaceId: string, to: number) => {
    await owner`delete from audit_records where workspace_id = ${workspaceId} and seq > ${to}`
    await owner`
      update audit_heads h set seq = r.seq, hash = r.hash, mac = r.mac from audit_records r
      where h.workspace_id = ${workspaceId} and r.workspace_id = ${workspaceId} and r.seq = ${to}`
  }

  it('finds the newest entries removed, head and all, by the checkpoint in the table', async () => {
    verifies('S-37')
    const workspaceId = await tenRecords(one)
    expect(await one.log.checkpoint()).toBeGreaterThan(0)
    const good = await one.log.verify(workspaceId)
    expect(good).toMatchObject({ ok: true, checked: 10, lastCheckpoint: { seq: 10, count: 10 } })
    await cutBack(workspaceId, 6)
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 7, checked: 6 })
  })

  it('finds them by the append-only file when the checkpoints in the table are gone too', async () => {
    verifies('S-37')
    const workspaceId = await tenRecords(one)
    await one.log.checkpoint()
    await cutBack(workspaceId, 3)
    await owner`delete from audit_checkpoints where workspace_id = ${workspaceId}`
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 4, checked: 3 })
    // Everything gone, as if the workspace had never done anything.
    await owner`delete from audit_records where workspace_id = ${workspaceId}`
    await owner`delete from audit_heads where workspace_id = ${workspaceId}`
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 1, checked: 0 })
  })

  it('finds a checkpoint that this vault did not sign', async () => {
    const workspaceId = await tenRecords(one)
    await one.log.checkpoint()
    await owner`
      update audit_checkpoints set signature = sha512(signature) where workspace_id = ${workspaceId}`
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 10 })
  })

  it('finds a chain that was written again after the cut, with records of its own', async () => {
    verifies('S-37')
    const workspaceId = await tenRecords(one)
    await one.log.checkpoint()
    await cutBack(workspaceId, 4)
    const second = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    for (let i = 0; i < 8; i += 1) await second.log.begin(anIntent(workspaceId))
    expect(await second.log.verify(workspaceId)).toMatchObject({ ok: false, firstBad: 10 })
    await second.close()
  })

  it('passes over a torn line of the file and goes on adding whole ones', async () => {
    const path = newCheckpointPath()
    const log = openAuditLog({ url: test.urls.app, rootKey, checkpointPath: path })
    const workspaceId = await tenRecords(log)
    await appendFile(path, '{"workspaceId":"wsp_torn","se')
    await log.log.checkpoint()
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines.some((text) => text.includes(`${workspaceId}","seq":10`))).toBe(true)
    expect(await log.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 10 })
    await log.close()
  })

  it('neither follows nor signs a head that was changed from outside', async () => {
    verifies('S-37')
    const workspaceId = await tenRecords(one)
    const second = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    await owner`update audit_heads set hash = sha256(hash) where workspace_id = ${workspaceId}`
    await expect(second.log.begin(anIntent(workspaceId))).rejects.toMatchObject({
      type: 'audit-unavailable',
    })
    await second.log.checkpoint()
    const signed = await owner`
      select 1 from audit_checkpoints where workspace_id = ${workspaceId}`
    expect(signed).toHaveLength(0)
    expect(second.failures.length).toBeGreaterThan(0)
    await second.close()
  })

  it('has a database role that can neither change nor remove what was recorded', async () => {
    const workspaceId = await tenRecords(one)
    const { sql } = one.database
    await expect(
      sql`update audit_records set entry = '' where workspace_id = ${workspaceId}`,
    ).rejects.toThrow()
    await expect(
      sql`delete from audit_records where workspace_id = ${workspaceId}`,
    ).rejects.toThrow()
    await expect(
      sql`delete from audit_checkpoints where workspace_id = ${workspaceId}`,
    ).rejects.toThrow()
  })

  it('signs each head once, one replica at a time', async () => {
    const second = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    await one.log.checkpoint()
    const workspaceId = await tenRecords(one)
    const made = await Promise.all([one.log.checkpoint(), second.log.checkpoint()])
    // The chain that an earlier test changed from outside is left unsigned.
    expect(made[0] + made[1]).toBe(1)
    expect(await one.log.checkpoint()).toBe(0)
    const stored = await owner`
      select seq::int as seq from audit_checkpoints where workspace_id = ${workspaceId}`
    expect(stored).toMatchObject([{ seq: 10 }])
    await second.close()
  })
})
