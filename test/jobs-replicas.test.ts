import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OutputOf, operations } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpReceiver, startHttpReceiver } from './fixtures/http-receiver.ts'
import { type Person, signIn } from './fixtures/people.ts'
import { redisMissing, startTestRedis, type TestRedis } from './fixtures/redis.ts'
import { freePort, type Replicas, startReplicas } from './fixtures/replicas.ts'
import { runProgram } from './fixtures/run-program.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { startWorker, type Worker } from './fixtures/worker.ts'
import { verifies } from './verifies.ts'

// Two replicas that leave shared jobs to two workers, on PostgreSQL and Redis: one worker ends, and Redis is gone and comes back.

type Ready = OutputOf<typeof operations.getReadiness>

const limit = { perSecond: 20, burst: 20 }
const waitMs = { timeout: 20_000, interval: 50 }

it('loads neither BullMQ nor the Redis client before there is something to share', () => {
  const dist = fileURLToPath(new URL('../packages/cli/dist/', import.meta.url))
  const text = (name: string) => readFileSync(join(dist, name), 'utf8')
  const chunks = readdirSync(dist).filter((name) => name.endsWith('.js'))
  const own = ['bullmq_jobs', 'MaxRetriesPerRequestError']
  const marked = chunks.filter((name) => own.some((mark) => text(name).includes(mark)))
  expect(marked.length).toBeGreaterThan(0)
  const reached = new Set<string>()
  const reach = (name: string) => {
    if (reached.has(name)) return
    reached.add(name)
    // What is imported when it is used has a bracket.
    for (const [, next = ''] of text(name).matchAll(/(?:from|import) ?"\.\/([^"]+)"/g)) reach(next)
  }
  const starts = chunks.filter((name) => /^(sallyport|main-\w+|worker-\w+)\.js$/.test(name))
  expect(starts.length).toBeGreaterThan(2)
  for (const name of starts) reach(name)
  expect(marked.filter((name) => reached.has(name))).toEqual([])
})

/** The exit code of the image's health check in a container with these variables. */
async function askImageHealth(env: Record<string, string>): Promise<number | null> {
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  const text = /^HEALTHCHECK .*\\\n\s*CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]'
  const [program, ...args] = JSON.parse(text) as string[]
  expect(program).toBe('node')
  return (await runProgram(process.execPath, args, { env })).code
}

it('is no worker without a database to share', async () => {
  const ends = expect(startWorker({})).rejects
  await ends.toThrow(/ended with 78: sallyport: DATABASE_URL must be set for a worker/)
})

