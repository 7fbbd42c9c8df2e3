import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { runProgram } from './fixtures/run-program.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// An insider who may do anything to the database changes the log; the vault, and an export without it, tell.

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let upstream: EchoUpstream
let agent: TestAgent
let connectionId: string
let folder: string
let auditKeyFile: string
let checkpoints: string
let newest: number
const command = fileURLToPath(new URL('../packages/cli/bin/sallyport.js', import.meta.url))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'))
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  upstream = await startEchoUpstream()
  const rootKey = randomBytes(32).toString('base64')
  auditKeyFile = join(folder, 'audit-key')
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: rootKey,
    },
  })
  checkpoints = join(vault.dataDir, 'audit-checkpoints.jsonl')
  agent = await vault.createAgentWithKey('watched')
  connectionId = await vault.addConnection({ origins: [upstream.origin] })
  await vault.addPolicy({ agentId: agent.agentId, connectionId })
  for (let i = 0; i < 12; i += 1) {
    await agent.client.call('execute', {
      connectionId,
      method: 'GET',
      url: `${upstream.origin}/${i}`,
    })
    await agent.client
      .call('execute', { connectionId, method: 'DELETE', url: `${upstream.origin}/${i}` })
      .catch(() => {})
  }
  const [header = ''] = readFileSync(await exportLog('before'), 'utf8').split('\n', 1)
  const printed = await runProgram(
    process.execPath,
    [command, 'keys', 'audit-key', JSON.parse(header).workspaceId],
    { env: { DATABASE_URL: database.urls.app, SALLYPORT_ROOT_KEY: rootKey } },
  )
  writeFileSync(auditKeyFile, printed.stdout, { mode: 0o600 })
  await admin.unsafe(`
    ALTER TABLE audit_records DISABLE TRIGGER append_only;
    ALTER TABLE audit_checkpoints DISABLE TRIGGER append_only;
    CREATE TABLE kept_records AS TABLE audit_records;
    CREATE TABLE kept_heads AS TABLE audit_heads;
    CREATE TABLE kept_checkpoints AS TABLE audit_checkpoints;`)
  const [row] = await admin<{ seq: number }[]>`SELECT max(seq)::int AS seq FROM audit_records`
  newest = row?.seq ?? 0
})
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await upstream?.close()
  await database?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function restore(): Promise<void> {
  await admin.unsafe(`
    TRUNCATE audit_records, audit_heads, audit_checkpoints;
    INSERT INTO audit_records TABLE kept_records;
    INSERT INTO audit_heads TABLE kept_heads;
    INSERT INTO audit_checkpoints TABLE kept_checkpoints;`)
}

/** The path of a whole export; fails where the vault ends it half way. */
async function exportLog(name: string): Promise<string> {
  const response = await fetch(`${vault.url}/api/v1/audit/export`, {
    headers: { authorization: `Bearer ${vault.ownerToken}` },
  })
  const path = join(folder, `${name}.jsonl`)
  writeFileSync(path, await response.text())
  return path
}

interface Verdict {
  readonly code: number
  readonly ok?: boolean
  readonly firstBad?: number
  readonly reason?: string
  readonly checked?: number
}

/** What the command says of an export, without any vault. */
function verifyOffline(path: string, ...more: string[]): Promise<Verdict> {
  const args = [command, '--json', 'audit', 'verify', path, ...more]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { env: { PATH: process.env.PATH ?? '', HOME: folder } },
      (error, stdout) => {
        const code = typeof error?.code === 'number' ? error.code : 0
        const [line = '{}'] = stdout.trim().split('\n').slice(-1)
        resolve({ code, ...JSON.parse(stdout.trim().startsWith('{') ? stdout : line) })
      },
    )
  })
}

