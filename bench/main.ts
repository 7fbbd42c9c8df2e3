import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { PeerPlace } from './agenthifive.ts'
import { commitOf } from './commit.ts'
import { benchDashboard } from './dashboard.ts'
import { benchDecide } from './decide.ts'
import { benchExecute } from './execute.ts'
import { benchForwarded } from './forwarded.ts'
import { benchImport } from './import.ts'
import { benchMcp } from './mcp.ts'
import { benchPeer } from './peer.ts'
import { benchRedaction } from './redaction.ts'
import { benchReplicas } from './replicas.ts'
import { type BenchResult, isMet, type Measured, readResults, writeResult } from './results.ts'
import { benchRotate } from './rotate.ts'
import { benchScale } from './scale.ts'
import { benchStart } from './start.ts'
import { benchStdio } from './stdio.ts'
import { benchTelemetry } from './telemetry.ts'

// Chooses what is measured, says what came out, and keeps it.

/** How much is measured, where that can be said. */
interface Sizes {
  /** Audit records of `scale` and of `peer`. */
  readonly rows: number | undefined
  /** A folder in which its large vault stays, and is found the next time. */
  readonly keep: string | undefined
  /** Of `rotate`. */
  readonly credentials: number
  /** Without it, `peer` is left out of all. */
  readonly peer: PeerPlace | undefined
}

const benches: Readonly<Record<string, (sizes: Sizes) => Promise<Measured>>> = {
  execute: benchExecute,
  stdio: benchStdio,
  start: benchStart,
  dashboard: benchDashboard,
  decide: benchDecide,
  redaction: benchRedaction,
  mcp: benchMcp,
  import: benchImport,
  rotate: benchRotate,
  replicas: benchReplicas,
  forwarded: benchForwarded,
  telemetry: benchTelemetry,
  scale: benchScale,
  peer: benchPeer,
}

/** As if in bench/dist: two folders up is the workspace. */
const workspace = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Runs the named benchmarks, or all. Answers the exit code: 1 where `--check` is given and a goal was missed. Where all are meant,
 * those that cannot be run here (`peer`, for want of a peer) are held to what was kept of them.
 */
export async function main(given: readonly string[]): Promise<number> {
  const { wanted, sizes, isChecked } = read(given)
  const unknown = wanted.filter((name) => benches[name] === undefined)
  if (unknown.length > 0) {
    const known = Object.keys(benches).join(', ')
    process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${known}.\n`)
    return 2
  }
  const isMeant = (name: string) =>
    wanted.length > 0 ? wanted.includes(name) : name !== 'peer' || sizes.peer !== undefined
  // Before anything is measured: what was built is of this commit, whatever is committed meanwhile.
  const commit = commitOf(workspace)
  const results: BenchResult[] = []
  for (const [name, measure] of Object.entries(benches).filter(([name]) => isMeant(name))) {
    print(`${name} …`)
    const result = writeResult(name, await measure(sizes), commit)
    say(result)
    results.push(result)
  }
  print('`npm run generate` brings docs/benchmarks.md and README.md to what was measured.')
  const kept = wanted.length > 0 ? [] : readResults().filter(({ name }) => !isMeant(name))
  for (const result of kept) {
    print(`${result.name}: not measured now; of ${result.measuredAt.slice(0, 10)} is kept`)
    say({ ...result, figures: {} })
  }
  const isMissed = [...results, ...kept].some(({ goals }) => !goals.every(isMet))
  return isChecked && isMissed ? 1 : 0
}

function read(given: readonly string[]) {
  const { values, positionals: wanted } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      keep: { type: 'string' },
      rows: { type: 'string' },
      credentials: { type: 'string', default: '100000' },
      peer: { type: 'string' },
      'peer-node': { type: 'string', default: process.execPath },
      'peer-database': { type: 'string' },
    },
  })
  const { peer: folder, 'peer-node': node, 'peer-database': databaseUrl } = values
  const sizes: Sizes = {
    rows: values.rows === undefined ? undefined : Number(values.rows),
    keep: values.keep,
    credentials: Number(values.credentials),
    peer:
      folder === undefined || databaseUrl === undefined ? undefined : { folder, node, databaseUrl },
  }
  return { wanted, sizes, isChecked: values.check }
}

function say({ figures, goals, notes }: BenchResult): void {
  for (const [name, figure] of Object.entries(figures)) print(`  ${name}: ${figure}`)
  for (const goal of goals) {
    const sign = goal.better === 'more' ? '≥' : '≤'
    const ratio = goal.bound === 0 ? 'none' : (goal.figure / goal.bound).toFixed(2)
    const verdict = isMet(goal) ? 'met   ' : 'missed'
    print(
      `${verdict}  ${goal.what}: ${goal.figure} ${goal.unit} (goal ${sign} ${goal.bound}, ratio ${ratio})`,
    )
  }
  for (const note of notes) print(`note    ${note}`)
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`)
