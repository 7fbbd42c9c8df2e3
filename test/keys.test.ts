import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../apps/vault/src/store/connect.ts'
import { createPerson } from './cli/sallyport.ts'
import { dumpDatabase } from './fixtures/dump.ts'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { type FakeKms, startTransit } from './fixtures/kms.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import type { Ended } from './fixtures/run-program.ts'
import { spawnVault, startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Keys are replaced while vaults serve: what an operator types, and what agents and owners notice of it, which is nothing.

const command = fileURLToPath(new URL('../packages/cli/bin/sallyport.js', import.meta.url))
const token = `upstream-secret-${randomBytes(8).toString('hex')}`

interface Status {
  readonly rootKeys: readonly {
    readonly id: string
    readonly isCurrent: boolean
    readonly workspaceKeys: number
    readonly secrets: number
  }[]
  readonly workspaces: readonly {
    readonly id: string
    readonly keys: readonly { readonly version: number; readonly rows: number }[]
  }[]
  readonly secrets: readonly { readonly purpose: string; readonly version: number }[]
  readonly vaults: readonly unknown[]
}

/** The built command, with the environment of a vault. */
async function keys(env: Record<string, string>, ...args: string[]): Promise<Ended> {
  const operator = createPerson('http://127.0.0.1:9', env)
  return operator.run(['keys', ...args, '--json']).finally(operator.leave)
}
async function statusOf(env: Record<string, string>): Promise<Status> {
  const { code, stdout, stderr } = await keys(env, 'status')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

/** Calls without a pause, one after the other, until it is stopped; answers how many went through and what did not. */
function keepCalling(call: () => Promise<unknown>) {
  const seen = { done: 0, failures: [] as unknown[], stopped: false }
  const running = (async () => {
    while (!seen.stopped) {
      await call().then(
        () => seen.done++,
        (error: unknown) => seen.failures.push(error),
      )
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  return async () => {
    seen.stopped = true
    await running
    return seen
  }
}

/** What a workspace has that is sealed in different ways, and what shows that it opens. */
async function prepare(vault: TestVault, upstream: EchoUpstream) {
  const agent = await vault.createAgentWithKey('keys')
  const credentials = [
    { kind: 'bearer', token },
    { kind: 'basic', username: 'somebody', password: token },
    { kind: 'header', name: 'x-api-key', value: token },
  ] as const
  const connectionIds: string[] = []
  for (const credential of credentials) {
    const id = await vault.addConnection({ origins: [upstream.origin], credential })
    await vault.addPolicy({ agentId: agent.agentId, connectionId: id })
    connectionIds.push(id)
  }
  await vault.owner.call('putVariable', { name: 'KEPT', value: token })
  return { agent, connectionIds }
}

const get = (upstream: EchoUpstream, connectionId: string) =>
  ({ connectionId, method: 'GET', url: `${upstream.origin}/x` }) as const

/** Every credential reaches the upstream as it was given. */
async function expectAllOpen(
  client: TestAgent['client'],
  upstream: EchoUpstream,
  connectionIds: readonly string[],
): Promise<void> {
  for (const connectionId of connectionIds) {
    expect(await client.call('execute', get(upstream, connectionId))).toMatchObject({ status: 200 })
    const sent = JSON.stringify(upstream.requests.at(-1)?.headers)
    const basic = Buffer.from(`somebody:${token}`).toString('base64')
    expect(sent.includes(token) || sent.includes(basic)).toBe(true)
  }
}

let upstream: EchoUpstream
beforeAll(async () => {
  upstream = await startEchoUpstream()
})
afterAll(() => upstream?.close())

describe('the keys of an embedded vault', () => {
  let vault: TestVault
  let agent: TestAgent
  let connectionIds: string[]
  let env: Record<string, string>
  let transit: FakeKms
  const kmsToken = `hvs.${randomBytes(12).toString('hex')}`
  const environment = () => ({
    SALLYPORT_KMS: 'transit',
    SALLYPORT_KMS_URL: transit.url,
    SALLYPORT_KMS_KEY: 'sallyport',
    SALLYPORT_KMS_TOKEN: kmsToken,
  })
  const rootKeyPath = () => join(vault.dataDir, 'root-key')
  beforeAll(async () => {
    transit = await startTransit({ token: kmsToken, key: 'sallyport' })
    vault = await startVault({ own: true })
    ;({ agent, connectionIds } = await prepare(vault, upstream))
    env = { SALLYPORT_DATA_DIR: vault.dataDir }
  })
  afterAll(async () => {
    await vault?.stop()
    await transit?.close()
  })

  it('are replaced while it serves: no call fails, tokens stay good, and the log verifies', async () => {
    verifies('S-35')
    const before = await statusOf(env)
    expect(before.rootKeys).toMatchObject([{ isCurrent: true, workspaceKeys: 1, secrets: 4 }])
    expect(before.vaults).toHaveLength(1)
    const oldKey = readFileSync(rootKeyPath(), 'utf8')
    const stop = keepCalling(() =>
      agent.client.call('execute', get(upstream, connectionIds[0] ?? '')),
    )
    const root = await keys(env, 'rotate', 'root')
    expect([root.code, root.stdout]).toEqual([0, expect.stringContaining('"rewrapped": 5')])
    const workspaces = await keys(env, 'rotate', 'workspace', '--all')
    expect([workspaces.code, workspaces.stderr]).toEqual([0, expect.not.stringContaining(token)])
    const secrets = await keys(env, 'rotate', 'secrets')
    expect([secrets.code, secrets.stdout]).toEqual([0, expect.stringContaining('"chains": 1')])
    const { done, failures } = await stop()
    expect(failures).toEqual([])
    expect(done).toBeGreaterThan(5)

    const after = await statusOf(env)
    expect(after.rootKeys).toMatchObject([{ isCurrent: true, workspaceKeys: 1, secrets: 6 }])
    expect(after.rootKeys[0]?.id).not.toBe(before.rootKeys[0]?.id)
    expect(after.workspaces[0]?.keys).toMatchObject([{ version: 2 }])
    expect(after.workspaces[0]?.keys[0]?.rows).toBe(before.workspaces[0]?.keys[0]?.rows)
    expect(readFileSync(rootKeyPath(), 'utf8')).not.toBe(oldKey)
    const kept = readdirSync(vault.dataDir).filter((name) => /^root-key\.\w+\.old$/.test(name))
    expect(kept.map((name) => readFileSync(join(vault.dataDir, name), 'utf8'))).toEqual([oldKey])
    await expectAllOpen(agent.client, upstream, connectionIds)
    expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
    for (const { stdout, stderr } of [root, workspaces, secrets]) {
      for (const secret of [oldKey.trim(), readFileSync(rootKeyPath(), 'utf8').trim()]) {
        expect(stdout + stderr + vault.output()).not.toContain(secret)
      }
    }
  })

  it('are named in the audit log, from which to which, and the exported log is proved with all of them', async () => {
    verifies('S-37', 'S-38')
    const [rootKey] = (await statusOf(env)).rootKeys
    for (const [operation, detail] of [
      ['rotateRootKey', { from: expect.stringMatching(/^\w{16}$/), to: rootKey?.id }],
      ['rotateWorkspaceKey', { fromVersion: 1, toVersion: 2 }],
      ['rotateAuditKeys', expect.objectContaining({ fromVersion: 1, toVersion: 2 })],
    ] as const) {
      const { entries } = await vault.owner.call('listAudit', { operation })
      expect(entries).toMatchObject([{ operation, outcome: 'done', detail }])
    }
    const { workspaces, secrets } = await statusOf(env)
    expect(secrets).toContainEqual({ purpose: 'audit-mac', version: 2, older: [1] })
    expect(secrets).toContainEqual({ purpose: 'token-hash', version: 1, older: [] })
    const exported = join(vault.dataDir, '..', 'audit.jsonl')
    const lines = await fetch(`${vault.url}/api/v1/audit/export`, {
      headers: { authorization: `Bearer ${vault.ownerToken}` },
    })
    writeFileSync(exported, await lines.text())
    const { stdout } = await keys(env, 'audit-key', workspaces[0]?.id ?? '')
    const { key }: { key: string } = JSON.parse(stdout)
    expect(key.split('\n')).toHaveLength(2)
    const keyFile = join(vault.dataDir, '..', 'audit-key')
    for (const [kept, ok] of [
      [key, true],
      [key.split('\n')[0] ?? '', false],
    ] as const) {
      writeFileSync(keyFile, kept)
      const person = createPerson(vault.url)
      const verdict = await person.run(['audit', 'verify', exported, '--audit-key-file', keyFile])
      person.leave()
      expect([verdict.code, verdict.stdout]).toEqual([ok ? 0 : 1, expect.any(String)])
    }
  })

  it('are needed from then on: the old root key is refused, and the new one opens everything after a crash', async () => {
    verifies('S-34', 'S-35', 'S-43')
    await vault.kill()
    const old = readdirSync(vault.dataDir).find((name) => name.endsWith('.old')) ?? ''
    const refused = spawnVault(join(vault.dataDir, '..'), {
      SALLYPORT_ROOT_KEY_FILE: join(vault.dataDir, old),
    })
    await expect(refused.ready).rejects.toThrow('The root key is not the one')
    expect(await refused.exited).toBe(78)
    await vault.restart()
    await expectAllOpen(agent.client, upstream, connectionIds)
    expect(await vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('are whole after a kill −9 in the middle: the next run goes on, and nothing is lost', async () => {
    verifies('S-35', 'S-43')
    for (const args of [
      ['keys', 'rotate', 'root'],
      ['keys', 'rotate', 'workspace', '--all'],
    ]) {
      const stop = keepCalling(() =>
        agent.client.call('execute', get(upstream, connectionIds[1] ?? '')),
      )
      const child = spawn(process.execPath, [command, ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      await firstWord(child)
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
      await expectAllOpen(agent.client, upstream, connectionIds)
      const { code } = await keys(env, ...args.slice(1))
      expect(code).toBe(0)
      expect((await stop()).failures).toEqual([])
    }
    await vault.kill()
    await vault.restart()
    await expectAllOpen(agent.client, upstream, connectionIds)
    const { rootKeys, workspaces } = await statusOf(env)
    expect(rootKeys).toHaveLength(1)
    expect(workspaces[0]?.keys).toHaveLength(1)
    expect(existsSync(`${rootKeyPath()}.next`)).toBe(false)
  }, 120_000)

  it('move from the file to a KMS by a rotation while it is stopped, and it starts without the file then', async () => {
    verifies('S-35')
    await vault.terminate()
    const { code, stderr } = await keys({ ...env, ...environment() }, 'rotate', 'root')
    expect([code, stderr]).toEqual([0, expect.not.stringContaining(kmsToken)])
    rmSync(join(vault.dataDir, 'root-key'))
    await vault.restart(environment())
    await expectAllOpen(agent.client, upstream, connectionIds)
    expect(transit.refused).toEqual([])
    expect(readdirSync(vault.dataDir)).not.toContain('root-key')
  })

  it('are not asked for while it runs; without the KMS it does not start, says so soon, and changes nothing', async () => {
    verifies('S-34', 'S-38', 'S-44')
    transit.fail('denied')
    await expectAllOpen(agent.client, upstream, connectionIds)
    await vault.terminate()
    const files = () => readdirSync(vault.dataDir).sort()
    const before = files()
    const startedMs = performance.now()
    const refused = spawnVault(join(vault.dataDir, '..'), environment())
    const said = await refused.ready.catch((error: Error) => error.message)
    expect(said).toMatch(/Decrypting the root key with transit at http:\S+ did not work/)
    expect(said).not.toContain(kmsToken)
    expect(await refused.exited).toBe(78)
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    expect(files()).toEqual(before)
    transit.recover()
    await vault.restart(environment())
    await expectAllOpen(agent.client, upstream, connectionIds)
    expect(vault.output()).not.toContain(kmsToken)
  })
})

/** Resolves once a program says something, or ends. */
const firstWord = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.stderr?.once('data', () => resolve())
    child.once('exit', () => resolve())
  })

describe('the keys of two replicas', () => {
  let replicas: Replicas
  let agent: TestAgent
  let connectionIds: string[]
  let folder: string
  let env: Record<string, string>
  const next = randomBytes(32).toString('base64')
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keys-'))
    const file = join(folder, 'root-key')
    writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 })
    replicas = await startReplicas({
      env: { SALLYPORT_ROOT_KEY: '', SALLYPORT_ROOT_KEY_FILE: file },
    })
    ;({ agent, connectionIds } = await prepare(replicas.first, upstream))
    env = { DATABASE_URL: replicas.database.urls.owner, SALLYPORT_ROOT_KEY_FILE: file }
  })
  afterAll(async () => {
    await replicas?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are replaced under the calls of both once the file of the new one lies beside the old', async () => {
    verifies('S-35', 'S-38')
    const second = replicas.second.clientOf(agent)
    await expectAllOpen(second, upstream, connectionIds)
    writeFileSync(`${env.SALLYPORT_ROOT_KEY_FILE}.next`, `${next}\n`, { mode: 0o600 })
    const stops = [agent.client, second].map((client) =>
      keepCalling(() => client.call('execute', get(upstream, connectionIds[2] ?? ''))),
    )
    for (const args of [
      ['rotate', 'root'],
      ['rotate', 'workspace', '--all'],
      ['rotate', 'secrets'],
    ]) {
      const { code, stderr } = await keys(env, ...args)
      expect([args, code, stderr]).toEqual([args, 0, expect.any(String)])
    }
    // Made by the one while the other has only heard of the new key.
    const made = await replicas.first.addConnection({ origins: [upstream.origin] })
    await replicas.first.addPolicy({ agentId: agent.agentId, connectionId: made })
    expect(await second.call('execute', get(upstream, made))).toMatchObject({ status: 200 })
    for (const stop of stops) expect((await stop()).failures).toEqual([])
    await expectAllOpen(agent.client, upstream, connectionIds)
    await expectAllOpen(second, upstream, connectionIds)
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })

    const dump = (await dumpDatabase(replicas.database.urls.owner)).join('\n')
    const rootKeys = [next, readFileSync(env.SALLYPORT_ROOT_KEY_FILE ?? '', 'utf8')]
    for (const secret of [token, ...rootKeys]) {
      expect(dump).not.toContain(secret)
      expect(dump).not.toContain(Buffer.from(secret, 'base64').toString('hex'))
      expect(replicas.second.output() + replicas.first.output()).not.toContain(secret)
    }
  })

  it('are whole after a kill −9 of the replacement of secrets: nothing was changed, and the next run does it', async () => {
    verifies('S-35', 'S-43')
    const before = await statusOf(env)
    const sql = connect({
      ...{ url: replicas.database.urls.owner, maxConnections: 2, applicationName: 'test' },
      silenceMsMax: 60_000,
    })
    await sql.begin(async (tx) => {
      // It waits for all chains, of which one is held here.
      await tx`lock table audit_heads in row exclusive mode`
      const child = spawn(process.execPath, [command, 'keys', 'rotate', 'secrets'], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      })
      const isWaiting = async () => {
        const rows = await sql`
          select 1 from pg_stat_activity where application_name = 'sallyport keys' and wait_event_type = 'Lock'`
        return rows.length
      }
      await expect.poll(isWaiting, { timeout: 20_000, interval: 100 }).toBe(1)
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
    })
    await sql.end()
    expect((await statusOf(env)).secrets).toEqual(before.secrets)
    expect((await keys(env, 'rotate', 'secrets')).code).toBe(0)
    await expectAllOpen(agent.client, upstream, connectionIds)
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })
})
