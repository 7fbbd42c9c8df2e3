import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@sallyport/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { copyIn } from '../apps/vault/src/store/backup/copy-in.ts'
import { binary, createPerson } from './cli/sallyport.ts'
import { startTestDatabase } from './fixtures/database.ts'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { findLeak } from './fixtures/find-leak.ts'
import { signIn } from './fixtures/people.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { spawnVault, startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// A vault is backed up while it serves, and comes to life elsewhere: what an operator types, and what is there afterwards.

const token = `upstream-secret-${randomBytes(8).toString('hex')}`
const folder = mkdtempSync(join(tmpdir(), 'backups-'))
chmodSync(folder, 0o755)
let upstream: EchoUpstream
let vault: TestVault
let agent: TestAgent
let connectionId: string
const file = join(folder, 'vault.backup')
const open = { pending: '', approved: '' }
/** Good for one use each. */
const once = { enrolment: '', invitation: '' }

/** The built command as an operator types it. */
async function operate(env: Record<string, string>, ...args: string[]) {
  const operator = createPerson('http://127.0.0.1:9', env)
  return operator.run(args).finally(operator.leave)
}

/** A data directory with nothing but the root key in it. */
function emptyMachine(name: string): string {
  const dataDir = join(folder, name, 'data')
  mkdirSync(dataDir, { recursive: true })
  chmodSync(join(folder, name), 0o755)
  copyFileSync(join(vault.dataDir, 'root-key'), join(dataDir, 'root-key'))
  return dataDir
}

const call = { method: 'GET' as const, path: '/x' }
const request = () => ({ connectionId, method: call.method, url: `${upstream.origin}${call.path}` })

beforeAll(async () => {
  ;[upstream, vault] = await Promise.all([startEchoUpstream(), startVault({ own: true })])
  agent = await vault.createAgentWithKey('backed-up-agent')
  connectionId = await vault.addConnection({
    origins: [upstream.origin],
    credential: { kind: 'bearer', token },
  })
  await vault.addPolicy({
    ...{ agentId: agent.agentId, connectionId, approval: 'writes' },
    allow: [{ origin: upstream.origin, methods: ['GET', 'POST'], paths: ['/**'] }],
  })
  await agent.client.call('execute', request())
  for (const name of ['pending', 'approved'] as const) {
    const asked = await agent.client.call('execute', { ...request(), method: 'POST', body: name })
    if (!('approvalRequestId' in asked)) throw new Error('nobody was asked')
    open[name] = asked.approvalRequestId
  }
  await vault.owner.call('approveRequest', { approvalId: open.approved })
  once.enrolment = (await vault.owner.call('createAgent', { name: 'enrols-later' })).bootstrapSecret
  const invitation = { email: 'invited@example.com', role: 'admin' }
  const person = await signIn(vault)
  const invited = await person.send('POST', '/api/v1/workspace/invitations', { body: invitation })
  once.invitation = String(invited.body.invitationUrl).split('#token=')[1] ?? ''
  const checkpoints = join(vault.dataDir, 'audit-checkpoints.jsonl')
  // An export signs one.
  const headers = { authorization: `Bearer ${vault.ownerToken}` }
  await (await fetch(`${vault.url}/api/v1/audit/export`, { headers })).text()
  expect(statSync(checkpoints).size).toBeGreaterThan(0)
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
  rmSync(folder, { recursive: true, force: true })
})

const running: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
})

