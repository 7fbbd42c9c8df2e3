import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseProxy, startDatabaseProxy } from './fixtures/database-proxy.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two replicas on one database, and programs of upstream MCP servers: each runs on one of them, and both serve it.

let replicas: Replicas
let proxy: DatabaseProxy
let agent: TestAgent
/** Owners, at each replica. */
let owners: { readonly first: Client; readonly second: Client }
/** Everybody may read it: programs run as users of their own. */
const shared = mkdtempSync(join(tmpdir(), 'sallyport-upstream-replicas-'))
const program = join(shared, 'counting-server.mjs')
const token = `count-${randomBytes(18).toString('base64url')}`

beforeAll(async () => {
  chmodSync(shared, 0o755)
  const source = new URL('./fixtures/upstreams/counting-server.mjs', import.meta.url)
  copyFileSync(fileURLToPath(source), program)
  chmodSync(program, 0o644)
  replicas = await startReplicas({
    env: { SALLYPORT_UPSTREAM_COMMANDS: process.execPath },
    async databaseUrlOfSecond(url) {
      proxy = await startDatabaseProxy(url)
      return proxy.url
    },
  })
  const { first, second } = replicas
  agent = await first.createAgentWithKey('counter')
  const auth = { kind: 'bearer', token: first.ownerToken } as const
  owners = { first: first.owner, second: createClient({ baseUrl: second.url, auth }) }
})
afterAll(async () => {
  await replicas?.stop()
  await proxy?.close()
  rmSync(shared, { recursive: true, force: true })
})

type Name = 'first' | 'second'
const other = (name: Name): Name => (name === 'first' ? 'second' : 'first')

interface Counting {
  readonly id: string
  readonly toolset: string
  readonly diary: string
}

/** A server of its own for each test, granted to the agent. */
async function addCounting(at: Name): Promise<Counting> {
  const name = `counting-${randomBytes(4).toString('hex')}`
  const diary = join(shared, `${name}.txt`)
  writeFileSync(diary, '')
  chmodSync(diary, 0o666)
  const { server } = await owners[at].call('createMcpServer', {
    ...{ name, transport: 'stdio', command: process.execPath, args: [program, diary] },
    env: { COUNT_TOKEN: token },
  })
  await connected(server.id)
  await grant(server.toolsetId, agent)
  return { id: server.id, toolset: server.toolset, diary }
}

/** It is waited for where a change is answered, for 15 s; a busy machine may take longer. */
const connected = (serverId: string) =>
  until(
    () => owners.first.call('getMcpServer', { serverId }),
    ({ server: { status, toolCount } }) => status === 'connected' && toolCount === 3,
  )

const grant = (toolsetId: string, { agentId }: TestAgent) =>
  owners.first.call('setToolsetPermission', {
    ...{ toolsetId, agentId, allowed: true, approval: 'never' },
  })

const clientAt = (name: Name, of: TestAgent = agent) =>
  name === 'first' ? of.client : replicas.second.clientOf(of)

/** What the tool says, through one of the replicas. */
async function call(
  name: Name,
  { toolset }: Counting,
  { tool = 'count', of = agent }: { readonly tool?: string; readonly of?: TestAgent } = {},
) {
  const steps = tool === 'slow' ? { steps: 400 } : {}
  const answer = await clientAt(name, of).call('callMyTool', {
    ...{ name: `${toolset}.${tool}`, arguments: steps },
  })
  if (!('body' in answer)) throw new Error(`no answer but ${JSON.stringify(answer)}`)
  const { content } = answer.body as { content: { text: string }[] }
  return JSON.parse(content[0]?.text ?? '') as { pid: number; count: number; token: string }
}

/** The programs of a server over both replicas. */
const pidsOf = ({ diary }: Counting): number[] => {
  const command = `${process.execPath}\0${program}\0${diary}\0`
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => read(`/proc/${pid}/cmdline`) === command)
    .map(Number)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Which replica started a process. */
