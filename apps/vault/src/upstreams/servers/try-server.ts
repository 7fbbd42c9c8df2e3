import type { InputOf, McpServerTried, testMcpServerDraft } from '@sallyport/contracts'
import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { requireFreshSignIn } from '../../identity/require-fresh-sign-in.ts'
import { openValues } from '../kept/open-values.ts'
import { type OpenedServer, openServer, openStored } from '../registry/open-server.ts'
import { sayFailure } from '../registry/say-failure.ts'
import { checkDraft, requireAllowed } from './check-draft.ts'
import { draftServer } from './draft-server.ts'
import { getServer, record, refuseFaults, type ServersNeeds } from './servers-needs.ts'

/** Tried at the same time on this replica. */
const triesMax = 4

/** Connects to servers beside the connections that serve, and ends what it began. */
export interface ServerTrials {
  stored(owner: AuthenticatedOwner, serverId: string): Promise<McpServerTried>
  draft(
    owner: AuthenticatedOwner,
    input: InputOf<typeof testMcpServerDraft>,
  ): Promise<McpServerTried>
}

/** Builds it. Problem `overloaded` where several are being tried already. */
export function createServerTrials(needs: ServersNeeds): ServerTrials {
  const running = { count: 0 }
  const trial = async (open: (signal: AbortSignal) => Promise<OpenedServer>, draftId?: string) => {
    if (running.count >= triesMax) throw busy()
    running.count += 1
    try {
      return await attempt(needs, open)
    } finally {
      if (draftId !== undefined) await needs.forgetPlace(draftId)
      running.count -= 1
    }
  }
  return {
    async stored(owner, serverId) {
      const row = await getServer(needs, owner.workspaceId, serverId)
      const tried = await trial((signal) => openStored(needs.opening, row, { signal }))
      await record(needs, owner, {
        ...{ operation: 'testMcpServer', server: row },
        detail: {
          success: tried.success,
          ...(tried.stage !== undefined && { stage: tried.stage }),
        },
      })
      return tried
    },

    async draft(owner, { serverId, ...input }) {
      const before =
        serverId === undefined ? undefined : await getServer(needs, owner.workspaceId, serverId)
      const known = before && { settings: before, values: await openValues(needs.keyring, before) }
      const { faults, ...draft } = draftServer(input, known)
      refuseFaults(faults)
      refuseFaults((await checkDraft(needs, owner.workspaceId, draft)).faults)
      requireAllowed(needs, draft.settings)
      // A command runs, or what is kept goes elsewhere.
      if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
      // A place and a user of its own: no draft finds what the program of another one left.
      const id = before?.id ?? `draft-${needs.newId('upstream')}`
      const signIn = before?.signIn ?? null
      const server = { ...draft.settings, id, workspaceId: owner.workspaceId, signIn }
      const values = draft.values
      const open = (signal: AbortSignal) => openServer(needs.opening, { server, values }, signal)
      const tried = await trial(open, before === undefined ? id : undefined)
      const { transport, command, url } = draft.settings
      await needs.audit.record({
        ...{ auditId: needs.newId('audit'), workspaceId: owner.workspaceId },
        ...{ ownerId: owner.ownerId, operation: 'testMcpServerDraft', outcome: 'done' },
        detail: {
          ...{ transport, success: tried.success },
          ...(before !== undefined && { serverId: before.id }),
          ...(transport === 'stdio'
            ? { command: command ?? '' }
            : { origin: new URL(url ?? '').origin }),
        },
      })
      return tried
    },
  }
}

async function attempt(
  { now }: ServersNeeds,
  open: (signal: AbortSignal) => Promise<OpenedServer>,
): Promise<McpServerTried> {
  const startedMs = now()
  const told = () => ({ latencyMs: now() - startedMs, timestamp: new Date(now()).toISOString() })
  try {
    const { upstream, listed } = await open(AbortSignal.timeout(trialMsMax))
    await upstream.close()
    const discoveredTools = listed.tools.map(({ name }) => name)
    const toolCount = discoveredTools.length
    const left = listed.leftOut.length === 0 ? '' : ` ${listed.leftOut.length} cannot be used.`
    const message = `Connected; it has ${toolCount} tools.${left}`
    return { success: true, message, toolCount, discoveredTools, ...told() }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { stage, message } = sayFailure(error, now())
    return { success: false, stage, message, toolCount: 0, discoveredTools: [], ...told() }
  }
}

/** However long its settings let it take, in ms. */
const trialMsMax = 60_000

const busy = () =>
  new Problem('overloaded', 'Several servers are being tried already.', {
    next: 'Try again in a moment.',
    retryAfterSeconds: 5,
  })