describe.skipIf(redisMissing !== undefined)('replicas with workers', () => {
  let redis: TestRedis
  let receiver: HttpReceiver
  let replicas: Replicas
  let workers: Worker[]
  /** Of the first worker. */
  let operationsPort: string
  let owner: Person
  let agent: TestAgent
  let free: string
  let asked: string
  let sql: ReturnType<typeof openSuperuser>

  beforeAll(async () => {
    ;[redis, receiver] = await Promise.all([startTestRedis(), startHttpReceiver()])
    replicas = await startReplicas({
      env: {
        REDIS_URL: redis.url,
        SALLYPORT_JOBS: 'off',
        SALLYPORT_AGENT_REQUESTS_PER_SECOND: String(limit.perSecond),
        SALLYPORT_AGENT_REQUESTS_BURST: String(limit.burst),
      },
    })
    const { first, database } = replicas
    sql = openSuperuser(database.urls.owner)
    owner = await signIn(first)
    await owner.send('POST', '/api/v1/notification-channels', {
      body: { target: { kind: 'webhook', url: `${receiver.origin}/told` }, events: ['approval'] },
    })
    agent = await first.createAgentWithKey('worker-watcher')
    ;[free, asked] = await Promise.all([
      first.addConnection({ origins: [receiver.origin], label: 'free' }),
      first.addConnection({ origins: [receiver.origin], label: 'asked' }),
    ])
    await first.addPolicy({ agentId: agent.agentId, connectionId: free })
    await first.addPolicy({ agentId: agent.agentId, connectionId: asked, approval: 'always' })
    workers = []
  })
  afterAll(async () => {
    await Promise.all((workers ?? []).map((worker) => worker.end('SIGKILL')))
    await sql?.end()
    await Promise.all([replicas?.stop(), receiver?.close()])
    await redis?.stop()
  })

  const ready = async (url: string) => (await (await fetch(`${url}/readyz`)).json()) as Ready
  const urls = () => [replicas.first.url, replicas.second.url]
  const execute = (client: TestAgent['client'] | undefined, connectionId: string, path: string) =>
    client?.call('execute', { connectionId, method: 'GET', url: `${receiver.origin}${path}` })
  const ask = async (path: string): Promise<string> => {
    const answer = await execute(agent.client, asked, path)
    if (answer === undefined || !('approvalRequired' in answer)) throw new Error('not asked')
    return answer.approvalRequestId
  }
  const overdue = async (approvalId: string) => {
    await sql`update approvals set expires_at = now() where id = ${approvalId}`
  }
  const isForgotten = async (approvalId: string) => {
    const [row] = await sql`select status, sealed from approvals where id = ${approvalId}`
    return row?.status === 'expired' && row.sealed === null
  }
  const areReachable = async (isReachable: boolean) => {
    const all = await Promise.all(urls().map(ready))
    return all.every(({ requestLimit }) => requestLimit?.reachable === isReachable)
  }

  it('has its shared jobs done by workers, each once', async () => {
    expect(await ready(replicas.first.url)).toMatchObject({
      ...{ status: 'ready', queue: { kind: 'elsewhere' }, requestLimit: { kind: 'redis' } },
    })
    const approvalId = await ask('/first')
    await expect.poll(() => receiver.at('/told').length, waitMs).toBe(1)
    await overdue(approvalId)
    const { SALLYPORT_JOBS: _, ...env } = replicas.env
    operationsPort = String(await freePort())
    workers = await Promise.all([
      startWorker({ ...env, SALLYPORT_METRICS_PORT: operationsPort }),
      startWorker(env),
    ])
    await expect.poll(() => isForgotten(approvalId), waitMs).toBe(true)
    await expect
      .poll(async () => (await sql`select 1 from audit_checkpoints`).length, waitMs)
      .toBeGreaterThan(0)
    expect(receiver.at('/told')).toHaveLength(1)
  })

  it('are well by the health check of the image, a worker as a replica is', async () => {
    const replicaPort = new URL(replicas.first.url).port
    expect(await askImageHealth({ SALLYPORT_METRICS_PORT: operationsPort })).toBe(0)
    expect(await askImageHealth({ SALLYPORT_METRICS_PORT: '', SALLYPORT_PORT: replicaPort })).toBe(
      0,
    )
  })

  it('goes on with one worker when the other was killed', async () => {
    verifies('S-43')
    const approvalId = await ask('/second')
    await expect.poll(() => receiver.at('/told').length, waitMs).toBe(2)
    expect(await workers[0]?.end('SIGKILL')).toBe(null)
    expect(await askImageHealth({ SALLYPORT_METRICS_PORT: operationsPort })).toBe(1)
    await overdue(approvalId)
    await expect.poll(() => isForgotten(approvalId), waitMs).toBe(true)
  })

  it('decides, limits and works on while Redis is gone, and uses it again when it is back', async () => {
    verifies('S-44')
    verifies('S-30')
    const approvalId = await ask('/third')
    await expect.poll(() => receiver.at('/told').length, waitMs).toBe(3)
    await redis.kill()
    await expect.poll(() => areReachable(false), waitMs).toBe(true)
    await overdue(approvalId)
    const lostMs = performance.now()
    const both = [agent.client, replicas.second.clientOf(agent)]
    const ends: string[] = []
    const isSeen = () => ends.includes('sent') && ends.includes('too-many-attempts')
    for (let rounds = 0; rounds < 5 && !isSeen(); rounds += 1) {
      const flood = both.flatMap((client) =>
        Array.from({ length: 40 }, () => execute(client, free, '/while-lost')),
      )
      for (const end of await Promise.allSettled(flood)) {
        ends.push(end.status === 'fulfilled' ? 'sent' : end.reason.type)
      }
    }
    expect(new Set(ends)).toEqual(new Set(['sent', 'too-many-attempts']))
    const most = limit.burst + (limit.perSecond * (performance.now() - lostMs)) / 1000
    expect(receiver.at('/while-lost').length).toBeLessThanOrEqual(most)
    // By the timers of the worker that is left.
    await expect.poll(() => isForgotten(approvalId), waitMs).toBe(true)
    await redis.restart()
    await expect.poll(() => areReachable(true), waitMs).toBe(true)
    await expect.poll(() => workers[1]?.output(), waitMs).toContain('the queue of jobs is back')
    const again = await ask('/fourth')
    await expect.poll(() => receiver.at('/told').length, waitMs).toBe(4)
    await overdue(again)
    await expect.poll(() => isForgotten(again), waitMs).toBe(true)
    expect(new Set(receiver.at('/told').map(({ headers }) => headers['webhook-id'])).size).toBe(4)
  })

  it('ends a worker that is told to stop, with nothing left to say', async () => {
    expect(await workers[1]?.end('SIGTERM')).toBe(0)
    expect(workers[1]?.output()).not.toMatch(/"level":(50|60)/)
  })

  it('lets no agent make more requests than it may, by whatever token and entry', async () => {
    verifies('S-29')
    const { first, second } = replicas
    const { agentId } = agent
    const { consumerToken } = await first.owner.call('createConsumerToken', { agentId })
    const ping = (url: string, messages: number) =>
      fetch(`${url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${consumerToken}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify(
          Array.from({ length: messages }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' })),
        ),
      })
    const flood = () =>
      Promise.all([first.url, second.url, first.url, second.url].map((url) => ping(url, 15)))
    const refused = (await flood()).filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(2)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await refused[0]?.json()).toMatchObject({ type: 'too-many-attempts', status: 429 })
  })
})
