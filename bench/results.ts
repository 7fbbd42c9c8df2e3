import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Commit } from './commit.ts'

// Keeps what was measured, with the machine that it was measured on.

/** A goal of the design, and how near the figure came. */
export interface Goal {
  readonly what: string
  readonly figure: number
  readonly unit: string
  readonly bound: number
  readonly better: 'more' | 'less'
}

/** What a benchmark found out. */
export interface Measured {
  readonly rounds: number
  readonly goals: readonly Goal[]
  /** Medians, by what they say and in which unit. */
  readonly figures: Readonly<Record<string, number>>
  /** What a reader has to know of this run. */
  readonly notes: readonly string[]
}

/** The same, as it is kept. */
export interface BenchResult extends Measured {
  readonly name: string
  /** RFC 3339. */
  readonly measuredAt: string
  /** What was built and measured. Results from before it was kept have none. */
  readonly commit?: Commit | undefined
  readonly machine: ReturnType<typeof describeMachine>
}

/** As if in bench/dist. */
const keptIn = join(dirname(fileURLToPath(import.meta.url)), '../results')

/** Whether a goal is reached. */
export const isMet = ({ figure, bound, better }: Goal): boolean =>
  better === 'more' ? figure >= bound : figure <= bound

/** Writes a result beside the others and answers it. */
export function writeResult(
  name: string,
  measured: Measured,
  commit: Commit | undefined,
): BenchResult {
  const measuredAt = new Date().toISOString()
  const result = { name, measuredAt, commit, machine: describeMachine(), ...measured }
  mkdirSync(keptIn, { recursive: true })
  writeFileSync(join(keptIn, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
  return result
}

/** Every result that was kept, by name. */
export function readResults(folder = keptIn): BenchResult[] {
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** What kind of machine it is; nothing that names it. `loadAverage` tells whether it had other work. */
function describeMachine() {
  const [core] = cpus()
  return {
    processor: core?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  }
}

/** The middle of the values; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) / 2
  return ((sorted[Math.floor(at)] ?? Number.NaN) + (sorted[Math.ceil(at)] ?? Number.NaN)) / 2
}

/** Rounds to so many significant digits. */
export const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits))
