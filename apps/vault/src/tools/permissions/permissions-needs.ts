import { type EffectiveGrant, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import type { ToolRef } from '../../policy/find-grant.ts'
import type { ToolsNow } from '../my-tools.ts'
import type { ToolsetStore } from '../toolset-store.ts'
import type { EditGrantsNeeds } from './edit-grants.ts'
import { noTool } from './grant-view.ts'

export type PermittingOwner = Pick<AuthenticatedOwner, 'ownerId' | 'workspaceId'>

/** An agent as the matrix names it. */
export interface PermittedAgent {
  readonly id: string
  readonly name: string
  readonly status: 'pending' | 'active' | 'disabled'
}

/** What this part of the room needs of others. */
export interface PermissionsNeeds extends EditGrantsNeeds {
  readonly store: Pick<ToolsetStore, 'find' | 'findTool' | 'placesOf' | 'grantsOf' | 'awaitChanges'>
  readonly findAgent: (workspaceId: string, agentId: string) => Promise<PermittedAgent | undefined>
  /** By name and id. */
  readonly listAgents: (
    workspaceId: string,
    page: {
      readonly limit: number
      readonly after: { readonly name: string; readonly id: string } | undefined
    },
  ) => Promise<readonly PermittedAgent[]>
  readonly findConnection: (
    connectionId: string,
  ) => Promise<{ readonly workspaceId: string; readonly status: string } | undefined>
  /** What an agent has, as it sees it. */
  readonly toolsOf: (agent: { workspaceId: string; agentId: string }) => Promise<ToolsNow>
}

/** Problem `agent-not-found`. */
export async function requireAgent(
  { findAgent }: PermissionsNeeds,
  workspaceId: string,
  agentId: string,
): Promise<void> {
  const agent = isLookupId(agentId) ? await findAgent(workspaceId, agentId) : undefined
  if (agent !== undefined) return
  throw new Problem('agent-not-found', 'There is no such agent.', {
    next: 'List the agents to see which there are.',
  })
}

/** A toolset as a look of `viewGrant` knows it: what is said of all of it. */
export const ofAll = (toolsetId: string): ToolRef => ({ toolsetId, toolId: noTool })

/** Of several policies: one that speaks of the tool itself before one of its toolset, and one that allows before one that does not. */
export function mostOf(views: readonly EffectiveGrant[]): EffectiveGrant {
  const rank = ({ from, allowed }: EffectiveGrant) =>
    ({ tool: 2, toolset: 1, none: 0 })[from] * 2 + (allowed ? 1 : 0)
  return views.toSorted((a, b) => rank(b) - rank(a))[0] ?? { allowed: false, from: 'none' }
}
