import { changeAgentsMax, type ToolChange, type ToolDefinition } from '@sallyport/contracts'
import type { ToolPlace } from '../toolset-store.ts'
import { compareTools, tellGone } from './compare-tools.ts'
import type { ToolUser } from './who-has.ts'

/** A tool of one of two states of a toolset. */
export interface ComparedTool {
  readonly key: string
  readonly name: string
  readonly definition: ToolDefinition
  readonly digest: string
  readonly status: string
  /** The id is empty for one that is yet to be made. */
  readonly place: ToolPlace
}

/** What differs between two states of a toolset: tools are the same by their key. Sorted by what happened, then by name. */
export function compareToolsets(
  before: readonly ComparedTool[],
  after: readonly ComparedTool[],
  whoHas: (tool: ToolPlace) => readonly ToolUser[],
): ToolChange[] {
  const agentsOf = ({ place }: ComparedTool) => [...whoHas(place)]
  const was = new Map(before.map((tool) => [tool.key, tool]))
  const is = new Map(after.map((tool) => [tool.key, tool]))
  const removed = before
    .filter(({ key }) => !is.has(key))
    .map((tool) =>
      changeOf(tool.name, 'removed', {
        agents: agentsOf(tool),
        differences: tellGone(tool.definition),
      }),
    )
  const others = after.map((tool) => {
    const old = was.get(tool.key)
    if (old === undefined) return changeOf(tool.name, 'added', { agents: agentsOf(tool) })
    const differences =
      old.digest === tool.digest ? [] : compareTools(old.definition, tool.definition)
    if (old.status !== tool.status) {
      differences.push({ what: 'status', before: old.status, after: tool.status })
    }
    const change = differences.length === 0 ? 'same' : 'changed'
    return changeOf(tool.name, change, { agents: agentsOf(old), differences })
  })
  return [...others, ...removed].toSorted(
    (a, b) => order[a.change] - order[b.change] || (a.name < b.name ? -1 : 1),
  )
}

const order = { added: 0, changed: 1, removed: 2, same: 3 } as const

const changeOf = (
  name: string,
  change: ToolChange['change'],
  { agents, differences = [] }: { agents: ToolUser[]; differences?: ToolChange['differences'] },
): ToolChange => ({
  ...{ name, change, differences },
  ...{ agents: agents.slice(0, changeAgentsMax), agentCount: agents.length },
})

/** How many of each there are. */
export const countChanges = (changes: readonly ToolChange[]) => {
  const count = (wanted: ToolChange['change']) =>
    changes.filter(({ change }) => change === wanted).length
  return { added: count('added'), removed: count('removed'), changed: count('changed') }
}
