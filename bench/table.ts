import type { BenchResult, Goal } from './results.ts'

/** The results as Markdown: one table of the goals, and below it when and on what they were measured. */
export function toTable(results: readonly BenchResult[]): string {
  const rows = results.flatMap(({ name, goals }) =>
    goals.map(
      (goal) =>
        `| ${goal.what} | ${withUnit(goal, goal.figure)} | ${sign(goal)} ${withUnit(goal, goal.bound)} | \`pnpm bench ${name}\` |`,
    ),
  )
  const whens = results.map(({ name, measuredAt, machine, rounds }) => {
    const { processor, cores, memoryGb, system, node, loadAverage } = machine
    return `\`${name}\`: ${measuredAt.slice(0, 10)}, ${processor}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, load ${loadAverage}, medians of ${rounds} rounds.`
  })
  return [
    '| what | measured | goal | how |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    ...whens,
  ].join('\n')
}

const withUnit = ({ unit }: Goal, value: number) => (unit === '' ? `${value}` : `${value} ${unit}`)
const sign = ({ better }: Goal) => (better === 'more' ? '≥' : '≤')
