import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { type Peer, type PeerPlace, startAgentHiFive } from './agenthifive.ts'
import { startUpstream } from './execute.ts'
import { executeTarget } from './execute-target.ts'
import { descendantsOf, memoryMbOf } from './processes.ts'
import { type Goal, type Measured, rounded } from './results.ts'
import { openLarge } from './scale.ts'
import { type Medians, measureByTurns, type Subject } from './turns.ts'

// The closest peer, AgentHiFive, beside the vault: the same GET of 1 KB through the `execute` of each, with an agent's token, a policy, a
// stored key and an audit log; first with empty logs, then with many records in both.

const rounds = 5
const concurrencies = [1, 32] as const
const rowsUnlessSaid = 500_000
/** More than is ever asked for: what counting costs is measured, not what it refuses. */
const perHour = 1_000_000
const timesMin = 15
const memoryShareMax = 1 / 3
const names = ['vault', 'AgentHiFive', 'vault, limited', 'AgentHiFive, limited'] as const
type Name = (typeof names)[number]

/** Measures both by turns. `rows`: records of the audit logs in the second half. */
export async function benchPeer({
  peer: place,
  rows = rowsUnlessSaid,
}: {
  readonly peer: PeerPlace | undefined
  readonly rows: number | undefined
}): Promise<Measured> {
  if (place === undefined) throw new Error('Say where the peer is: --peer and --peer-database.')
  const closers: (() => Promise<void>)[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const origin = `http://127.0.0.1:${upstream.port}`
    const peer = await startAgentHiFive(place, { origin, perHour })
    closers.push(peer.stop)
    const vault = await startVault()
    closers.push(vault.stop)
    const turns = { rounds, concurrencies }
    const empty = await measureByTurns(await subjectsOf(vault, peer, origin), turns)
    const memory = { vault: memoryMbOf(vault.pid()), AgentHiFive: memoryMbOf(peer.pid) }
    const { large } = await openLarge(origin, { rows, keep: undefined })
    closers.push(large.stop)
    const ownRecords = await peer.countAuditRecords()
    await peer.addAuditRecords(rows)
    const full = await measureByTurns(await subjectsOf(large.vault, peer, origin), turns)
    const figures = {
      ...figuresOf('empty', empty),
      ...figuresOf('full', full),
      ...memoryFigures('empty', memory),
      ...memoryFigures('full', {
        vault: memoryMbOf(large.vault.pid()),
        AgentHiFive: memoryMbOf(peer.pid),
      }),
      'full: audit records in both before the first call': rows,
      'full: … and those of AgentHiFive’s own calls so far': ownRecords,
    }
    const share = rounded(memory.vault.peak / memory.AgentHiFive.peak)
    const goals = [timesGoal('empty', empty), timesGoal('full', full), memoryGoal(share)]
    return { rounds, figures, goals, notes: [] }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

async function subjectsOf(
  vault: TestVault,
  { targets, pid, databasePids, settled }: Peer,
  origin: string,
): Promise<Subject<Name>[]> {
  const ofVault = {
    pids: () => [vault.pid()],
    databasePids: () => descendantsOf(vault.pid()),
  }
  const ofPeer = { pids: () => [pid], databasePids, settled }
  return [
    { name: 'vault', targets: [await callerOf(vault, origin)], ...ofVault },
    { name: 'AgentHiFive', targets: [targets.free], ...ofPeer },
    { name: 'vault, limited', targets: [await callerOf(vault, origin, { perHour })], ...ofVault },
    { name: 'AgentHiFive, limited', targets: [targets.limited], ...ofPeer },
  ]
}

async function callerOf(vault: TestVault, origin: string, limits?: { perHour: number }) {
  const agent = await vault.createAgentWithKey(limits === undefined ? 'free' : 'limited')
  const connectionId = await vault.addConnection({ origins: [origin] })
  const { agentId } = agent
  await vault.addPolicy({ agentId, connectionId, ...(limits !== undefined && { limits }) })
  return executeTarget(vault, { agent, connectionId, origin })
}

function figuresOf(log: string, of: Medians<Name>): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of names) {
      const at = `${log}: ${name}, c=${connections}`
      figures[`${at}, requests/s`] = rounded(of(name, connections, 'perSecond'))
      figures[`${at}, CPU µs a request`] = rounded(of(name, connections, 'cpuMicros'))
      figures[`${at}, database, CPU µs a request`] = rounded(
        of(name, connections, 'databaseMicros'),
      )
      figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
      figures[`${at}, p99 ms`] = rounded(of(name, connections, 'p99Ms'))
    }
    figures[`${log}: c=${connections}, times its requests/s`] = timesOf(of, connections, '')
    figures[`${log}: limited, c=${connections}, times its requests/s`] = timesOf(
      of,
      connections,
      ', limited',
    )
  }
  return figures
}

const timesOf = (of: Medians<Name>, connections: number, kind: '' | ', limited') =>
  rounded(
    of(`vault${kind}`, connections, 'perSecond') /
      of(`AgentHiFive${kind}`, connections, 'perSecond'),
  )

function memoryFigures(
  log: string,
  of: Readonly<Record<string, { now: number; peak: number }>>,
): Record<string, number> {
  const lines = Object.entries(of).flatMap(([name, { now, peak }]) => [
    [`${log}: ${name}, memory after the load, MB`, Math.round(now)],
    [`${log}: ${name}, memory at its highest, MB`, Math.round(peak)],
  ])
  return Object.fromEntries(lines)
}

const timesGoal = (log: string, of: Medians<Name>): Goal => ({
  what: `execute, c=32: times the requests/s of AgentHiFive, audit logs ${log}`,
  figure: timesOf(of, 32, ''),
  ...({ unit: '', bound: timesMin, better: 'more' } as const),
})

const memoryGoal = (figure: number): Goal => ({
  what: 'memory at its highest: share of AgentHiFive’s',
  figure,
  ...({ unit: '', bound: rounded(memoryShareMax), better: 'less' } as const),
})
