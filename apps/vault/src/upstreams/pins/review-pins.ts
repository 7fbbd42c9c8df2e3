import { createHash } from 'node:crypto'
import {
  type acceptMcpServerChanges,
  changeAgentsMax,
  type getMcpServerChanges,
  type InputOf,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { policyCareOf } from '../../tools/policy-care.ts'
import { toolChanged, versionConflict } from '../../tools/toolset-problems.ts'
import type { ChangedToolset, ToolRow, ToolsetStore } from '../../tools/toolset-store.ts'
import { compareTools } from '../../tools/toolsets/compare-tools.ts'
import { requireMayGive } from '../../tools/toolsets/require-may-give.ts'
import { storedOf } from '../../tools/toolsets/stored-tools.ts'
import { findToolUsers } from '../../tools/toolsets/tool-users.ts'
import type { Pin, RefusedTool } from '../kept/pin.ts'
import type { ServerRow } from '../kept/server-store.ts'
import { withDefinition } from './plan-pins.ts'
import type { PinNeeds } from './sync-tools.ts'

type Output = OutputOf<typeof getMcpServerChanges>
type Change = Output['changes'][number]
type Server = Pick<ServerRow, 'id' | 'workspaceId' | 'toolsetId'>

/** What this needs beside what reading the tools does. */
export interface ReviewNeeds extends PinNeeds {
  readonly toolsets: PinNeeds['toolsets'] & Pick<ToolsetStore, 'grantsOf' | 'dependentsOf'>
}

/** What came of an owner’s word. */
export interface Accepted {
  readonly changed: ChangedToolset | undefined
  readonly counts: { readonly added: number; readonly changed: number; readonly removed: number }
  readonly tools: readonly string[]
}

/** How owners look at what a server says anew, and let it be. */
export interface PinReview {
  changesOf(server: Server): Promise<Output>
  /**
   * Problems: `tool-changed` where the server says something else by now, `invalid-input` for a name that is not among the changes,
   * `version-conflict`, `insufficient-scope` where agents get something by it.
   */
  accept(
    owner: AuthenticatedOwner,
    server: Server,
    input: InputOf<typeof acceptMcpServerChanges>,
  ): Promise<Accepted>
}

/** Builds it. */
export function createPinReview(needs: ReviewNeeds): PinReview {
  return {
    async changesOf(server) {
      const { changes, pins, refused } = await readChanges(needs, server)
      return {
        changes: changes.map(({ change }) => change),
        expects: digestOf(pins),
        refused: refused.map(told),
      }
    },

    async accept(owner, server, { expects, tools }) {
      const found = await readChanges(needs, server)
      if (digestOf(found.pins) !== expects) throw toolChanged()
      const wanted = choose(found.changes, tools)
      requireMayGive(
        owner,
        wanted.map(({ change }) => change),
      )
      return apply(needs, owner, { server, wanted, ...found })
    },
  }
}

const told = ({ name, reason }: RefusedTool) => ({ ...(name !== undefined && { name }), reason })

interface Found {
  readonly row: ToolRow
  readonly pin: Pin
  readonly change: Change
}

async function readChanges(needs: ReviewNeeds, { id, workspaceId, toolsetId }: Server) {
  const toolset = await needs.toolsets.find(workspaceId, toolsetId)
  const rows = await needs.toolsets.toolsOf(workspaceId, toolsetId)
  const known = await needs.servers.findPins(id)
  const whoUses = await findToolUsers(needs.toolsets, { workspaceId, toolsetId }, needs.now())
  const byKey = new Map(known?.pins.map((pin) => [pin.key, pin]))
  const changes = rows.flatMap((row): Found[] => {
    const pin = byKey.get(row.key)
    if (pin === undefined || row.status !== 'held') return []
    const place = { toolId: row.id, toolsetId, connectionId: row.connectionId }
    return [{ row, pin, change: changeOf(row, pin, whoUses(place)) }]
  })
  // Those that name a tool: a pin whose tool is yet to be written down is no change yet.
  const pins = changes.map(({ pin }) => pin)
  return { changes, pins, refused: known?.refused ?? [], known, version: toolset?.version ?? 0 }
}

function changeOf(
  row: ToolRow,
  pin: Pin,
  users: readonly { readonly id: string; readonly name: string }[],
): Change {
  const now = pin.definition ?? row.definition
  return {
    ...{ name: row.name, change: pin.change, toolId: row.id },
    description: pin.change === 'removed' ? '' : (now?.description ?? ''),
    differences:
      pin.definition === undefined || row.definition === null
        ? []
        : compareTools(row.definition, pin.definition),
    agents: users.slice(0, changeAgentsMax).map(({ id, name }) => ({ id, name })),
    agentCount: users.length,
  }
}

/** The same for as long as the server says the same, and for nothing else. */
const digestOf = (pins: readonly Pin[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify(pins.map(({ key, change, digest }) => [key, change, digest ?? null]).sort()),
    )
    .digest('hex')

function choose(changes: readonly Found[], names: readonly string[] | undefined): readonly Found[] {
  if (names === undefined) return changes
  const unknown = names.find((name) => !changes.some(({ row }) => row.name === name))
  if (unknown === undefined) return changes.filter(({ row }) => names.includes(row.name))
  throw new Problem('invalid-input', `${unknown} is not among the changes.`, {
    next: 'Read the changes again.',
    fields: [{ field: 'tools', message: `names ${unknown}, which has not changed` }],
  })
}

async function apply(
  needs: ReviewNeeds,
  owner: AuthenticatedOwner,
  {
    server,
    wanted,
    known,
    version,
  }: { server: Server; wanted: readonly Found[] } & Awaited<ReturnType<typeof readChanges>>,
): Promise<Accepted> {
  const of = (change: Pin['change']) => wanted.filter((one) => one.pin.change === change)
  const counts = {
    added: of('added').length,
    changed: of('changed').length,
    removed: of('removed').length,
  }
  const tools = wanted.map(({ row }) => row.name)
  if (wanted.length === 0 || known === undefined) return { changed: undefined, counts, tools }
  const at = new Date(needs.now())
  const changed = await needs.toolsets.change(
    { workspaceId: server.workspaceId, id: server.toolsetId, version },
    {
      insert: [],
      update: [...of('added'), ...of('changed')].map((one) => ({
        ...released(one),
        updatedAt: at,
      })),
      remove: of('removed').map(({ row }) => row.id),
      note: { cause: 'imported', ownerId: owner.ownerId, ...counts },
      newPolicyId: () => needs.newId('policy'),
      care: policyCareOf(owner),
      at,
    },
  )
  if (changed === undefined || typeof changed === 'string') throw versionConflict()
  const gone = new Set(wanted.map(({ pin }) => pin.key))
  const pins = known.pins.filter(({ key }) => !gone.has(key))
  await needs.servers.savePins(server.id, { ...known, pins })
  const toolsetIds = [server.toolsetId, ...changed.dependents]
  needs.onChanged({ workspaceId: server.workspaceId, toolsetIds, policies: changed.policies })
  return { changed, counts, tools }
}

/** As the server says it now; what an owner had disabled stays so. */
function released({ row, pin }: Found) {
  const status = pin.was === 'disabled' ? ('disabled' as const) : ('active' as const)
  const stored = storedOf(row)
  return {
    ...(pin.definition === undefined ? stored : withDefinition(stored, pin.definition)),
    status,
  }
}
