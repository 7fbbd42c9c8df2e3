import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, createClient } from '@sallyport/sdk'
import type postgres from 'postgres'
import { startTestDatabase, type TestDatabase } from '../fixtures/database.ts'
import { type DatabaseProxy, startDatabaseProxy } from '../fixtures/database-proxy.ts'
import { redisMissing, startTestRedis, type TestRedis } from '../fixtures/redis.ts'
import { freePort } from '../fixtures/replicas.ts'
import { openSuperuser } from '../fixtures/superuser.ts'
import {
  spawnVault,
  startVault,
  type TestAgent,
  type TestVault,
  type VaultProcess,
} from '../fixtures/vault.ts'
import { startWorker, type Worker } from '../fixtures/worker.ts'

// What is soaked: replicas and a worker on one PostgreSQL and one Redis, each replica behind a proxy of its own to the database.

/** A replica, whatever happens to it. */
export interface Member {
  readonly name: string
  readonly url: string
  /** The owner's client at this replica. */
  readonly owner: Client
  readonly proxy: DatabaseProxy
  /** An agent's client at this replica. */
  clientOf(agent: TestAgent): Client
  /** 0 while it is down. */
  pid(): number
  kill(): Promise<void>
  /** Asks it to stop; resolves with its exit code. */
  terminate(): Promise<number | null>
  start(): Promise<void>
}

export interface House {
  readonly first: TestVault
  readonly members: readonly Member[]
  readonly worker: { kill(): Promise<void>; start(): Promise<void> }
  readonly redis: TestRedis | undefined
  readonly database: TestDatabase
  readonly admin: postgres.Sql
  /** What the vaults run with, and a command beside them. */
  readonly env: Readonly<Record<string, string>>
  /** Ends PostgreSQL at once, as a power cut does; whoever runs it starts it again. */
  crashDatabase(): Promise<void>
  /** All that any process wrote, ended ones too. */
  said(): string
  /** Undefined where it is ready; else what it says instead. */
  askReady(member: Member): Promise<string | undefined>
  /** Ends everything that was started here. */
  stop(): Promise<void>
}

const stopMsMax = 30_000

/** Starts it all. Without Redis on this machine the queue of jobs is in PostgreSQL. */
export async function startHouse(replicas: number): Promise<House> {
  const [database, redis] = await Promise.all([
    startTestDatabase(),
    redisMissing === undefined ? startTestRedis() : undefined,
  ])
  const proxies = await Promise.all(
    Array.from({ length: replicas }, () => startDatabaseProxy(database.urls.app)),
  )
  const ports = await Promise.all(proxies.map(() => freePort()))
  const env = {
    DATABASE_URL: database.urls.app,
    DATABASE_MIGRATION_URL: database.urls.owner,
    SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
    SALLYPORT_PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
    ...(redis !== undefined && { REDIS_URL: redis.url }),
  }
  const envOf = (index: number) => ({
    ...env,
    SALLYPORT_PORT: String(ports[index]),
    DATABASE_URL: proxies[index]?.url ?? '',
  })
  const first = await startVault({ env: envOf(0) })
  const past: string[] = []
  const ofFirst = asMember({ first, name: 'replica 1', proxy: proxies[0] as DatabaseProxy, past })
  const others = await Promise.all(
    proxies.slice(1).map((proxy, at) => {
      const name = `replica ${at + 2}`
      return startMember({ first, name, proxy, past, env: envOf(at + 1) })
    }),
  )
  const members = [ofFirst, ...others.map(({ member }) => member)]
  const worker = await keepWorker(env, past)
  const admin = openSuperuser(database.urls.owner)
  return {
    ...{ first, members, worker, redis, database, admin, env },
    crashDatabase: () => crashDatabase(admin),
    said: () =>
      [first.output(), ...others.map(({ said }) => said()), worker.said(), ...past].join('\n'),
    askReady: async ({ url }) => {
      const signal = AbortSignal.timeout(5_000)
      const answer = await fetch(`${url}/readyz`, { signal }).catch(() => undefined)
      const said = await answer?.text().catch(() => undefined)
      return answer?.status === 200 ? undefined : `${answer?.status ?? 'no answer'} ${said ?? ''}`
    },
    async stop() {
      await Promise.all([worker.kill(), first.stop(), ...others.map((other) => other.remove())])
      await admin.end({ timeout: 1 })
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await Promise.all([database.stop(), redis?.stop()])
    },
  }
}