/** Starts a vault on what was restored, and answers clients of its agent and its owner. */
async function startRestored(dataDir: string, env: Record<string, string> = {}) {
  const { child, exited, ready } = spawnVault(join(dataDir, '..'), env)
  running.push(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const url = await ready
  const { agentId, privateKey } = agent
  return {
    url,
    agent: createClient({ baseUrl: url, auth: { kind: 'agent', agentId, privateKey } }),
    owner: createClient({ baseUrl: url, auth: { kind: 'bearer', token: vault.ownerToken } }),
  }
}

async function expectWhole(
  { agent, owner }: Pick<Awaited<ReturnType<typeof startRestored>>, 'agent' | 'owner'>,
  frozen = false,
) {
  expect(await agent.call('execute', request())).toMatchObject({ status: 200 })
  expect(Object.fromEntries(upstream.requests.at(-1)?.headers ?? [])).toMatchObject({
    authorization: `Bearer ${token}`,
  })
  const { ok, checked } = await owner.call('verifyAudit', {})
  expect([ok, checked > 5]).toEqual([true, true])
  const { entries } = await owner.call('listAudit', { operation: 'restoreBackup' })
  expect(entries).toMatchObject([
    { outcome: 'done', detail: { madeAt: expect.any(String), frozen } },
  ])
  const { agents } = await owner.call('listAgents', {})
  expect(agents.map(({ name }) => name).sort()).toEqual(['backed-up-agent', 'enrols-later'])
}

describe('a backup', () => {
  it('is written while the vault serves, for nobody else to read, and replaces nothing', async () => {
    verifies('S-38')
    const env = { SALLYPORT_DATA_DIR: vault.dataDir }
    const [made, during] = await Promise.all([
      operate(env, 'backup', file),
      agent.client.call('execute', request()),
    ])
    expect(during).toMatchObject({ status: 200 })
    expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/\d+ tables, 0\.\d MB/)])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const bytes = readFileSync(file)
    const rootKey = readFileSync(join(vault.dataDir, 'root-key'), 'utf8').trim()
    for (const secret of [token, rootKey, 'backed-up-agent', 'owner@example.com']) {
      expect(findLeak(bytes, secret), secret).toBeUndefined()
    }
    const again = await operate(env, 'backup', file)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is there already')])
    expect(readFileSync(file).equals(bytes)).toBe(true)
    expect(readdirSync(folder)).toEqual(['vault.backup'])
  })

  it('is known of to the doctor, who looks at the database of the vault that runs', async () => {
    const { stdout } = await operate(
      { SALLYPORT_DATA_DIR: vault.dataDir },
      ...['doctor', '--vault', '--json'],
    )
    const { findings } = JSON.parse(stdout) as { findings: { what: string }[] }
    expect(findings.find(({ what }) => what === 'backups')).toMatchObject({
      ...{ ok: true, say: 'the last is less than an hour old' },
    })
  })

  it('is looked through without changing anything', async () => {
    const { code, stdout } = await operate(
      { SALLYPORT_DATA_DIR: vault.dataDir },
      ...['restore', file, '--check'],
    )
    expect([code, stdout]).toEqual([0, expect.stringContaining('It is whole.')])
  })

  it('opens with no other root key, and not where a byte of it is other or missing: nothing is made then', async () => {
    verifies('S-34')
    verifies('S-33')
    const bytes = readFileSync(file)
    const changed = Buffer.from(bytes)
    changed[bytes.length - 1000] = (changed[bytes.length - 1000] ?? 0) ^ 1
    const renamed = Buffer.from(
      bytes.toString('latin1').replace('"version":"', '"version":"9'),
      'latin1',
    )
    const files = { changed, renamed, cut: bytes.subarray(0, -100), text: Buffer.from('{}\n') }
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content)
      const dataDir = emptyMachine(`of-${name}`)
      const { code, stderr } = await operate(
        { SALLYPORT_DATA_DIR: dataDir },
        ...['restore', join(folder, name)],
      )
      expect([name, code, stderr]).toEqual([name, 1, expect.stringMatching(/changed|not a backup/)])
      expect(readdirSync(dataDir)).toEqual(['root-key'])
    }
    const dataDir = emptyMachine('other-key')
    writeFileSync(join(dataDir, 'root-key'), randomBytes(32).toString('base64'))
    const { code, stderr } = await operate({ SALLYPORT_DATA_DIR: dataDir }, 'restore', file)
    expect([code, stderr]).toEqual([78, expect.stringContaining('sealed by the root key')])
    expect(readdirSync(dataDir)).toEqual(['root-key'])
  })

  it('is restored nowhere where there is a vault', async () => {
    const { code, stderr } = await operate(
      { SALLYPORT_DATA_DIR: vault.dataDir },
      ...['restore', file],
    )
    // The vault runs, and holds its data directory.
    expect([code, stderr]).toEqual([1, expect.stringMatching(/another vault|in use|a vault/i)])
    expect((await vault.owner.call('verifyAudit', {})).ok).toBe(true)
  })
})

