import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { soak } from './soak.ts'

// `npm run soak`: reads what is asked for, says what came of it, and ends what it started however it ends.

const usage = `Usage: npm run soak -- [--minutes 10] [--seed <number>] [--replicas 3]
`
const settleMs = 120_000
const minutesMax = 24 * 60

/** Runs it. Answers the exit code: 1 where a promise was not kept, 2 where it cannot be read what is asked for. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      replicas: { type: 'string', default: '3' },
    },
  })
  const [minutes, seed, replicas] = [values.minutes, values.seed, values.replicas].map(Number)
  if (!isIn(minutes, 0.1, minutesMax) || !isIn(seed, 0, 2 ** 32) || !isIn(replicas, 1, 5)) {
    process.stderr.write(usage)
    return 2
  }
  const told = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => told.abort())
  }
  process.once('exit', endChildren)
  print(`soak: ${minutes} minutes, ${replicas} replicas; again with --seed ${seed}`)
  const startedMs = performance.now()
  const { breaches, figures } = await soak({
    ...{ seed, replicas, print, settleMs, signal: told.signal, runMs: minutes * 60_000 },
  })
  for (const [name, figure] of Object.entries(figures)) print(`${name}: ${figure}`)
  for (const breach of breaches) print(`BREACH ${breach}`)
  const took = `${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes`
  print(
    breaches.length === 0
      ? `Every promise was kept (seed ${seed}, ${took}).`
      : `${breaches.length} promises were not kept (seed ${seed}, ${took}).`,
  )
  return breaches.length === 0 ? 0 : 1
}

/** Whatever went wrong: no replica outlives the soak. */
function endChildren(): void {
  const list = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  for (const pid of list.trim().split(' ').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

const isIn = (value: number | undefined, least: number, most: number): value is number =>
  value !== undefined && value >= least && value <= most

function print(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)
}
