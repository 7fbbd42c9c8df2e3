// Keeps upstream MCP servers: how each is reached, what it is given, and what owners have seen of its tools.

import type { InputOf, OutputOf, operations } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { readPage, writePage } from '../../paging/page-cursor.ts'
import type { ServerRow } from '../kept/server-store.ts'
import { createServerCreation } from './create-server.ts'
import {
  getServer,
  record,
  type ServersNeeds,
  serverChanged,
  serverNotFound,
} from './servers-needs.ts'
import { createServerTrials } from './try-server.ts'
import { createServerUpdate } from './update-server.ts'
import { viewServer } from './view-server.ts'

type Op = typeof operations
type Owner = AuthenticatedOwner
type Does<Id extends keyof Op> = (owner: Owner, input: InputOf<Op[Id]>) => Promise<OutputOf<Op[Id]>>

/** The room’s operations. Each is bound to the caller’s workspace: what is not in it is `mcp-server-not-found`. */
export interface Servers {
  /** Problems: `invalid-input`, `mcp-server-exists`, `upstream-command-refused`, `origin-not-allowed`, `fresh-sign-in-required`. */
  readonly create: Does<'createMcpServer'>
  readonly list: Does<'listMcpServers'>
  readonly get: Does<'getMcpServer'>
  /** Problems as of `create`, and `version-conflict`. Nothing is stored, and what serves is left alone, where one is thrown. */
  readonly update: Does<'updateMcpServer'>
  /** When it resolves, the connection has ended, and its secrets, tools and grants are gone. */
  readonly delete: Does<'deleteMcpServer'>
  /**
   * Its answer, like those of `create`, `update` and `refresh`, waits for the attempt to connect, 15 s at most, and says how the
   * connection is then: one that takes longer goes on by itself, and shows as `disconnected` until it stands.
   */
  readonly toggle: Does<'toggleMcpServer'>
  readonly test: Does<'testMcpServer'>
  readonly testDraft: Does<'testMcpServerDraft'>
  readonly refresh: Does<'refreshMcpServer'>
  readonly refreshAll: Does<'refreshMcpServers'>
  readonly log: Does<'getMcpServerLog'>
  readonly changes: Does<'getMcpServerChanges'>
  /** Problems: `tool-changed`, `version-conflict`, `invalid-input`, `insufficient-scope`. */
  readonly acceptChanges: Does<'acceptMcpServerChanges'>
}

/** How long an answer waits for the connection that a change leads to, in ms. */
const connectWaitMs = 15_000
/** How long it waits for connections to end. */
const endWaitMs = 5_000
const pageRows = 200

/** Builds the room. */
export function createServers(needs: ServersNeeds): Servers {
  const { store, registry, review } = needs
  const create = createServerCreation(needs)
  const update = createServerUpdate(needs)
  const trials = createServerTrials(needs)
  const shown = async ({ workspaceId }: Owner, id: string) => ({
    server: viewServer(await getServer(needs, workspaceId, id)),
  })
  return {
    ...createSwitch(needs, shown),
    test: (owner, { serverId }) => trials.stored(owner, serverId),
    testDraft: trials.draft,
    get: (owner, { serverId }) => shown(owner, serverId),

    async create(owner, input) {
      const { id } = await create(owner, input)
      await registry.apply(id, { waitMs: connectWaitMs })
      return shown(owner, id)
    },

    async update(owner, input) {
      await update(owner, input)
      await registry.apply(input.serverId, { waitMs: connectWaitMs })
      return shown(owner, input.serverId)
    },

    async list({ workspaceId }, input) {
      const { page, ...rest } = writePage(await store.list(workspaceId, readPage(input)), input)
      return { servers: page.map(viewServer), ...rest }
    },

    async log({ workspaceId }, { serverId }) {
      const { id } = await getServer(needs, workspaceId, serverId)
      return { log: await registry.log(id) }
    },

    async changes({ workspaceId }, { serverId }) {
      return review.changesOf(await getServer(needs, workspaceId, serverId))
    },

    async acceptChanges(owner, input) {
      const server = await getServer(needs, owner.workspaceId, input.serverId)
      const { counts, tools } = await review.accept(owner, server, input)
      await record(needs, owner, {
        ...{ operation: 'acceptMcpServerChanges', server },
        detail: { ...counts, tools },
      })
      return shown(owner, server.id)
    },
  }
}

/** What connects and disconnects. */
function createSwitch(
  needs: ServersNeeds,
  shown: (owner: Owner, id: string) => Promise<OutputOf<Op['getMcpServer']>>,
): Pick<Servers, 'delete' | 'toggle' | 'refresh' | 'refreshAll'> {
  const { store, registry } = needs
  return {
    async toggle(owner, { serverId, enabled }) {
      const server = await getServer(needs, owner.workspaceId, serverId)
      if (server.enabled !== enabled) {
        const at = new Date(needs.now())
        const outcome = await store.update(server, { set: { enabled }, at })
        if (outcome !== 'updated') throw serverChanged()
        needs.onChanged({ server })
        if (!enabled) needs.endCalls({ connectionId: server.connectionId })
        await record(needs, owner, {
          ...{ operation: 'toggleMcpServer', server },
          detail: { enabled },
        })
      }
      await registry.apply(server.id, { waitMs: enabled ? connectWaitMs : endWaitMs })
      return shown(owner, server.id)
    },

    async delete(owner, { serverId }) {
      const server = await getServer(needs, owner.workspaceId, serverId)
      const by = { ownerId: owner.ownerId, now: new Date(needs.now()) }
      const gone = await store.delete(server, by)
      if (gone === undefined) throw serverNotFound()
      needs.onChanged({ server, toolsetIds: gone.dependents, policies: gone.policies })
      needs.endCalls({ connectionId: server.connectionId })
      await registry.apply(server.id, { waitMs: endWaitMs })
      try {
        // Its tokens go whether or not that can be written into the log.
        await needs.endSignIns(owner, server)
      } finally {
        await record(needs, owner, { operation: 'deleteMcpServer', server })
      }
      return { deleted: true }
    },

    async refresh(owner, { serverId }) {
      const server = await getServer(needs, owner.workspaceId, serverId)
      await registry.apply(server.id, { anew: true, waitMs: connectWaitMs })
      await record(needs, owner, { operation: 'refreshMcpServer', server })
      return shown(owner, server.id)
    },

    async refreshAll(owner) {
      const rows = await listAll(needs, owner.workspaceId)
      const enabled = rows.filter((row) => row.enabled)
      const ids = enabled.map(({ id }) => id)
      await registry.renewAll(ids, connectWaitMs)
      for (const server of enabled) {
        await record(needs, owner, { operation: 'refreshMcpServer', server })
      }
      const after = await listAll(needs, owner.workspaceId)
      return { servers: after.map(viewServer) }
    },
  }
}

/** All servers of a workspace. */
async function listAll({ store }: ServersNeeds, workspaceId: string): Promise<ServerRow[]> {
  const all: ServerRow[] = []
  for (;;) {
    const last = all.at(-1)
    const after = last && { after: { createdAtMs: last.createdAt.getTime(), id: last.id } }
    const rows = await store.list(workspaceId, { limit: pageRows, ...after })
    all.push(...rows)
    if (rows.length < pageRows) return all
  }
}