describe('a vault out of a backup', () => {
  it('has everything on an empty machine, however often restoring was killed before', async () => {
    verifies('S-43')
    const dataDir = emptyMachine('new')
    const env = { PATH: process.env.PATH ?? '', HOME: folder, SALLYPORT_DATA_DIR: dataDir }
    for (const table of ['Table 1:', 'Table 11:']) {
      const child = spawn(process.execPath, [binary, 'restore', file], { env })
      const ended = new Promise((resolve) => child.on('exit', resolve))
      let said = ''
      child.stderr.on('data', (chunk) => {
        said += String(chunk)
        if (said.includes(table)) child.kill('SIGKILL')
      })
      await ended
      expect(said).toContain(table)
    }
    const done = await operate({ SALLYPORT_DATA_DIR: dataDir }, 'restore', file)
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('It is restored')])
    const again = await operate({ SALLYPORT_DATA_DIR: dataDir }, 'restore', file)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('a vault in this')])

    const restored = await startRestored(dataDir)
    await expectWhole(restored)
    // Nobody knows whether it was used after the backup.
    verifies('S-25')
    for (const approvalId of Object.values(open)) {
      const { approval } = await restored.owner.call('getApproval', { approvalId })
      expect(approval.status).toBe('expired')
      await expect(restored.agent.call('executeApproval', { approvalId })).rejects.toMatchObject({
        type: 'approval-expired',
      })
    }
    expect(existsSync(join(dataDir, 'audit-checkpoints.jsonl.restored'))).toBe(false)
    // Neither does anybody know whether these were.
    verifies('S-07')
    const ask = async (path: string, body: unknown) =>
      (
        await fetch(`${restored.url}${path}`, {
          ...{ method: 'POST', body: JSON.stringify(body) },
          headers: { 'content-type': 'application/json', origin: restored.url },
        })
      ).json()
    const { kty, crv, x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'jwk',
    })
    const enrolment = { bootstrapSecret: once.enrolment, publicKey: { kty, crv, x, y } }
    expect(await ask('/v1/agents/bootstrap', enrolment)).toMatchObject({
      type: expect.stringContaining('invalid-bootstrap-secret'),
    })
    expect(await ask('/api/v1/invitations/read', { token: once.invitation })).toMatchObject({
      type: expect.stringContaining('invalid-invitation'),
    })
  })

  it('goes on in a PostgreSQL of its own', async () => {
    const database = await startTestDatabase()
    running.push(database.stop)
    const dataDir = emptyMachine('postgres')
    const env = {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY_FILE: join(dataDir, 'root-key'),
      SALLYPORT_DATA_DIR: join(folder, 'made-later', 'data'),
    }
    const sql = openSuperuser(database.urls.owner)
    running.push(() => sql.end({ timeout: 1 }))
    const guards = () => sql`
      select tgrelid::regclass::text as of, tgname, tgenabled from pg_trigger
      where not tgisinternal order by 1, 2`
    const [...guarded] = await guards()
    const { code, stderr } = await operate(env, 'restore', file, '--freeze')
    expect([code, stderr]).toEqual([0, expect.stringContaining('Table 1: ')])
    // What keeps audit entries from being changed stands as it stood.
    verifies('S-37')
    expect(guarded.some(({ tgenabled }) => tgenabled === 'A')).toBe(true)
    expect([...(await guards())]).toEqual(guarded)
    const restored = await startRestored(dataDir, env)
    // Whoever was stopped after the backup does nothing before somebody has looked.
    verifies('S-10')
    await expect(restored.agent.call('execute', request())).rejects.toMatchObject({
      type: 'workspace-frozen',
    })
    const person = await signIn({ url: restored.url })
    expect((await person.send('POST', '/api/v1/workspace/unfreeze', { body: {} })).status).toBe(200)
    await expectWhole(restored, true)
    // A vault that comes into the database while the tables are made is no place for a restore either.
    const again = copyIn(database.urls.owner, {
      tables: (async function* () {
        yield* []
        throw new Error('the tables were read')
      })(),
      freezes: false,
      onTable: () => {},
    })
    expect(await again).toBeUndefined()
    expect([...(await guards())]).toEqual(guarded)
    expect(existsSync(join(folder, 'made-later', 'data', 'audit-checkpoints.jsonl'))).toBe(true)
  })
})
