import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createClient } from '@sallyport/sdk'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { endProcess, startForLine } from './child.ts'
import { type LoadTarget, quantile, runLoad } from './load.ts'
import { startNginx } from './nginx.ts'
import { cpuMicrosOf, descendantsOf, memoryMbOf } from './processes.ts'
import { type Goal, type Measured, median, rounded } from './results.ts'

// What the vault adds to a call: the same GET of 1 KB straight to the upstream, through nginx that injects a header, and
// through the vault with its durable audit log on the embedded PostgreSQL. Interleaved, so that all meet the same machine.

const rounds = 5
const concurrencies = [1, 16, 64] as const
const rampMs = 300
const measureMs = 1_500
const warmUpMs = 4_000
/** Run as it stands; from bench/dist, two folders up is the workspace. */
const bareProxy = fileURLToPath(new URL('../../bench/peers/bare-proxy.mjs', import.meta.url))

/** Something that is loaded, and the processes that it costs. */
interface Subject extends LoadTarget {
  readonly name: 'direct' | 'nginx' | 'bare Node proxy' | 'vault'
  /** The processes whose CPU time counts. */
  readonly pids: readonly number[]
  /** Those of its database, which are told apart. */
  readonly databasePids: readonly number[]
}

interface Sample {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly databaseMicros: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Measures `execute` beside nginx, where there is one. */
export async function benchExecute(): Promise<Measured> {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('CPU time is read from /proc: this benchmark needs Linux.')
  }
  const closers: (() => Promise<void>)[] = []
  try {
    const entry = fileURLToPath(new URL('./upstream.mjs', import.meta.url))
    const upstream = await startForLine(process.execPath, [entry])
    closers.push(() => endProcess(upstream.child))
    const upstreamPort = Number(upstream.line)
    const nginx = await startNginx(upstreamPort)
    if (nginx !== undefined) closers.push(nginx.close)
    const bare = await startForLine(process.execPath, [bareProxy, upstream.line])
    closers.push(() => endProcess(bare.child))
    const vault = await startVault()
    closers.push(vault.stop)
    const vaultPid = vault.pid()
    const subjects: Subject[] = [
      {
        name: 'direct',
        ...plainGet(upstreamPort),
        pids: [upstream.child.pid ?? 0],
        databasePids: [],
      },
      {
        name: 'bare Node proxy',
        ...plainGet(Number(bare.line)),
        pids: [bare.child.pid ?? 0],
        databasePids: [],
      },
      {
        name: 'vault',
        ...(await executeOf(vault, upstreamPort)),
        pids: [vaultPid],
        databasePids: [],
      },
    ]
    if (nginx !== undefined) {
      const pids = [nginx.pid, ...descendantsOf(nginx.pid)]
      subjects.push({ name: 'nginx', ...plainGet(nginx.port), pids, databasePids: [] })
    }
    const samples = await measureAll(subjects, vaultPid)
    const memory = memoryMbOf(vaultPid)
    return summarise(samples, memory, nginx !== undefined)
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

function plainGet(port: number): LoadTarget {
  const head = `GET /items HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: */*\r\n\r\n`
  return { port, request: Buffer.from(head), expected: '{"items":[' }
}

/** An agent with a connection and a policy of one rule without limits, and its call as bytes. */
async function executeOf(vault: TestVault, upstreamPort: number): Promise<LoadTarget> {
  const origin = `http://127.0.0.1:${upstreamPort}`
  const { agentId, privateKey } = await vault.createAgentWithKey('bench')
  const connectionId = await vault.addConnection({ origins: [origin] })
  await vault.addPolicy({ agentId, connectionId })
  let bearer = ''
  const client = createClient({
    baseUrl: vault.url,
    auth: { kind: 'agent', agentId, privateKey },
    fetch: (input, init) => {
      bearer = new Headers(init?.headers).get('authorization') ?? bearer
      return fetch(input, init)
    },
  })
  const call = { connectionId, method: 'GET', url: `${origin}/items` }
  await client.call('execute', call)
  const { host, port } = new URL(vault.url)
  const body = JSON.stringify(call)
  const head = `POST /v1/vault/execute HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${bearer}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  return {
    port: Number(port),
    request: Buffer.from(head + body),
    expected: '"body":{"items":[',
  }
}

const names = ['direct', 'nginx', 'bare Node proxy', 'vault'] as const
type Samples = Map<string, Sample[]>
const keyOf = (name: Subject['name'], connections: number) => `${name} ${connections}`

async function measureAll(subjects: readonly Subject[], vaultPid: number): Promise<Samples> {
  const samples: Samples = new Map()
  const most = Math.max(...concurrencies)
  for (const subject of subjects) {
    const sample = () => {}
    await runLoad(subject, { connections: most, rampMs, measureMs: warmUpMs, sample })
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const connections of concurrencies) {
      for (const subject of subjects) {
        // Its connections to the database come and go.
        const databasePids = subject.name === 'vault' ? descendantsOf(vaultPid) : []
        const key = keyOf(subject.name, connections)
        const sample = await measure({ ...subject, databasePids }, connections)
        samples.set(key, [...(samples.get(key) ?? []), sample])
      }
    }
  }
  return samples
}

async function measure(subject: Subject, connections: number): Promise<Sample> {
  const own: number[] = []
  const database: number[] = []
  const { requests, seconds, latenciesMs } = await runLoad(subject, {
    connections,
    rampMs,
    measureMs,
    sample() {
      own.push(cpuMicrosOf(subject.pids))
      database.push(cpuMicrosOf(subject.databasePids))
    },
  })
  const spent = ([from = 0, to = 0]: number[]) => (to - from) / requests
  return {
    perSecond: requests / seconds,
    cpuMicros: spent(own),
    databaseMicros: spent(database),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  }
}

function summarise(
  samples: Samples,
  memory: { now: number; peak: number },
  hasNginx: boolean,
): Measured {
  const of = (name: Subject['name'], connections: number, member: keyof Sample) =>
    median((samples.get(keyOf(name, connections)) ?? []).map((sample) => sample[member]))
  const added = (member: 'p50Ms' | 'p99Ms') =>
    rounded(of('vault', 1, member) - of('direct', 1, member))
  const share = (connections: number) =>
    rounded(of('nginx', connections, 'cpuMicros') / of('vault', connections, 'cpuMicros'))
  const goals: Goal[] = [
    latencyGoal('p50', added('p50Ms'), 0.6),
    latencyGoal('p99', added('p99Ms'), 5),
  ]
  if (hasNginx) goals.unshift(shareGoal(64, share(64), 0.3), shareGoal(16, share(16), 0.22))
  const figures = figuresOf(of, samples)
  figures['vault, memory after the load, MB'] = Math.round(memory.now)
  figures['vault, memory at its highest, MB'] = Math.round(memory.peak)
  const notes = hasNginx ? [] : ['nginx is not installed here, so there is no ratio to it.']
  return { rounds, goals, figures, notes }
}

/** Every median, by subject and concurrency. */
function figuresOf(
  of: (name: Subject['name'], connections: number, member: keyof Sample) => number,
  samples: Samples,
): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of names) {
      if (!samples.has(keyOf(name, connections))) continue
      const at = `${name}, c=${connections}`
      figures[`${at}, requests/s`] = Math.round(of(name, connections, 'perSecond'))
      figures[`${at}, CPU µs a request`] = rounded(of(name, connections, 'cpuMicros'))
      figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
      figures[`${at}, p99 ms`] = rounded(of(name, connections, 'p99Ms'))
    }
    figures[`database of the vault, c=${connections}, CPU µs a request`] = rounded(
      of('vault', connections, 'databaseMicros'),
    )
  }
  return figures
}

const shareGoal = (connections: number, figure: number, bound: number): Goal => ({
  what: `execute, durable audit on, c=${connections}: share of nginx by CPU a request`,
  figure,
  unit: '',
  bound,
  better: 'more',
})

const latencyGoal = (quantileName: string, figure: number, bound: number): Goal => ({
  what: `execute, c=1: latency added to a direct call, ${quantileName}`,
  figure,
  unit: 'ms',
  bound,
  better: 'less',
})
