import { fullToolName, type PolicyDocument, type ToolChange } from '@sallyport/contracts'
import { type RuleTurn, renameInRules } from '../../policy/rename-tools.ts'
import type { StoredTool, ToolRow } from '../toolset-store.ts'

/** A policy whose rules name tools, and whose it is. */
export interface NamingPolicy {
  readonly agentName: string
  readonly document: PolicyDocument
}

/** Told of one tool. */
const turnsToldMax = 20

const does: Readonly<Record<RuleTurn['then'], string>> = {
  allow: 'allows it',
  deny: 'denies it',
  require_approval: 'asks about it',
  redact: 'takes out of it',
  filter: 'filters its answer',
}

/** The full names of tools that would get others, by those that they have. */
export function renamesOf(
  toolset: string,
  rows: readonly ToolRow[],
  update: readonly StoredTool[],
): ReadonlyMap<string, string> {
  const nameOf = new Map(rows.map(({ id, name }) => [id, name]))
  return new Map(
    update.flatMap(({ id, name }) => {
      const before = nameOf.get(id)
      return before === undefined || before === name
        ? []
        : [[fullToolName(toolset, before), fullToolName(toolset, name)] as const]
    }),
  )
}

/** The changes, with the rules that would speak of a tool only by its new name, or no longer. Most follow it, and are not told. */
export function tellTurns(
  changes: readonly ToolChange[],
  toolset: string,
  {
    renames,
    policies,
  }: {
    readonly renames: ReadonlyMap<string, string>
    readonly policies: readonly NamingPolicy[]
  },
): ToolChange[] {
  const told = new Map<string, ToolChange['differences']>()
  for (const { agentName, document } of policies) {
    for (const { ruleId, then, tool, turn } of renameInRules(document, { tools: renames }).turns) {
      const [now, not] = [does[then], 'is not about it']
      const [before, after] = turn === 'begins' ? [not, now] : [now, not]
      const what = `rule ${ruleId} of ${agentName}`
      const others = told.get(tool) ?? []
      // An agent may have the same rule in its policies for several connections.
      if (others.some((one) => one.what === what) || others.length >= turnsToldMax) continue
      told.set(tool, [...others, { what, before, after }])
    }
  }
  return changes.map((change) => {
    const turns = told.get(fullToolName(toolset, change.name)) ?? []
    return turns.length === 0 || change.change === 'removed'
      ? change
      : { ...change, differences: [...change.differences, ...turns] }
  })
}