function runsAt(pid: number | undefined): Name {
  const pids = { first: replicas.first.pid(), second: replicas.second.pid() }
  for (let above = pid ?? 0; above > 1; ) {
    if (above === pids.first) return 'first'
    if (above === pids.second) return 'second'
    above = Number(/^PPid:\s+(\d+)$/m.exec(read(`/proc/${above}/status`))?.[1] ?? 0)
  }
  throw new Error(`nobody runs ${pid}`)
}

async function until<T>(
  look: () => Promise<T> | T,
  isThere: (found: T) => boolean,
  msMax = 40_000,
) {
  for (const deadline = Date.now() + msMax; ; await sleep(50)) {
    const found = await look()
    if (isThere(found)) return found
    if (Date.now() > deadline) throw new Error(`it never came to that: ${JSON.stringify(found)}`)
  }
}

const problemOf = (work: Promise<unknown>) =>
  work.then(
    (said) => `no problem but ${JSON.stringify(said)}`,
    (error: { type?: string }) => error.type,
  )

describe('a program over two replicas', () => {
  it('is one process, which calls through both reach, and keeps its secret', async () => {
    const server = await addCounting('first')
    const counts = []
    for (const name of ['first', 'second', 'first', 'second'] as const) {
      counts.push(await call(name, server))
    }
    expect(counts.map(({ count }) => count)).toEqual([1, 2, 3, 4])
    expect(new Set(counts.map(({ pid }) => pid))).toEqual(new Set(pidsOf(server)))
    expect(pidsOf(server)).toHaveLength(1)
    for (const name of ['first', 'second'] as const) {
      expect((await call(name, server, { tool: 'secret' })).token).toBe('[redacted]')
      const { log } = await owners[name].call('getMcpServerLog', { serverId: server.id })
      expect(log).toBe('ready with [redacted]\n')
    }
  })

  it('is changed, refreshed and ended through the replica that does not run it', async () => {
    const server = await addCounting('second')
    const [before] = pidsOf(server)
    const at = runsAt(before)
    const away = owners[other(at)]
    const { server: refreshed } = await away.call('refreshMcpServer', { serverId: server.id })
    expect(refreshed.status).toBe('connected')
    // The one before ends with its last call.
    const [after] = await until(
      () => pidsOf(server),
      (pids) => pids.length === 1 && pids[0] !== before,
    )
    expect(runsAt(after)).toBe(at)
    const { server: broken } = await away.call('updateMcpServer', {
      ...{ serverId: server.id, args: ['-e', 'process.exit(3)'] },
    })
    expect(broken).toMatchObject({
      ...{ status: 'connected', lastFailure: { message: expect.stringContaining('status 3') } },
    })
    await away.call('updateMcpServer', { serverId: server.id, args: [program, server.diary] })
    await away.call('toggleMcpServer', { serverId: server.id, enabled: false })
    expect(pidsOf(server)).toEqual([])
    await away.call('toggleMcpServer', { serverId: server.id, enabled: true })
    await connected(server.id)
    const [again] = pidsOf(server)
    await owners[other(runsAt(again))].call('deleteMcpServer', { serverId: server.id })
    expect(pidsOf(server)).toEqual([])
  })

  it('is one for each agent where it is marked so, all of them on one replica', async () => {
    const { first } = replicas
    const server = await addCounting('first')
    const another = await first.createAgentWithKey('another')
    const { server: marked } = await owners.second.call('updateMcpServer', {
      ...{ serverId: server.id, perAgent: true },
    })
    await grant(marked.toolsetId, another)
    const of = [agent, another]
    const said = await Promise.all(
      of.flatMap((one) => [
        call('first', server, { of: one }),
        call('second', server, { of: one }),
      ]),
    )
    expect(new Set(said.map(({ pid }) => pid)).size).toBe(2)
    expect(said.map(({ count }) => count).sort()).toEqual([1, 1, 2, 2])
    const pids = pidsOf(server)
    expect(pids).toHaveLength(3)
    expect(new Set(pids.map(runsAt)).size).toBe(1)
  })

  it('is told to stop what an agent asked through the other replica, once that agent is disabled', async () => {
    verifies('S-10')
    const server = await addCounting('first')
    const slow = await replicas.first.createAgentWithKey('slow')
    const { server: shown } = await owners.first.call('getMcpServer', { serverId: server.id })
    await grant(shown.toolsetId, slow)
    const [pid] = pidsOf(server)
    const away = other(runsAt(pid))
    const asking = problemOf(call(away, server, { tool: 'slow', of: slow }))
    await until(
      () => read(server.diary),
      (diary) => diary.includes('begun'),
    )
    await owners[runsAt(pid)].call('disableAgent', { agentId: slow.agentId })
    expect(await asking).toBe('request-stopped')
    await until(
      () => read(server.diary),
      (diary) => diary.includes('cancelled'),
      5_000,
    )
    expect(await call(away, server)).toMatchObject({ pid })
  })
})