interface Given {
  readonly first: TestVault
  readonly name: string
  readonly proxy: DatabaseProxy
  /** Takes what ended processes said. */
  readonly past: string[]
}

const ownerAt = (url: string, { ownerToken }: TestVault) =>
  createClient({ baseUrl: url, auth: { kind: 'bearer', token: ownerToken } })

const agentAt = (url: string, audience: string, { agentId, privateKey }: TestAgent) =>
  createClient({ baseUrl: url, auth: { kind: 'agent', agentId, privateKey, audience } })

function asMember({ first, name, proxy, past }: Given): Member {
  let isUp = true
  const end = async (how: () => Promise<number | null>) => {
    if (!isUp) return null
    isUp = false
    const code = await how()
    past.push(first.output())
    return code
  }
  return {
    ...{ name, url: first.url, proxy, owner: ownerAt(first.url, first) },
    clientOf: (agent) => agentAt(first.url, first.url, agent),
    pid: () => (isUp ? first.pid() : 0),
    kill: async () => void (await end(() => first.kill().then(() => null))),
    terminate: () => end(() => first.terminate()),
    async start() {
      await first.restart()
      isUp = true
    },
  }
}

async function startMember(given: Given & { readonly env: Record<string, string> }): Promise<{
  member: Member
  said(): string
  remove(): Promise<void>
}> {
  const { first, name, proxy, past, env } = given
  const dataDir = mkdtempSync(join(tmpdir(), 'vault-'))
  chmodSync(dataDir, 0o755)
  const url = `http://127.0.0.1:${env.SALLYPORT_PORT}`
  let running: VaultProcess | undefined
  const start = async () => {
    const begun = spawnVault(dataDir, env)
    running = begun
    await begun.ready.catch((error: unknown) => {
      running = undefined
      past.push(begun.output())
      throw error
    })
  }
  const end = async (signal: NodeJS.Signals) => {
    const ending = running
    if (ending === undefined) return null
    running = undefined
    ending.child.kill(signal)
    // Who does not end is ended, and its code says so.
    const timer = setTimeout(() => ending.child.kill('SIGKILL'), stopMsMax)
    const code = await ending.exited
    clearTimeout(timer)
    past.push(ending.output())
    return code
  }
  await start()
  return {
    member: {
      ...{ name, url, proxy, start, owner: ownerAt(url, first) },
      clientOf: (agent) => agentAt(url, first.url, agent),
      pid: () => running?.child.pid ?? 0,
      kill: async () => void (await end('SIGKILL')),
      terminate: () => end('SIGTERM'),
    },
    said: () => running?.output() ?? '',
    async remove() {
      await end('SIGTERM')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function keepWorker(env: Record<string, string>, past: string[]) {
  let running: Worker | undefined = await startWorker(env)
  return {
    async kill() {
      const ending = running
      running = undefined
      await ending?.end('SIGKILL')
      if (ending !== undefined) past.push(ending.output())
    },
    async start() {
      running = await startWorker(env)
    },
    said: () => running?.output() ?? '',
  }
}

/** A server process is a child of the postmaster, and says so itself. */
async function crashDatabase(admin: postgres.Sql): Promise<void> {
  const [row] = await admin`select pg_backend_pid() as pid`
  const stat = readFileSync(`/proc/${row?.pid}/stat`, 'latin1')
  const postmaster = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  process.kill(postmaster, 'SIGQUIT')
  for (let tries = 0; tries < 300; tries += 1) {
    await sleep(100)
    const answers = await admin`select 1`.then(
      () => true,
      () => false,
    )
    if (answers) return
  }
  throw new Error('PostgreSQL did not come back within half a minute')
}