/** Each is what an insider runs, and the first sequence number that is not as it was written. */
const changes: Record<string, { sql: string; firstBad: (newest: number) => number }> = {
  'the text of a record': {
    sql: `UPDATE audit_records SET entry = replace(entry, '"allow"', '"deny"') WHERE seq = (SELECT min(seq) FROM audit_records WHERE entry LIKE '%"allow"%' AND seq > 10)`,
    firstBad: () => firstAllowed,
  },
  'white space in a record': {
    sql: 'UPDATE audit_records SET entry = entry || chr(32) WHERE seq = 9',
    firstBad: () => 9,
  },
  'the time of a record': {
    sql: "UPDATE audit_records SET at = at + interval '1 second' WHERE seq = 8",
    firstBad: () => 8,
  },
  'the agent that a record names': {
    sql: "UPDATE audit_records SET agent_id = 'agt_other' WHERE seq = 11",
    firstBad: () => 11,
  },
  'the connection that a record names': {
    sql: "UPDATE audit_records SET connection_id = 'con_other' WHERE seq = 12",
    firstBad: () => 12,
  },
  'the decision that a record is found by': {
    sql: "UPDATE audit_records SET decision = 'none' WHERE seq = 13",
    firstBad: () => 13,
  },
  'the id of a record': {
    sql: "UPDATE audit_records SET audit_id = 'aud_other' WHERE seq = 7",
    firstBad: () => 7,
  },
  'the kind of a record': {
    sql: "UPDATE audit_records SET kind = 'outcome' WHERE seq = 1",
    firstBad: () => 1,
  },
  'the hash of a record': {
    sql: "UPDATE audit_records SET hash = sha256('x') WHERE seq = 14",
    firstBad: () => 14,
  },
  'the MAC of a record': {
    sql: "UPDATE audit_records SET mac = sha256('x') WHERE seq = 15",
    firstBad: () => 15,
  },
  'the first record': {
    sql: 'UPDATE audit_records SET entry = lower(entry) || chr(32) WHERE seq = 1',
    firstBad: () => 1,
  },
  'a record that is gone': { sql: 'DELETE FROM audit_records WHERE seq = 16', firstBad: () => 16 },
  'the first record, gone': { sql: 'DELETE FROM audit_records WHERE seq = 1', firstBad: () => 1 },
  'two records in exchange': {
    sql: `UPDATE audit_records SET seq = -seq WHERE seq IN (17, 18);
      UPDATE audit_records SET seq = CASE seq WHEN -17 THEN 18 ELSE 17 END WHERE seq IN (-17, -18)`,
    firstBad: () => 17,
  },
  'a record that was gone and the rest moved up': {
    sql: `DELETE FROM audit_records WHERE seq = 19;
      UPDATE audit_records SET seq = -(seq - 1) WHERE seq > 19;
      UPDATE audit_records SET seq = -seq WHERE seq < 0`,
    firstBad: () => 19,
  },
  'a record put in between': {
    sql: `UPDATE audit_records SET seq = -(seq + 1) WHERE seq >= 20;
      UPDATE audit_records SET seq = -seq WHERE seq < 0;
      INSERT INTO audit_records SELECT workspace_id, 20, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac
        FROM audit_records WHERE seq = 19`,
    firstBad: () => 20,
  },
  'a record put at the end': {
    sql: `INSERT INTO audit_records SELECT workspace_id, seq + 1, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac
        FROM audit_records WHERE seq = (SELECT max(seq) FROM audit_records)`,
    firstBad: (last) => last + 1,
  },
  'a record put before the first': {
    sql: `INSERT INTO audit_records SELECT workspace_id, 0, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac
        FROM audit_records WHERE seq = 1`,
    firstBad: () => 0,
  },
  'a chain hashed anew after an edit': {
    sql: `UPDATE audit_records SET entry = replace(entry, ',"at":"20', ',"at":"19') WHERE seq = 21;
      DO $$ DECLARE r record; h bytea; BEGIN
        SELECT hash INTO h FROM audit_records WHERE seq = 20;
        FOR r IN SELECT * FROM audit_records WHERE seq >= 21 ORDER BY seq LOOP
          h := sha256(h || int4send(octet_length(convert_to(r.entry, 'UTF8'))) || convert_to(r.entry, 'UTF8'));
          UPDATE audit_records SET hash = h WHERE seq = r.seq;
        END LOOP;
        UPDATE audit_heads SET hash = h;
      END $$`,
    firstBad: () => 21,
  },
}
let firstAllowed = 0

