import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@sallyport/sdk'
import { startUpstream } from './execute.ts'
import { executeTarget } from './execute-target.ts'
import { measurePages, type Page } from './pages.ts'
import { descendantsOf, memoryMbOf } from './processes.ts'
import { type Goal, type Measured, rounded } from './results.ts'
import { seedLog } from './seed/seed-log.ts'
import { seedRows } from './seed/seed-rows.ts'
import {
  addCallers,
  type Caller,
  type SeedableVault,
  startSeedableVault,
} from './seed/seeded-vault.ts'
import { type Medians, measureByTurns, type Subject } from './turns.ts'

// Whether a vault is as quick with millions of audit records, thousands of connections and agents as it is with nothing in it: two
// vaults, each with its own embedded database, the same callers in both, by turns; and the pages that people look at.

const rounds = 5
const concurrencies = [1, 16, 64] as const
const callersCount = 16
const counts = { agents: 1_000, connections: 10_000, policiesOfEach: 20 }
const days = 90
const rowsUnlessSaid = 10_000_000
const shareMin = 0.9
const pageMsMax = 50
const memoryMbMax = 350

/** What is kept of a seeded vault, to measure it again. */
interface Seeded {
  readonly rows: number
  readonly seconds: number
  readonly ownerToken: string
  readonly first: {
    readonly agentId: string
    readonly privateKey: Caller['agent']['privateKey']
  } & Pick<Caller, 'connectionId'>
}

/** Seeds one of two vaults with so many audit records, unless the folder to keep it in has one, and measures both. */
export async function benchScale({
  rows = rowsUnlessSaid,
  keep,
}: {
  readonly rows?: number | undefined
  readonly keep?: string | undefined
}): Promise<Measured> {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('CPU time is read from /proc: this benchmark needs Linux.')
  }
  const closers: (() => Promise<void>)[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const origin = `http://127.0.0.1:${upstream.port}`
    const { large, seeded } = await openLarge(origin, { rows, keep })
    closers.push(large.stop)
    const empty = await startSeedableVault()
    closers.push(empty.stop)
    const subjects = [
      await subjectOf('empty', empty, origin),
      await subjectOf('large', large, origin),
    ]
    const of = await measureByTurns(subjects, { rounds, concurrencies })
    const pages = await measurePages(large, callerOf(large, seeded))
    const figures = {
      ...figuresOf(of, pages),
      'audit records': seeded.rows,
      'seconds that seeding took': Math.round(seeded.seconds),
      'database of the large vault, GB': rounded(await databaseGbOf(large)),
    }
    const { peak } = memoryMbOf(large.vault.pid())
    return { rounds, goals: goalsOf(of, { pages, peak }), figures, notes: [] }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

/** The large one: seeded, or as it was kept. */
export async function openLarge(
  origin: string,
  { rows, keep }: { readonly rows: number; readonly keep: string | undefined },
): Promise<{ large: SeedableVault; seeded: Seeded }> {
  const note = keep === undefined ? undefined : join(keep, 'seeded.json')
  if (keep !== undefined && note !== undefined && existsSync(note)) {
    const seeded: Seeded = JSON.parse(readFileSync(note, 'utf8'))
    const { ownerToken } = seeded
    return { large: await startSeedableVault({ folder: keep, ownerToken }), seeded }
  }
  if (keep !== undefined) mkdirSync(keep, { recursive: true })
  const large = await startSeedableVault(keep === undefined ? undefined : { folder: keep })
  const seeded = await seed(large, origin, rows)
  if (note !== undefined) writeFileSync(note, JSON.stringify(seeded), { mode: 0o600 })
  return { large, seeded }
}

/** Fills the large one, and starts it anew: what it holds in memory is then what it needs. */
async function seed(large: SeedableVault, origin: string, rows: number): Promise<Seeded> {
  const began = performance.now()
  const tell = (line: string) => void process.stdout.write(`  seeding: ${line}\n`)
  const { vault, sql, workspaceId, ownerId } = large
  const [first] = await addCallers(vault, origin, 1)
  if (first === undefined) throw new Error('there is no caller')
  const { connectionId, agent } = first
  const { agentId, privateKey } = agent
  const made = await seedRows(
    large,
    { workspaceId, connectionId, agentId },
    { ...counts, policiesOfFirst: counts.connections },
  )
  tell(`${counts.agents} agents, ${counts.connections} connections`)
  await seedLog(large, {
    ...{ ...made, workspaceId, ownerId, tell, days },
    ...{ dataDir: vault.dataDir, records: rows },
  })
  await sql`analyze`
  await vault.terminate()
  await vault.restart()
  const seconds = (performance.now() - began) / 1000
  const { ownerToken } = vault
  return { rows, seconds, ownerToken, first: { agentId, privateKey, connectionId } }
}

const callerOf = ({ vault }: SeedableVault, { first }: Seeded) => {
  const { agentId, privateKey, connectionId } = first
  const auth = { kind: 'agent', agentId, privateKey } as const
  return { client: createClient({ baseUrl: vault.url, auth }), connectionId }
}

type Name = 'empty' | 'large'

async function subjectOf(
  name: Name,
  { vault }: SeedableVault,
  origin: string,
): Promise<Subject<Name>> {
  const callers = await addCallers(vault, origin, callersCount)
  const targets = await Promise.all(
    callers.map((caller) => executeTarget(vault, { ...caller, origin })),
  )
  const pids = () => [vault.pid()]
  return { name, targets, pids, databasePids: () => descendantsOf(vault.pid()) }
}

async function databaseGbOf({ sql }: SeedableVault): Promise<number> {
  const [row] = await sql<{ bytes: number }[]>`
    select pg_database_size(current_database())::float8 as bytes`
  return (row?.bytes ?? 0) / 2 ** 30
}

function figuresOf(of: Medians<Name>, pages: readonly Page[]): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of ['empty', 'large'] as const) {
      const at = `${name}, c=${connections}`
      figures[`${at}, requests/s`] = Math.round(of(name, connections, 'perSecond'))
      figures[`${at}, CPU µs a request`] = rounded(of(name, connections, 'cpuMicros'))
      figures[`${at}, database, CPU µs a request`] = rounded(
        of(name, connections, 'databaseMicros'),
      )
      figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
      figures[`${at}, p99 ms`] = rounded(of(name, connections, 'p99Ms'))
    }
  }
  for (const { name, p50Ms, mostMs } of pages) {
    figures[`${name}, p50 ms`] = rounded(p50Ms)
    figures[`${name}, slowest ms`] = rounded(mostMs)
  }
  return figures
}

function goalsOf(
  of: Medians<Name>,
  { pages, peak }: { readonly pages: readonly Page[]; readonly peak: number },
): Goal[] {
  const share = (connections: number): Goal => ({
    what: `execute with millions of records: requests/s as a share of an empty vault’s, c=${connections}`,
    figure: rounded(of('large', connections, 'perSecond') / of('empty', connections, 'perSecond')),
    ...({ unit: '', bound: shareMin, better: 'more' } as const),
  })
  const slowest = Math.max(...pages.filter(({ isAudit }) => isAudit).map(({ p50Ms }) => p50Ms))
  return [
    ...concurrencies.map(share),
    {
      what: 'a page of the audit log, the slowest of those that are looked at, p50',
      figure: rounded(slowest),
      ...({ unit: 'ms', bound: pageMsMax, better: 'less' } as const),
    },
    {
      what: 'memory of the vault with millions of records, at its highest',
      figure: Math.round(peak),
      ...({ unit: 'MB', bound: memoryMbMax, better: 'less' } as const),
    },
  ]
}
