// What agents may do with tools, as owners see it and say it: grants of their policies, read and changed one at a time.

import type {
  InputOf,
  listAgentTools,
  listToolsetPermissions,
  OutputOf,
  setToolPermission,
  setToolsetPermission,
} from '@sallyport/contracts'
import { isLookupId } from '../../paging/lookup-id.ts'
import type { ToolRef } from '../../policy/find-grant.ts'
import { toolsetNotFound } from '../toolset-problems.ts'
import type { GrantingPolicy } from '../toolset-store.ts'
import { viewGrant } from './grant-view.ts'
import { readNamePage, writeNamePage } from './name-page.ts'
import {
  mostOf,
  type PermittingOwner as Owner,
  ofAll,
  type PermissionsNeeds,
  requireAgent,
} from './permissions-needs.ts'
import { setOfTool, setOfToolset } from './set-permission.ts'

type ToolInput = InputOf<typeof setToolPermission>
type ToolsetInput = InputOf<typeof setToolsetPermission>

export interface Permissions {
  /** Problems: `tool-not-found`, `agent-not-found`, `connection-revoked`, `version-conflict`. */
  setOfTool(owner: Owner, input: ToolInput): Promise<OutputOf<typeof setToolPermission>>
  /** Problems: `toolset-not-found`, `agent-not-found`, `connection-revoked`, `version-conflict`. */
  setOfToolset(owner: Owner, input: ToolsetInput): Promise<OutputOf<typeof setToolsetPermission>>
  /** Agents by name. Problem: `toolset-not-found`. */
  ofToolset(
    owner: Owner,
    input: InputOf<typeof listToolsetPermissions>,
  ): Promise<OutputOf<typeof listToolsetPermissions>>
  /** By full name. Problem: `agent-not-found`. */
  ofAgent(
    owner: Owner,
    input: InputOf<typeof listAgentTools>,
  ): Promise<OutputOf<typeof listAgentTools>>
}

/** Builds it. Whatever is of another workspace is like what does not exist (S-09). */
export function createPermissions(needs: PermissionsNeeds): Permissions {
  return {
    setOfTool: (owner, input) => setOfTool(needs, owner, input),
    setOfToolset: (owner, input) => setOfToolset(needs, owner, input),

    async ofToolset({ workspaceId }, { toolsetId, ...input }) {
      if (!isLookupId(toolsetId)) throw toolsetNotFound()
      if ((await needs.store.find(workspaceId, toolsetId)) === undefined) throw toolsetNotFound()
      const rows = await needs.listAgents(workspaceId, readNamePage(input))
      const { page, ...rest } = writeNamePage(rows, input)
      const granting = await needs.store.grantsOf(workspaceId, [toolsetId])
      const nowMs = needs.now()
      return {
        permissions: page.map((agent) => ({
          agent,
          ...viewRow(
            granting.filter(({ agentId }) => agentId === agent.id),
            toolsetId,
            nowMs,
          ),
        })),
        ...rest,
      }
    },

    async ofAgent({ workspaceId }, { agentId, limit, cursor }) {
      await requireAgent(needs, workspaceId, agentId)
      const { tools } = await needs.toolsOf({ workspaceId, agentId })
      const { after } = readNamePage({ limit, cursor })
      const wanted = tools.filter(({ view }) => after === undefined || view.name > after.name)
      const { page, ...rest } = writeNamePage(
        wanted.map((tool) => ({ ...tool, id: tool.toolId, name: tool.view.name })),
        { limit },
      )
      return {
        tools: page.map(({ toolId, toolsetId, toolset, view, grant }) => ({
          ...{ toolId, toolsetId, toolset, name: view.name.slice(toolset.length + 1) },
          ...(view.title !== undefined && { title: view.title }),
          permission: {
            allowed: true,
            from: grant.source.toolId === undefined ? ('toolset' as const) : ('tool' as const),
            approval: grant.mode,
            ...(grant.source.limits !== undefined && { limits: grant.source.limits }),
            ...(grant.source.expiresAt !== undefined && { expiresAt: grant.source.expiresAt }),
          },
        })),
        ...rest,
      }
    },
  }
}

/** What one agent may do with a toolset, all of its policies together. */
function viewRow(granting: readonly GrantingPolicy[], toolsetId: string, nowMs: number) {
  const documents = granting.map(({ tools, approval, expiresAt }) => ({
    tools: [...tools],
    approval,
    ...(expiresAt !== null && { expiresAt }),
  }))
  const view = (tool: ToolRef) => mostOf(documents.map((one) => viewGrant(one, tool, nowMs)))
  const named = new Set(granting.flatMap(({ tools }) => tools.flatMap(ofTool(toolsetId))))
  return {
    toolset: view(ofAll(toolsetId)),
    tools: [...named].map((toolId) => ({ toolId, permission: view({ toolsetId, toolId }) })),
  }
}

const ofTool =
  (wanted: string) =>
  ({ toolsetId, toolId }: GrantingPolicy['tools'][number]): string[] =>
    toolsetId === wanted && toolId !== undefined ? [toolId] : []