describe.each(Object.keys(changes))('%s', (name) => {
  it('is found, by the vault and by the verifier of an export, at its sequence number', async () => {
    verifies('S-37')
    const [allowed] = await admin<{ seq: number }[]>`
      SELECT min(seq)::int AS seq FROM kept_records WHERE entry LIKE '%"allow"%' AND seq > 10`
    firstAllowed = allowed?.seq ?? 0
    const change = changes[name]
    expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true, checked: newest })
    await admin.unsafe(change?.sql ?? '')
    try {
      const verdict = await vault.owner.call('verifyAudit', {})
      expect(verdict).toMatchObject({ ok: false, firstBad: change?.firstBad(newest) })
      expect(verdict.reason).toMatch(/\S{3}/)
      // What only repeats parts of the entry for searching is not exported.
      const isExported = !/ SET (at|agent_id|connection_id|decision|audit_id|kind) /.test(
        change?.sql ?? '',
      )
      const isBeyondHead = (change?.firstBad(newest) ?? 0) > newest
      if (!isExported || isBeyondHead) return
      if (name === 'a chain hashed anew after an edit') {
        // Its head is not the vault's: nothing is signed on top of it.
        expect(readFileSync(await exportLog('forged'), 'utf8')).toContain(
          'cannot be exported so that it can be verified',
        )
        return
      }
      const path = await exportLog('tampered')
      // A MAC is a proof for those who hold the key alone; what is recorded is proved by hash and signature, too.
      const withoutKey = name === 'the MAC of a record' ? [] : [[], ['--checkpoints', checkpoints]]
      for (const proofs of [['--audit-key-file', auditKeyFile], ...withoutKey]) {
        const offline = await verifyOffline(path, ...proofs)
        expect(offline.code).not.toBe(0)
        expect(offline.ok).toBe(false)
        if (proofs[0] === '--audit-key-file')
          expect(offline.firstBad).toBe(change?.firstBad(newest))
        else expect(offline.firstBad).toBeLessThanOrEqual(newest)
      }
    } finally {
      await restore()
    }
  })
})

describe('the newest records, removed', () => {
  /** A shorter chain that holds in itself: records and head as they were three records ago. */
  const shorten = `
    DELETE FROM audit_records WHERE seq > (SELECT max(seq) - 3 FROM kept_records);
    UPDATE audit_heads SET (seq, hash, mac) = (SELECT seq, hash, mac FROM audit_records ORDER BY seq DESC LIMIT 1);`

  it('are missed through the checkpoints in the table, and through the file when those are gone too', async () => {
    verifies('S-37')
    try {
      await admin.unsafe(shorten)
      const byTable = await vault.owner.call('verifyAudit', {})
      expect(byTable).toMatchObject({ ok: false, firstBad: newest - 2 })
      await admin.unsafe('TRUNCATE audit_checkpoints')
      const byFile = await vault.owner.call('verifyAudit', {})
      expect(byFile).toMatchObject({ ok: false, firstBad: newest - 2 })
      expect(byFile.lastCheckpoint?.seq).toBeGreaterThanOrEqual(newest)
      const path = await exportLog('shortened')
      expect(await verifyOffline(path, '--checkpoints', checkpoints)).toMatchObject({
        ok: false,
        firstBad: newest - 2,
      })
    } finally {
      await restore()
    }
  })

  it('are missed when everything is gone, and when the file is gone and the table is not', async () => {
    verifies('S-37')
    const aside = `${checkpoints}.aside`
    try {
      await admin.unsafe('TRUNCATE audit_records, audit_heads, audit_checkpoints')
      expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: false, firstBad: 1 })
      await restore()
      renameSync(checkpoints, aside)
      await admin.unsafe(shorten)
      expect(await vault.owner.call('verifyAudit', {})).toMatchObject({
        ok: false,
        firstBad: newest - 2,
      })
    } finally {
      renameSync(aside, checkpoints)
      await restore()
    }
  })

  it('are missed though checkpoints were forged to fit', async () => {
    verifies('S-37')
    try {
      await admin.unsafe(`${shorten}
        UPDATE audit_checkpoints SET (seq, count, hash, mac) = (SELECT seq, seq, hash, mac FROM audit_records ORDER BY seq DESC LIMIT 1)
          WHERE seq = (SELECT max(seq) FROM audit_checkpoints)`)
      expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: false })
    } finally {
      await restore()
    }
  })
})

