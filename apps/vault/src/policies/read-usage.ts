import {
  fullToolName,
  type getPolicyUsage,
  type LimitUsage,
  limitWords,
  type OutputOf,
  type PolicyDocument,
} from '@sallyport/contracts'
import {
  entryScope,
  listWindows,
  microsPerUsd,
  type PlannedWindow,
  planLimits,
} from '../limits/plan-limits.ts'
import type { GrantableToolset } from './require-tools.ts'

/** How far limits are used up; what the audit room answers. */
export interface LimitsUsed {
  /** By name. */
  readonly windows: ReadonlyMap<
    string,
    { readonly used: number; readonly held: number; readonly emptyInMs: number }
  >
  /** Calls in flight. */
  readonly running: number
}

export type FindLimitsUsed = (
  policyId: string,
  limits: readonly PlannedWindow[],
) => Promise<LimitsUsed | undefined>

/** How far each limit of a policy is used up; undefined where there is no such policy any more. */
export async function readPolicyUsage(
  findUsed: FindLimitsUsed,
  { id, document }: { readonly id: string; readonly document: PolicyDocument },
  { nowMs, toolsets }: { readonly nowMs: number; readonly toolsets: readonly GrantableToolset[] },
): Promise<OutputOf<typeof getPolicyUsage> | undefined> {
  const planned = planLimits(document)
  const known = new Map(toolsets.map((toolset) => [toolset.toolsetId, toolset]))
  const windows = listWindows(planned, (toolsetId) => [
    ...(known.get(toolsetId)?.tools.keys() ?? []),
  ])
  const names = namesOf(toolsets)
  const single = new Set(listWindows(planned).map(({ name }) => name))
  const found = await findUsed(id, windows)
  if (found === undefined) return undefined
  const usage = windows.flatMap((window): LimitUsage[] => {
    const { name, limit, unit, windowMs } = window
    const { used = 0, held = 0, emptyInMs = 0 } = found.windows.get(name) ?? {}
    // A toolset may have hundreds of tools: only those that were called have used anything up.
    if (used === 0 && !single.has(name)) return []
    const amount = (value: number) => (unit === 'usd' ? value / microsPerUsd : value)
    return [
      {
        name,
        label: labelOf(name, document, names),
        unit,
        used: amount(used),
        reserved: amount(held),
        limit: amount(limit),
        windowMs,
        ...(emptyInMs > 0 && { resetsAt: new Date(nowMs + emptyInMs).toISOString() }),
      },
    ]
  })
  const { concurrent } = planned
  if (concurrent === undefined) return { usage }
  const atOnce: LimitUsage = {
    name: 'concurrent',
    label: limitWords('concurrent'),
    unit: 'requests',
    used: found.running,
    reserved: 0,
    limit: concurrent,
  }
  return { usage: [...usage, atOnce] }
}

/** Full names of tools by their ids. */
const namesOf = (toolsets: readonly GrantableToolset[]): ReadonlyMap<string, string> =>
  new Map(
    toolsets.flatMap((toolset) =>
      [...toolset.tools].map(([id, { name }]) => [id, fullToolName(toolset.name, name)] as const),
    ),
  )

/** The words for a limit; one of an entry or of a tool says of which. */
function labelOf(
  name: string,
  { allow }: PolicyDocument,
  tools: ReadonlyMap<string, string>,
): string {
  const [, toolId = ''] = /^tool:([^:]+):/.exec(name) ?? []
  const tool = tools.get(toolId)
  if (tool !== undefined) return limitWords(name).replace('this tool', tool)
  const at = name.startsWith('entry:')
    ? allow.findIndex((entry) => name.startsWith(`${entryScope(entry)}:`))
    : -1
  const entry = allow[at]
  if (entry === undefined) return limitWords(name)
  const [rate = ''] = limitWords(name).split(' of what')
  const more = entry.paths.length > 1 ? ` and ${entry.paths.length - 1} more` : ''
  return `${rate} with ${entry.methods.join(', ')} at ${entry.origin}${entry.paths[0]}${more}`
}
