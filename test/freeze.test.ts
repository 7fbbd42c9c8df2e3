import { setTimeout as sleep } from 'node:timers/promises'
import { type ExecuteAnswer, Problem } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DatabaseProxy, startDatabaseProxy } from './fixtures/database-proxy.ts'
import { type HoldingUpstream, startHoldingUpstream } from './fixtures/holding-upstream.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { eventually } from './fixtures/scene.ts'
import { makeToken } from './fixtures/signed-in.ts'
import { ownerEmail, type TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two replicas on one database; the second reaches it through a proxy that can be cut.

let replicas: Replicas
let proxy: DatabaseProxy
let upstream: HoldingUpstream
let agent: TestAgent
let connectionId: string
let clients: readonly TestAgent['client'][]

const otherReplicaMsMax = 1_000
const streamEndMsMax = 5_000
/** What was on the wire when an answer came may be read a moment later. */
const settleMs = 250

beforeAll(async () => {
  upstream = await startHoldingUpstream()
  replicas = await startReplicas({
    databaseUrlOfSecond: async (url) => {
      proxy = await startDatabaseProxy(url)
      return proxy.url
    },
  })
  const { first, second } = replicas
  agent = await first.createAgentWithKey('busy')
  connectionId = await first.addConnection({ origins: [upstream.origin] })
  await first.addPolicy({ agentId: agent.agentId, connectionId })
  clients = [agent.client, second.clientOf(agent)]
})
afterEach(async () => {
  upstream.hold()
  await replicas.first.owner.call('unfreezeWorkspace', {})
  await eventually(async () => (await fetch(`${replicas.second.url}/readyz`)).ok, 15_000)
  await eventually(async () => (await get('/again', clients[1])) === 200, 5_000)
})
afterAll(async () => {
  proxy?.set({ kind: 'pass' })
  await replicas?.stop()
  await proxy?.close()
  await upstream?.close()
})

const ask = (path: string, client = clients[0], dryRun = false): Promise<ExecuteAnswer> => {
  if (client === undefined) throw new Error('no client')
  return client.call('execute', {
    ...{ connectionId, method: 'GET', url: `${upstream.origin}${path}` },
    ...(dryRun && { dryRun }),
  })
}

/** The upstream's status, or the problem. */
const get = async (path: string, client = clients[0]): Promise<number | string> => {
  try {
    const answer = await ask(path, client)
    return 'status' in answer ? answer.status : 0
  } catch (error) {
    return error instanceof Problem ? error.type : String(error)
  }
}

const hits = (prefix: string) =>
  [...upstream.hits].reduce((sum, [path, count]) => sum + (path.startsWith(prefix) ? count : 0), 0)

describe('freezing the workspace', () => {
  it('lets no request out any more, on the replica that was asked at once, on the other within a second', async () => {
    verifies('S-10')
    let isOver = false
    const last: (number | string)[] = []
    const flood = (index: number) => async () => {
      while (!isOver) {
        last[index] = await get(`/flood${index}/x`, clients[index])
        if (last[index] !== 200) await sleep(5)
      }
    }
    const floods = [0, 1].flatMap((index) => Array.from({ length: 8 }, () => flood(index)()))
    await eventually(() => hits('/flood0') > 20 && hits('/flood1') > 20, 10_000)
    await replicas.first.owner.call('freezeWorkspace', {})
    await sleep(settleMs)
    const atFirst = hits('/flood0')
    await sleep(otherReplicaMsMax - settleMs)
    const atSecond = hits('/flood1')
    await sleep(1_200)
    isOver = true
    await Promise.all(floods)
    expect([hits('/flood0'), hits('/flood1')]).toEqual([atFirst, atSecond])
    expect(last).toEqual(['workspace-frozen', 'workspace-frozen'])
  })

  it('ends calls that are on their way, on both replicas, within five seconds', async () => {
    verifies('S-10')
    const waiting = clients.map((client, index) => get(`/hold/${index}`, client))
    await eventually(() => upstream.holding() === 2, 5_000)
    const { endedCalls } = await replicas.first.owner.call('freezeWorkspace', {})
    const frozenMs = performance.now()
    expect(await Promise.all(waiting)).toEqual(['request-stopped', 'request-stopped'])
    expect(performance.now() - frozenMs).toBeLessThan(streamEndMsMax)
    // The one of the replica that was asked.
    expect(endedCalls).toBe(1)
  })

  it('holds on a replica that does not reach the database, whose calls end too', async () => {
    verifies('S-10', 'S-44')
    expect(await get('/before', clients[1])).toBe(200)
    const waiting = get('/hold/cut', clients[1])
    await eventually(() => upstream.holding() === 1, 5_000)
    proxy.set({ kind: 'blackhole' })
    await replicas.first.owner.call('freezeWorkspace', {})
    const frozenMs = performance.now()
    await sleep(otherReplicaMsMax)
    const sent = hits('/cut')
    const calls = Array.from({ length: 4 }, () => get('/cut', clients[1]))
    expect(await waiting).toBe('request-stopped')
    expect(performance.now() - frozenMs).toBeLessThan(streamEndMsMax)
    for (const end of await Promise.all(calls)) expect(typeof end).toBe('string')
    expect(hits('/cut')).toBe(sent)
    proxy.set({ kind: 'pass' })
    proxy.cutNow()
  })

  it('says so to the agent and in the log, also of a dry run; the rest of the agents’ plane goes on', async () => {
    const { owner } = replicas.first
    await owner.call('freezeWorkspace', {})
    const problem = await ask('/said').catch((error: unknown) => error)
    expect(problem).toMatchObject({ type: 'workspace-frozen', status: 403 })
    const { entries } = await owner.call('listAudit', { outcome: 'refused', limit: 1 })
    expect(entries).toMatchObject([
      { operation: 'execute', decision: 'deny', problem: 'workspace-frozen' },
    ])
    expect((problem as Problem).auditId).toBe(entries[0]?.id)
    expect(await ask('/said', clients[0], true)).toMatchObject({ dryRun: true, decision: 'deny' })
    const { connections } = await agent.client.call('listMyConnections', {})
    expect(connections.map(({ id }) => id)).toEqual([connectionId])
    const fresh = createClient({
      baseUrl: replicas.first.url,
      auth: { kind: 'agent', agentId: agent.agentId, privateKey: agent.privateKey },
    })
    await expect(fresh.call('getMyCapabilities', {})).resolves.toBeDefined()
    expect(hits('/said')).toBe(0)
  })

  it('leaves an owner the test of a connection', async () => {
    const { owner } = replicas.first
    await owner.call('freezeWorkspace', {})
    const url = `${upstream.origin}/tested`
    expect(await owner.call('testConnection', { connectionId, url })).toMatchObject({
      success: true,
    })
  })

  it('is undone by unfreezing, on both replicas', async () => {
    const { owner } = replicas.first
    await owner.call('freezeWorkspace', {})
    expect((await owner.call('getWorkspace', {})).workspace).toMatchObject({
      frozen: true,
      frozenBy: { email: ownerEmail },
    })
    expect((await owner.call('unfreezeWorkspace', {})).workspace).toMatchObject({ frozen: false })
    expect(await get('/after', clients[0])).toBe(200)
    expect(await eventually(async () => (await get('/after', clients[1])) === 200, 1_000)).toBe(
      true,
    )
  })

  it('needs the scope, and no agent can do either', async () => {
    verifies('S-08', 'S-26')
    const { first } = replicas
    const secret = await makeToken(first.url, ['workspace:read'])
    const reader = createClient({
      baseUrl: first.url,
      auth: { kind: 'bearer', token: secret },
    })
    for (const operation of ['freezeWorkspace', 'unfreezeWorkspace'] as const) {
      await expect(reader.call(operation, {})).rejects.toMatchObject({ type: 'insufficient-scope' })
      await expect(agent.client.call(operation, {})).rejects.toMatchObject({
        type: 'unauthenticated',
      })
    }
    await expect(reader.call('getWorkspace', {})).resolves.toMatchObject({
      workspace: { frozen: false },
    })
  })
})