/** Never more than one at a time, for as long as it is watched. */
function watch(server: Counting) {
  const state = { most: 0, isOver: false }
  const looking = (async () => {
    while (!state.isOver) {
      state.most = Math.max(state.most, pidsOf(server).length)
      await sleep(100)
    }
  })()
  return async () => {
    state.isOver = true
    await looking
    return state.most
  }
}

/** Has it run on that replica, which the other one leaves it to when it stops. */
async function moveTo(name: Name, server: Counting): Promise<void> {
  if (runsAt(pidsOf(server)[0]) === name) return
  const from = name === 'first' ? replicas.second : replicas.first
  await from.terminate()
  await until(
    () => pidsOf(server).map(runsAt),
    (at) => at.join() === name,
  )
  await from.restart()
}

describe('a replica that ends', () => {
  it('leaves its program to the other at once where it is told to stop, and calls find it there', async () => {
    verifies('S-40')
    const server = await addCounting('first')
    await moveTo('first', server)
    const ended = watch(server)
    await replicas.first.terminate()
    const stoppedMs = Date.now()
    const said = await call('second', server)
    expect(Date.now() - stoppedMs).toBeLessThan(10_000)
    expect(said.count).toBe(1)
    expect(await ended()).toBe(1)
    expect(runsAt(said.pid)).toBe('second')
    await replicas.first.restart()
    expect(await call('first', server)).toMatchObject({ pid: said.pid, count: 2 })
  })

  it('that is killed is replaced within half a minute, and what it was asked is not asked again', async () => {
    verifies('S-43')
    const server = await addCounting('first')
    await moveTo('second', server)
    const asking = problemOf(call('first', server, { tool: 'slow' }))
    await until(
      () => read(server.diary),
      (diary) => diary.includes('begun'),
    )
    const ended = watch(server)
    await replicas.second.kill()
    const killedMs = Date.now()
    // Sent to whom nobody hears any more, and yet answered.
    const said = await call('first', server)
    expect(Date.now() - killedMs).toBeLessThan(30_000)
    expect(runsAt(said.pid)).toBe('first')
    expect(await asking).toBe('upstream-unreachable')
    expect(read(server.diary).match(/begun/g)).toHaveLength(1)
    expect(await ended()).toBe(1)
    await replicas.second.restart()
    expect(await call('second', server)).toMatchObject({ pid: said.pid })
  })

  it('that is cut off from the database ends its program before the other begins it', async () => {
    verifies('S-44')
    const server = await addCounting('first')
    await moveTo('second', server)
    const ended = watch(server)
    const [before] = pidsOf(server)
    proxy.set({ kind: 'blackhole' })
    const said = await call('first', server)
    expect(said.pid).not.toBe(before)
    expect(runsAt(said.pid)).toBe('first')
    expect(await ended()).toBe(1)
    proxy.set({ kind: 'pass' })
    proxy.cutNow()
    await until(
      () => call('second', server).catch(() => undefined),
      (answer) => answer?.pid === said.pid,
    )
    expect(pidsOf(server)).toEqual([said.pid])
  })
})
