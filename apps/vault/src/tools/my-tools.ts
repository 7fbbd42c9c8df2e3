// What an agent sees of tools: those that it has a grant for now, as the call decides it, and word when they change.

import {
  FullToolName,
  type InputOf,
  type listMyTools,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import { createChangeWaiter } from '../approvals/await-change.ts'
import type { AuthenticatedAgent } from '../identity/caller.ts'
import { unauthenticated } from '../identity/unauthenticated.ts'
import { type AgentTools, type HeldTool, heldTools, heldUntil, revisionOf } from './agent-tools.ts'

/** What this part of the room needs of others. */
export interface MyToolsNeeds {
  /** From memory while changes are sure to be heard of; undefined where there is no such agent any more. */
  readonly findAgentTools: (workspaceId: string, agentId: string) => Promise<AgentTools | undefined>
  readonly findConnection: (
    connectionId: string,
  ) => Promise<{ readonly workspaceId: string; readonly status: string } | undefined>
  /** Tells whose tools may have changed, by the agent's id; undefined means anybody's. */
  readonly subscribe: (listener: (agentId: string | undefined) => void) => void
  /** Tells of agents whose tokens were changed: they may no longer wait. */
  readonly subscribeAgents: (listener: (agentId: string) => void) => void
  /** Is the token with which the agent asked not taken away? It may have run out. */
  readonly isNotEnded: (agent: AuthenticatedAgent) => Promise<boolean>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number
}

type Agent = Pick<AuthenticatedAgent, 'agentId' | 'workspaceId'>

/** All tools of one agent at one time. */
export interface ToolsNow {
  readonly listing: AgentTools['listing']
  /** By full name. */
  readonly tools: readonly HeldTool[]
  readonly revision: string
}

export interface MyTools {
  /**
   * A page of the agent's tools by full name; with `since` and `waitSeconds` once they are others than those of that revision, or the
   * time is up. Problems: `invalid-input` for a cursor that is none, `unauthenticated` where the token is taken away meanwhile.
   */
  list(
    agent: AuthenticatedAgent,
    input: InputOf<typeof listMyTools>,
    gone: () => AbortSignal,
  ): Promise<OutputOf<typeof listMyTools>>
  /** All of them at once, for whoever serves them in another way. */
  now(agent: Agent): Promise<ToolsNow>
  /** Lets everybody go who waits: the vault stops. */
  endWaits(): void
}

const msPerSecond = 1000

/** Builds it. */
export function createMyTools(needs: MyToolsNeeds): MyTools {
  const waiter = createChangeWaiter(needs)
  const hold = createHolding()
  const now = (agent: Agent) => readNow({ ...needs, hold }, agent)
  return {
    now,
    endWaits: waiter.endWaits,
    async list(agent, { since, waitSeconds = 0, ...page }, gone) {
      const after = page.cursor === undefined ? undefined : readCursor(page.cursor)
      const { agentId } = agent
      const isDone = ({ revision }: ToolsNow) => revision !== since
      const waiting = { key: agentId, agentId, gone, heldBytes: 0 }
      // Whoever was let in a minute ago need not be by now (S-10).
      const whileLetIn = async () => {
        const read = await now(agent)
        if (await needs.isNotEnded(agent)) return read
        throw unauthenticated()
      }
      const found =
        since !== undefined && waitSeconds > 0
          ? await waiter.wait({ ...waiting, waitMs: waitSeconds * msPerSecond }, whileLetIn, isDone)
          : await now(agent)
      const { listing, revision } = found
      if (!isDone(found)) return { tools: [], revision, unchanged: true, listing }
      return { ...pageOf(found.tools, { ...page, after }), revision, listing }
    },
  }
}

async function readNow(
  needs: MyToolsNeeds & { readonly hold: Hold },
  { workspaceId, agentId }: Agent,
): Promise<ToolsNow> {
  const known = await needs.findAgentTools(workspaceId, agentId)
  if (known === undefined) return { listing: 'auto', tools: [], revision: revisionOf('auto', []) }
  const ids = [...known.granting.keys()]
  const connections = await Promise.all(ids.map((id) => needs.findConnection(id)))
  const usable = ids.filter((_, at) => {
    const connection = connections[at]
    return connection?.workspaceId === workspaceId && connection.status !== 'revoked'
  })
  return needs.hold(known, usable, needs.now())
}

/** The tools that what was read says are held, with these connections and at this time. */
type Hold = (known: AgentTools, usable: readonly string[], nowMs: number) => ToolsNow

/**
 * Works it out once for as long as all of it is the same: what was read, which is another object after any change, the connections
 * that can be used, and the time until a grant ends. It is kept as long as what was read.
 */
function createHolding(): Hold {
  interface Held {
    readonly now: ToolsNow
    readonly usable: string
    readonly fromMs: number
    readonly untilMs: number
  }
  const held = new WeakMap<AgentTools, Held>()
  return (known, ids, nowMs) => {
    const usable = ids.join(' ')
    const last = held.get(known)
    // Also where the clock was set back.
    const isSame = last?.usable === usable && last.fromMs <= nowMs && nowMs < last.untilMs
    if (last !== undefined && isSame) return last.now
    const { listing } = known
    const connections = new Set(ids)
    const tools = heldTools(known, { isUsable: (id) => connections.has(id), nowMs })
    const now = { listing, tools, revision: revisionOf(listing, tools) }
    held.set(known, { now, usable, fromMs: nowMs, untilMs: heldUntil(known, nowMs) })
    return now
  }
}

interface Page {
  readonly limit: number
  readonly after: string | undefined
  readonly toolset?: string | undefined
}

function pageOf(tools: readonly HeldTool[], { limit, after, toolset }: Page) {
  const wanted = tools.filter(
    (tool) =>
      (toolset === undefined || tool.toolset === toolset) &&
      (after === undefined || tool.view.name > after),
  )
  const page = wanted.slice(0, limit).map(({ view }) => view)
  const last = page.at(-1)
  return {
    tools: page,
    ...(wanted.length > limit && last !== undefined && { nextCursor: last.name }),
  }
}

/** A cursor is the full name of the last tool that was seen. */
function readCursor(cursor: string): string {
  if (FullToolName.safeParse(cursor).success) return cursor
  throw new Problem('invalid-input', 'The cursor is not one of this list.', {
    next: 'Use nextCursor of the page before as it is, or leave it out for the first page.',
    fields: [{ field: 'cursor', message: 'must be the nextCursor of an earlier page' }],
  })
}
