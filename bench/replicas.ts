import { redisMissing, startTestRedis } from '../test/fixtures/redis.ts'
import { type Replicas, startReplicas } from '../test/fixtures/replicas.ts'
import { limitCpu } from './cpu-quota.ts'
import { startUpstream } from './execute.ts'
import { executeTarget } from './execute-target.ts'
import { runLoad } from './load.ts'
import { countAdmitted } from './replica-limits.ts'
import { type Goal, type Measured, rounded } from './results.ts'
import { addCallers } from './seed/seeded-vault.ts'
import { databasePidsOf } from './shared-database.ts'
import { type Medians, measureByTurns, type Subject } from './turns.ts'

// What a second replica brings: `execute` at one of two replicas, and at both, on one PostgreSQL and one Redis. Each replica is given the
// same share of a core, so that two have twice as much as one however few cores there are; load, upstream and database share the rest.

const rounds = 5
const concurrencies = [16, 64] as const
const callersCount = 16
const shareOfCore = 0.3
const timesMin = 1.7
const waitSampleMs = 20
const waitMeasureMs = 4_000
const names = ['one replica', 'two replicas'] as const
type Name = (typeof names)[number]

/** Measures one replica and two by turns, and counts what limits let through at both. */
export async function benchReplicas(): Promise<Measured> {
  const closers: (() => Promise<void>)[] = []
  const notes: string[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const redis = redisMissing === undefined ? await startTestRedis() : undefined
    if (redis === undefined) notes.push(`${redisMissing}: measured without it.`)
    else closers.push(redis.stop)
    const replicas = await startReplicas({
      env: redis === undefined ? {} : { REDIS_URL: redis.url },
    })
    closers.push(replicas.stop)
    const { first, second } = replicas
    const subjects = await subjectsOf(replicas, `http://127.0.0.1:${upstream.port}`)
    const free = await measureByTurns(subjects, { rounds, concurrencies })
    const waits = await sampleWaits(replicas, subjects[1])
    const quotas = [first.pid(), second.pid()].map((pid) => limitCpu(pid, shareOfCore))
    if (quotas.includes(undefined)) {
      notes.push(
        'CPU shares cannot be set here, so two replicas had no more of the cores than one.',
      )
    }
    const bound = await measureByTurns(subjects, { rounds, concurrencies })
    for (const quota of quotas) quota?.release()
    const limits = await countAdmitted(replicas, `http://127.0.0.1:${upstream.port}`)
    const figures = {
      ...figuresOf(free, 'all cores for all'),
      ...figuresOf(bound, `each replica ${shareOfCore} of a core`),
      ...waits,
      ...limits.figures,
    }
    return { rounds, figures, notes, goals: [timesGoal(bound), limits.goal] }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

async function subjectsOf(
  replicas: Replicas,
  origin: string,
): Promise<[Subject<Name>, Subject<Name>]> {
  const { first, second, database } = replicas
  const callers = await addCallers(first, origin, callersCount)
  const at = (vault: { url: string; audience?: string }) =>
    Promise.all(callers.map((caller) => executeTarget(vault, { ...caller, origin })))
  const own = await at({ url: first.url })
  const other = await at({ url: second.url, audience: first.url })
  const databasePids = await databasePidsOf(database)
  return [
    { name: 'one replica', targets: own, pids: () => [first.pid()], databasePids },
    {
      name: 'two replicas',
      // By turns, so that half of the connections go to each.
      targets: own.flatMap((target, nth) => [target, ...other.slice(nth, nth + 1)]),
      pids: () => [first.pid(), second.pid()],
      databasePids,
    },
  ]
}

/** What the sessions of both replicas wait for under load, as shares of those that are at work: a run of its own, since looking costs. */
async function sampleWaits(
  { database }: Replicas,
  { targets }: Subject<Name>,
): Promise<Record<string, number>> {
  const counts = new Map<string, number>()
  let total = 0
  const look = async () => {
    const rows = await database.database.sql<{ waits: string }[]>`
      select coalesce(wait_event_type || ': ' || wait_event, 'none: at work') as waits
      from pg_stat_activity
      where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'`
    for (const { waits } of rows) counts.set(waits, (counts.get(waits) ?? 0) + 1)
    total += rows.length
  }
  const looks: Promise<void>[] = []
  const timer = setInterval(() => looks.push(look()), waitSampleMs)
  const options = { connections: 64, rampMs: 0, measureMs: waitMeasureMs, sample: () => {} }
  await runLoad(targets, options).finally(() => clearInterval(timer))
  await Promise.all(looks)
  return Object.fromEntries(
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5)
      .map(([waits, count]) => [
        `two replicas, c=64, share of busy sessions that wait for ${waits}`,
        rounded(count / total, 2),
      ]),
  )
}

function figuresOf(of: Medians<Name>, how: string): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of names) {
      const at = `${how}: ${name}, c=${connections}`
      figures[`${at}, requests/s`] = Math.round(of(name, connections, 'perSecond'))
      figures[`${at}, CPU µs a request`] = rounded(of(name, connections, 'cpuMicros'))
      figures[`${at}, database, CPU µs a request`] = rounded(
        of(name, connections, 'databaseMicros'),
      )
      figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
      figures[`${at}, p99 ms`] = rounded(of(name, connections, 'p99Ms'))
    }
    figures[`${how}: c=${connections}, times the requests/s of one`] = timesOf(of, connections)
  }
  return figures
}

const timesOf = (of: Medians<Name>, connections: number) =>
  rounded(
    of('two replicas', connections, 'perSecond') / of('one replica', connections, 'perSecond'),
  )

const timesGoal = (of: Medians<Name>): Goal => ({
  what: `two replicas, each with ${shareOfCore} of a core, c=64: times the requests/s of one`,
  figure: timesOf(of, 64),
  ...({ unit: '', bound: timesMin, better: 'more' } as const),
})
