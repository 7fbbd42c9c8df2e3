import { benchDashboard } from './dashboard.ts'
import { benchDecide } from './decide.ts'
import { benchExecute } from './execute.ts'
import { benchImport } from './import.ts'
import { benchMcp } from './mcp.ts'
import { benchRedaction } from './redaction.ts'
import { type BenchResult, isMet, type Measured, readResults, writeResult } from './results.ts'
import { benchStart } from './start.ts'
import { benchStdio } from './stdio.ts'
import { toTable } from './table.ts'

// Chooses what is measured, says what came out, and keeps it.

const benches: Readonly<Record<string, () => Promise<Measured>>> = {
  execute: benchExecute,
  stdio: benchStdio,
  start: benchStart,
  dashboard: benchDashboard,
  decide: benchDecide,
  redaction: benchRedaction,
  mcp: benchMcp,
  import: benchImport,
}

/** Runs the named benchmarks, or all. Answers the exit code: 1 where `--check` is given and a goal was missed. */
export async function main(given: readonly string[]): Promise<number> {
  if (given.length === 1 && given[0] === 'table') {
    print(toTable(readResults()))
    return 0
  }
  const isCheck = given.includes('--check')
  const wanted = given.filter((name) => name !== '--check')
  const unknown = wanted.filter((name) => benches[name] === undefined)
  if (unknown.length > 0) {
    const known = Object.keys(benches).join(', ')
    process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${known}.\n`)
    return 2
  }
  let missed = 0
  for (const [name, measure] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    print(`${name} …`)
    const result = writeResult(name, await measure())
    say(result)
    missed += result.goals.filter((goal) => !isMet(goal)).length
  }
  return isCheck && missed > 0 ? 1 : 0
}

function say({ figures, goals, notes }: BenchResult): void {
  for (const [name, figure] of Object.entries(figures)) print(`  ${name}: ${figure}`)
  for (const goal of goals) {
    const sign = goal.better === 'more' ? '≥' : '≤'
    const ratio = (goal.figure / goal.bound).toFixed(2)
    const verdict = isMet(goal) ? 'met   ' : 'missed'
    print(
      `${verdict}  ${goal.what}: ${goal.figure} ${goal.unit} (goal ${sign} ${goal.bound}, ratio ${ratio})`,
    )
  }
  for (const note of notes) print(`note    ${note}`)
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`)
