import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { binary } from '../test/cli/sallyport.ts'
import { startUpstream } from './execute.ts'
import { executeTarget } from './execute-target.ts'
import { type LoadTarget, quantile, runLoad } from './load.ts'
import { memoryMbOf } from './processes.ts'
import { type Goal, type Measured, rounded } from './results.ts'
import { seedRows } from './seed/seed-rows.ts'
import { addCallers, startSeedableVault } from './seed/seeded-vault.ts'

// How long `sallyport keys rotate` takes over a workspace of many credentials, and whether any call fails meanwhile.

const secondsMax = 60
const callersCount = 8
const connections = 8
const beforeMs = 5_000
const roundMs = 1_000

/** Rotates the root key and the workspace's key while agents call. */
export async function benchRotate({
  credentials,
}: {
  readonly credentials: number
}): Promise<Measured> {
  const closers: (() => Promise<void>)[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const origin = `http://127.0.0.1:${upstream.port}`
    const seedable = await startSeedableVault()
    closers.push(seedable.stop)
    const { vault, workspaceId } = seedable
    const callers = await addCallers(vault, origin, callersCount)
    const { agentId = '' } = callers[0]?.agent ?? {}
    const { connectionId = '' } = callers[0] ?? {}
    await seedRows(
      seedable,
      { workspaceId, agentId, connectionId },
      { agents: 0, connections: credentials, policiesOfEach: 0, policiesOfFirst: 0 },
    )
    const targets = await Promise.all(
      callers.map((caller) => executeTarget(vault, { ...caller, origin })),
    )
    const quiet = await whileWorking(targets, () => pause(beforeMs))
    const root = await whileWorking(targets, () => rotate(vault.dataDir, ['root']))
    const workspace = await whileWorking(targets, () =>
      rotate(vault.dataDir, ['workspace', '--workspace', workspaceId]),
    )
    await requireAllRead(targets)
    const { peak } = memoryMbOf(vault.pid())
    return measuredOf({ credentials, quiet, root, workspace, peak })
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const run = promisify(execFile)
const saidBytesMax = 64 * 1024 * 1024

/** The command, in a process of its own, with the environment of the vault. Rejects where it does not succeed. */
async function rotate(dataDir: string, what: readonly string[]): Promise<void> {
  await run(process.execPath, [binary, 'keys', 'rotate', ...what], {
    env: { PATH: process.env.PATH ?? '', HOME: dataDir, SALLYPORT_DATA_DIR: dataDir },
    maxBuffer: saidBytesMax,
  })
}

interface Worked {
  readonly seconds: number
  readonly requests: number
  readonly perSecond: number
  readonly p99Ms: number
  /** What was not answered well, as far as it was looked at. */
  readonly failures: readonly string[]
}

/** Loads for as long as the work takes. */
async function whileWorking(
  targets: readonly LoadTarget[],
  work: () => Promise<void>,
): Promise<Worked> {
  const began = performance.now()
  const state = { isOver: false }
  const working = work().finally(() => {
    state.isOver = true
  })
  // Told below: meanwhile nobody waits for it.
  working.catch(() => {})
  const latencies: number[] = []
  const failures: string[] = []
  let counted = 0
  while (!state.isOver) {
    const options = { connections, rampMs: 0, measureMs: roundMs, sample: () => {} }
    await runLoad(targets, options).then(
      ({ latenciesMs, seconds }) => {
        latencies.push(...latenciesMs)
        counted += seconds
      },
      (error: unknown) => failures.push(String(error)),
    )
  }
  await working
  return {
    seconds: (performance.now() - began) / 1000,
    requests: latencies.length,
    perSecond: latencies.length / counted,
    p99Ms: quantile(Float64Array.from(latencies).sort(), 0.99),
    failures,
  }
}

/** Under the new key all of it opens. */
async function requireAllRead(targets: readonly LoadTarget[]): Promise<void> {
  const options = { connections, rampMs: 0, measureMs: roundMs, sample: () => {} }
  await runLoad(targets, options)
}

function measuredOf(of: {
  readonly credentials: number
  readonly quiet: Worked
  readonly root: Worked
  readonly workspace: Worked
  readonly peak: number
}): Measured {
  const { credentials, quiet, root, workspace, peak } = of
  const figures: Record<string, number> = { credentials }
  for (const [name, worked] of Object.entries({ 'before it': quiet, root, workspace })) {
    figures[`${name}, requests`] = worked.requests
    figures[`${name}, requests/s`] = Math.round(worked.perSecond)
    figures[`${name}, p99 ms`] = rounded(worked.p99Ms)
  }
  figures['vault, memory at its highest, MB'] = Math.round(peak)
  const failures = [...root.failures, ...workspace.failures]
  const seconds = (what: string, worked: Worked): Goal => ({
    what: `keys rotate ${what}, ${credentials} credentials, while agents call`,
    figure: rounded(worked.seconds),
    ...({ unit: 's', bound: secondsMax, better: 'less' } as const),
  })
  return {
    ...{ rounds: 1, figures, notes: failures.slice(0, 3) },
    goals: [
      seconds('root', root),
      seconds('workspace', workspace),
      {
        what: 'calls that failed meanwhile',
        figure: failures.length,
        ...({ unit: '', bound: 0, better: 'less' } as const),
      },
    ],
  }
}