describe('an export that was changed on its way', () => {
  it('does not verify, whatever was done to its lines', async () => {
    verifies('S-37')
    const text = readFileSync(await exportLog('whole'), 'utf8')
    const whole = join(folder, 'whole.jsonl')
    expect(await verifyOffline(whole, '--audit-key-file', auditKeyFile)).toMatchObject({
      code: 0,
      ok: true,
      checked: newest,
    })
    const lines = text.trimEnd().split('\n')
    const at = (index: number, line: string) => lines.with(index, line).join('\n')
    const header = JSON.parse(lines[0] ?? '{}')
    // A checkpoint may stand among the lines before it.
    const place = lines.findIndex((line) => line.startsWith('{"type":"record","seq":10,'))
    const tenth = lines[place] ?? ''
    const forged: [string, number | undefined][] = [
      [at(place, tenth.replace('"seq":10', '"seq":11')), 10],
      [at(place, tenth.replace('watched', 'unwatched').replace('execute', 'executx')), 10],
      [lines.toSpliced(place, 1).join('\n'), 10],
      [lines.toSpliced(place, 0, tenth).join('\n'), 10],
      [lines.toSpliced(place, 2, lines[place + 1] ?? '', tenth).join('\n'), 10],
      [lines.slice(0, -1).join('\n'), undefined],
      [lines.slice(0, place + 2).join('\n'), undefined],
      [lines.slice(1).join('\n'), undefined],
      [at(0, JSON.stringify({ ...header, workspaceId: 'wsp_other' })), 1],
      [`${text}${lines.at(-1)}`, undefined],
      [at(place, '{'), 10],
      [at(place, `[${tenth}]`), 10],
      ['', undefined],
      ['\u0000'.repeat(1000), undefined],
    ]
    for (const [index, [changed, firstBad]] of forged.entries()) {
      const path = join(folder, `forged-${index}.jsonl`)
      writeFileSync(path, `${changed}\n`)
      const verdict = await verifyOffline(path, '--audit-key-file', auditKeyFile)
      expect([index, verdict.code === 0, verdict.ok ?? false]).toEqual([index, false, false])
      if (firstBad !== undefined) expect([index, verdict.firstBad]).toEqual([index, firstBad])
    }
  }, 120_000)

  it('does not verify against the key of another vault', async () => {
    verifies('S-37')
    const other = join(folder, 'other-key')
    writeFileSync(other, randomBytes(32).toString('base64'), { mode: 0o600 })
    const mine = await exportLog('mine')
    for (const kind of ['--root-key-file', '--audit-key-file']) {
      const verdict = await verifyOffline(mine, kind, other)
      expect([kind, verdict.ok, verdict.firstBad]).toEqual([kind, false, 1])
    }
  })
})

it('goes on from nothing that was forged: a head that an insider wrote is not built upon', async () => {
  verifies('S-36', 'S-37')
  try {
    await admin`UPDATE audit_heads SET seq = seq - 1`
    const sent = upstream.requests.length
    const failure = await agent.client
      .call('execute', { connectionId, method: 'GET', url: `${upstream.origin}/forged` })
      .catch((problem: unknown) => problem)
    expect(failure).toMatchObject({ status: 503 })
    expect(upstream.requests.length).toBe(sent)
  } finally {
    await restore()
  }
})
