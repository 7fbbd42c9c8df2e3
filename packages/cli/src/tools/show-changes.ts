import type { ToolChange } from '@sallyport/contracts'
import { printable } from '../terminal.ts'

const signs = { added: '+', removed: '-', changed: '~', same: ' ' } as const
const valueCharsMax = 120

/** What differs between two versions of a toolset, and whom it concerns; nothing for tools that stay the same. */
export function showChanges(changes: readonly ToolChange[]): string {
  const differing = changes.filter(({ change }) => change !== 'same')
  if (differing.length === 0) return 'Nothing changes.'
  return differing.flatMap(showChange).join('\n')
}

const turned = { added: 'removed', removed: 'added', changed: 'changed', same: 'same' } as const

/** The same changes the other way round: what going back would do. */
export const turnChanges = (changes: readonly ToolChange[]): ToolChange[] =>
  changes.map((one) => ({
    ...one,
    change: turned[one.change],
    differences: one.differences.map((difference) => ({
      ...difference,
      ...{ before: difference.after, after: difference.before },
    })),
  }))

function showChange({ name, change, differences, agents, agentCount }: ToolChange): string[] {
  const named = agents.map((agent) => printable(agent.name)).join(', ')
  const more = agentCount - agents.length
  const who = more > 0 ? `${named} and ${more} more` : named
  const verb = change === 'added' ? 'would have it' : change === 'removed' ? 'loses it' : 'has it'
  return [
    `${signs[change]} ${printable(name)}${who === '' ? '' : `  (${verb}: ${who})`}`,
    ...differences.map(
      ({ what, before, after }) => `    ${printable(what)}: ${short(before)} → ${short(after)}`,
    ),
  ]
}

function short(text: string): string {
  if (text === '') return '(none)'
  const plain = printable(text)
  return plain.length > valueCharsMax ? `${plain.slice(0, valueCharsMax - 1)}…` : plain
}
