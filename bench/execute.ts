import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { endProcess, startForLine } from './child.ts'
import { executeTarget } from './execute-target.ts'
import type { LoadTarget } from './load.ts'
import { startNginx } from './nginx.ts'
import { descendantsOf, memoryMbOf } from './processes.ts'
import { type Goal, type Measured, rounded } from './results.ts'
import { type Medians, measureByTurns, type Subject } from './turns.ts'

// What the vault adds to a call: the same GET of 1 KB straight to the upstream, through nginx that injects a header, and
// through the vault with its durable audit log on the embedded PostgreSQL. Interleaved, so that all meet the same machine.

const rounds = 5
const concurrencies = [1, 16, 64] as const
/** Run as it stands; from bench/dist, two folders up is the workspace. */
const bareProxy = fileURLToPath(new URL('../../bench/peers/bare-proxy.mjs', import.meta.url))

const names = ['direct', 'nginx', 'bare Node proxy', 'vault'] as const
type Name = (typeof names)[number]

/** Measures `execute` beside nginx, where there is one. */
export async function benchExecute(): Promise<Measured> {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('CPU time is read from /proc: this benchmark needs Linux.')
  }
  const closers: (() => Promise<void>)[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const { port } = upstream
    const nginx = await startNginx(port)
    if (nginx !== undefined) closers.push(nginx.close)
    const bare = await startForLine(process.execPath, [bareProxy, String(port)])
    closers.push(() => endProcess(bare.child))
    const vault = await startVault()
    closers.push(vault.stop)
    const vaultPid = vault.pid()
    const subjects: Subject<Name>[] = [
      { name: 'direct', targets: [plainGet(port)], pids: () => [upstream.pid] },
      {
        name: 'bare Node proxy',
        targets: [plainGet(Number(bare.line))],
        pids: () => [bare.child.pid ?? 0],
      },
      {
        name: 'vault',
        targets: [await executeOf(vault, port)],
        pids: () => [vaultPid],
        databasePids: () => descendantsOf(vaultPid),
      },
    ]
    if (nginx !== undefined) {
      const pids = [nginx.pid, ...descendantsOf(nginx.pid)]
      subjects.push({ name: 'nginx', targets: [plainGet(nginx.port)], pids: () => pids })
    }
    const of = await measureByTurns(subjects, { rounds, concurrencies })
    return summarise(of, memoryMbOf(vaultPid), nginx !== undefined)
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

/** The upstream of every benchmark of `execute`, a process of its own. */
export async function startUpstream() {
  const entry = fileURLToPath(new URL('./upstream.mjs', import.meta.url))
  const { child, line } = await startForLine(process.execPath, [entry])
  return { port: Number(line), pid: child.pid ?? 0, close: () => endProcess(child) }
}

function plainGet(port: number): LoadTarget {
  const head = `GET /items HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: */*\r\n\r\n`
  return { port, request: Buffer.from(head), expected: '{"items":[' }
}

/** An agent with a connection and a policy of one rule without limits. */
async function executeOf(vault: TestVault, upstreamPort: number): Promise<LoadTarget> {
  const origin = `http://127.0.0.1:${upstreamPort}`
  const agent = await vault.createAgentWithKey('bench')
  const connectionId = await vault.addConnection({ origins: [origin] })
  await vault.addPolicy({ agentId: agent.agentId, connectionId })
  return executeTarget(vault, { agent, connectionId, origin })
}

function summarise(
  of: Medians<Name>,
  memory: { now: number; peak: number },
  hasNginx: boolean,
): Measured {
  const added = (member: 'p50Ms' | 'p99Ms') =>
    rounded(of('vault', 1, member) - of('direct', 1, member))
  const share = (connections: number) =>
    rounded(of('nginx', connections, 'cpuMicros') / of('vault', connections, 'cpuMicros'))
  const goals: Goal[] = [
    latencyGoal('p50', added('p50Ms'), 0.6),
    latencyGoal('p99', added('p99Ms'), 5),
  ]
  if (hasNginx) goals.unshift(shareGoal(64, share(64), 0.3), shareGoal(16, share(16), 0.22))
  const figures = figuresOf(of, hasNginx)
  figures['vault, memory after the load, MB'] = Math.round(memory.now)
  figures['vault, memory at its highest, MB'] = Math.round(memory.peak)
  const notes = hasNginx ? [] : ['nginx is not installed here, so there is no ratio to it.']
  return { rounds, goals, figures, notes }
}

/** Every median, by subject and concurrency. */
function figuresOf(of: Medians<Name>, hasNginx: boolean): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of names) {
      if (name === 'nginx' && !hasNginx) continue
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
