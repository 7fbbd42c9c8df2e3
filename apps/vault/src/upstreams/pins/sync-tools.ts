import { type IdKind, ownerScopes } from '@sallyport/contracts'
import { policyCareOf } from '../../tools/policy-care.ts'
import type { ChangedPolicy, ToolRow, ToolsetStore } from '../../tools/toolset-store.ts'
import { storedOf } from '../../tools/toolsets/stored-tools.ts'
import type { ServerStore } from '../kept/server-store.ts'
import type { DefinedTools } from './define-tools.ts'
import { type PinPlan, planPins } from './plan-pins.ts'

/** How often it is tried again when somebody changed the toolset meanwhile. */
const attemptsMax = 5

/** What this needs of others. */
export interface PinNeeds {
  readonly servers: Pick<ServerStore, 'findPins' | 'savePins'>
  readonly toolsets: Pick<ToolsetStore, 'find' | 'toolsOf' | 'change'>
  /** Told of each change, so that this replica’s caches drop what changed at once. */
  readonly onChanged: (changed: {
    readonly workspaceId: string
    readonly toolsetIds: readonly string[]
    readonly policies: readonly ChangedPolicy[]
  }) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** A server, as far as its tools go. */
interface ServerOfTools {
  readonly id: string
  readonly workspaceId: string
  readonly toolsetId: string
}

/** Nothing is given to anybody by it: what is new is held. */
const care = policyCareOf({ scopes: new Set(ownerScopes) })

/**
 * Builds what brings a server’s toolset in line with what the server says now: the first time all of it, later nothing that an owner
 * has not seen. A server or a toolset that is gone meanwhile is no failure.
 */
export function createToolSync(needs: PinNeeds) {
  return async (server: ServerOfTools, { definitions, refused }: DefinedTools): Promise<void> => {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const toolset = await needs.toolsets.find(server.workspaceId, server.toolsetId)
      if (toolset === undefined) return
      const rows = await needs.toolsets.toolsOf(server.workspaceId, server.toolsetId)
      // After the tools: whoever holds one writes its pin first.
      const known = await needs.servers.findPins(server.id)
      if (known === undefined) return
      const at = new Date(needs.now())
      const plan = planPins({
        toolset: { workspaceId: server.workspaceId, toolsetId: server.toolsetId },
        rows: rows.map(storedOf),
        pins: known.pins,
        said: definitions,
        isFirst: known.syncedAt === null,
        at,
        newId: () => needs.newId('tool'),
      })
      if (JSON.stringify([known.pins, known.refused]) !== JSON.stringify([plan.pins, refused])) {
        await needs.servers.savePins(server.id, { ...known, pins: plan.pins, refused })
      }
      if (await apply(needs, { ...server, version: toolset.version }, { plan, rows, at })) {
        if (known.syncedAt === null) {
          await needs.servers.savePins(server.id, { pins: plan.pins, refused, syncedAt: at })
        }
        return
      }
    }
    throw new Error('The tools of an MCP server were changed again and again while they were read.')
  }
}

async function apply(
  needs: PinNeeds,
  { workspaceId, toolsetId, version }: ServerOfTools & { readonly version: number },
  { plan, rows, at }: { plan: PinPlan; rows: readonly ToolRow[]; at: Date },
): Promise<boolean> {
  const { insert, update, remove } = plan
  const count = insert.length + update.length + remove.length
  if (count === 0) return true
  const changed = await needs.toolsets.change(
    { workspaceId, id: toolsetId, version },
    {
      ...{ insert, update, remove, at, care },
      note: {
        ...{ cause: rows.length === 0 ? 'created' : 'imported', ownerId: null },
        ...{ added: insert.length, removed: remove.length, changed: update.length },
      },
      newPolicyId: () => needs.newId('policy'),
    },
  )
  if (changed === undefined || typeof changed === 'string') return false
  const { policies, dependents } = changed
  needs.onChanged({ workspaceId, toolsetIds: [toolsetId, ...dependents], policies })
  return true
}
