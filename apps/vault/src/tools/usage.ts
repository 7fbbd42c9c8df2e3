import { type getToolUsage, type InputOf, type OutputOf, Problem } from '@sallyport/contracts'
import { type CallCount, createTally, type Tally } from '../activity/tally.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { toolNotFound, toolsetNotFound } from './toolset-problems.ts'
import type { ToolsetStore } from './toolset-store.ts'

/** Calls that are counted for one answer, the newest. */
const callsMax = 50_000
/** Of tools and of agents, those with the most calls. */
const namedMax = 200
const dayMs = 86_400_000

/** Which calls. */
export interface ToolUsageQuery {
  readonly workspaceId: string
  readonly fromMs: number
  readonly dayMs: number
  readonly toolId?: string | undefined
  readonly toolsetId?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  readonly callsMax: number
}

/** Each call is counted three times: with its tool, its agent and its day. */
export interface CountedToolCalls extends CallCount {
  readonly by: 'tool' | 'agent' | 'day'
  readonly key: string
  /** The full name by which it was called last. */
  readonly tool: string
  /** The upstream answered with 400 or above. */
  readonly isRefusal: boolean
  /** When the last of them came, ms since the epoch. */
  readonly lastMs: number
}

export interface ToolUsageStore {
  /** One bounded query. */
  countCalls(query: ToolUsageQuery): Promise<CountedToolCalls[]>
}

/** What counting needs of others. */
export interface ToolUsageNeeds {
  readonly usage: ToolUsageStore
  readonly store: Pick<ToolsetStore, 'find' | 'findTool' | 'findTools'>
  /** What agents of the workspace are called; those that are gone are left out. */
  readonly namesOfAgents: (
    workspaceId: string,
    ids: readonly string[],
  ) => Promise<ReadonlyMap<string, string>>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Output = OutputOf<typeof getToolUsage>
type Counts = Output['total']

/** Counts calls, with what is known of them beside. */
interface Counter {
  readonly tally: Tally
  refused: number
  lastMs: number
  tool: string
}

const createCounter = (): Counter => ({ tally: createTally(), refused: 0, lastMs: 0, tool: '' })

/**
 * Builds the operation `getToolUsage`, which reads the audit log: the newest 50 000 calls at most. Days are UTC's, today the last.
 * Problems: `toolset-not-found`, `tool-not-found`, `overloaded`.
 */
export function createToolUsage(needs: ToolUsageNeeds) {
  return async (
    { workspaceId }: Pick<AuthenticatedOwner, 'workspaceId'>,
    { toolsetId, toolId, agentId, connectionId, days }: InputOf<typeof getToolUsage>,
  ): Promise<Output> => {
    await requireKnown(needs, workspaceId, { toolsetId, toolId })
    const today = Math.floor(needs.now() / dayMs) * dayMs
    const fromMs = today - (days - 1) * dayMs
    const which = { toolId, toolsetId, agentId, connectionId }
    const query = { workspaceId, fromMs, dayMs, callsMax, ...which }
    const counts = await needs.usage.countCalls(query)
    const counters = { tool: sum(counts, 'tool'), agent: sum(counts, 'agent') }
    const byDay = sum(counts, 'day')
    const total = createCounter()
    for (const counted of counts) if (counted.by === 'tool') add(total, counted)
    const [tools, agents] = [busiest(counters.tool), busiest(counters.agent)]
    const found = await needs.store.findTools(
      workspaceId,
      tools.map(([id]) => id),
    )
    const rows = new Map(found.map((row) => [row.id, row]))
    const names = await needs.namesOfAgents(
      workspaceId,
      agents.map(([id]) => id),
    )
    return {
      total: view(total),
      tools: tools.map(([id, counter]) => {
        const [toolset = '', name = ''] = counter.tool.split('.')
        const row = rows.get(id) ?? { toolset, name }
        return { toolId: id, toolset: row.toolset, name: row.name, ...view(counter) }
      }),
      agents: agents.map(([agentId, counter]) => {
        const name = names.get(agentId)
        return { agentId, ...(name !== undefined && { name }), ...view(counter) }
      }),
      days: Array.from({ length: days }, (_, at) => ({
        at: new Date(fromMs + at * dayMs).toISOString(),
        ...view(byDay.get(String(at)) ?? createCounter()),
      })),
    }
  }
}

async function requireKnown(
  { store }: ToolUsageNeeds,
  workspaceId: string,
  { toolsetId, toolId }: Pick<ToolUsageQuery, 'toolsetId' | 'toolId'>,
): Promise<void> {
  if (toolsetId !== undefined) {
    const known = isLookupId(toolsetId) ? await store.find(workspaceId, toolsetId) : undefined
    if (known === undefined) throw toolsetNotFound()
  }
  if (toolId === undefined) return
  const tool = isLookupId(toolId) ? await store.findTool(workspaceId, toolId) : undefined
  if (tool === undefined) throw toolNotFound()
  if (toolsetId === undefined || tool.toolsetId === toolsetId) return
  throw new Problem('tool-not-found', 'The toolset has no such tool.', {
    next: 'Leave toolsetId out, or name a tool of it.',
  })
}

function sum(
  counts: readonly CountedToolCalls[],
  by: CountedToolCalls['by'],
): ReadonlyMap<string, Counter> {
  const counters = new Map<string, Counter>()
  for (const counted of counts) {
    if (counted.by !== by || counted.key === '') continue
    const counter = counters.get(counted.key) ?? createCounter()
    counters.set(counted.key, counter)
    add(counter, counted)
  }
  return counters
}

function add(counter: Counter, counted: CountedToolCalls): void {
  counter.tally.add(counted)
  if (counted.end === 'sent' && counted.isRefusal) counter.refused += counted.count
  if (counted.lastMs < counter.lastMs) return
  counter.lastMs = counted.lastMs
  counter.tool = counted.tool
}

/** What an upstream refused was sent, and has failed. */
function view({ tally, refused, lastMs }: Counter): Counts {
  const { failed, ...counts } = tally.view()
  return {
    ...counts,
    failed: failed + refused,
    ...(lastMs > 0 && { lastAt: new Date(lastMs).toISOString() }),
  }
}

const busiest = (counters: ReadonlyMap<string, Counter>): [string, Counter][] =>
  [...counters].sort(([, a], [, b]) => b.tally.calls() - a.tally.calls()).slice(0, namedMax)
