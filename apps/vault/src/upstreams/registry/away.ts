// Programs run on one replica at a time: what becomes of a server’s connection where that is another one.
import type { Problem } from '@sallyport/contracts'
import { upstreamProblem } from '../clients/upstream-clients.ts'
import { openValues, resolveValues } from '../kept/open-values.ts'
import type { ServerRow } from '../kept/server-store.ts'
import type { AwayServer } from './program-claims.ts'
import { logFault } from './redact-fault.ts'
import type { Serving } from './serving.ts'
import { endAll, listSecrets, type SlotCore } from './slot-core.ts'

/** Is it that? */
export const isAwayServer = (found: Serving | AwayServer | undefined): found is AwayServer =>
  found !== undefined && 'replicaId' in found

/** Whatever stands of it is used no more, be it only because nobody knows whether it may be. */
export const isServedHere = ({ needs: { claims }, row, serverId }: SlotCore): boolean =>
  claims === undefined || row?.transport !== 'stdio' || claims.isMine(serverId)

/**
 * Takes the claim on a server’s program; true where another replica has it. What stands here has ended then, and its secrets are
 * known from what is stored, so that calls can be readied for it.
 */
export async function isElsewhere(core: SlotCore, row: ServerRow): Promise<boolean> {
  const { claims, mayRun } = core.needs
  if (claims === undefined || row.transport !== 'stdio') {
    forgetAway(core)
    return false
  }
  const holder = await claims.take(core.serverId, mayRun?.(row.command ?? '') ?? true)
  if (holder.isMine && !core.isClosed) {
    forgetAway(core)
    return false
  }
  await leave(core, { row, replicaId: holder.isMine ? undefined : holder.replicaId })
  core.awaySecrets = await secretsOf(core, row)
  listSecrets(core)
  return true
}

function forgetAway(core: SlotCore): void {
  core.away = undefined
  core.lastAway = undefined
  core.awaySecrets = undefined
}

/** Ends all that stands of it here at once, and writes nothing down: another replica runs it, or is about to. */
export async function leave(
  core: SlotCore,
  { row, replicaId }: { readonly row: ServerRow; readonly replicaId: string | undefined },
): Promise<void> {
  core.away = { serverId: core.serverId, workspaceId: row.workspaceId, replicaId }
  if (replicaId !== undefined) core.lastAway = core.away
  // What could not be written down until now would be written over what the other one found.
  core.lastStatus = ''
  await endAll(core, movedAway())
}

/** Lets go of the claim of a server that is switched off, once nothing of it runs here any more. */
export async function giveBack(core: SlotCore): Promise<void> {
  core.away = undefined
  const { claims } = core.needs
  if (claims === undefined) return
  await core.ending
  await claims.release(core.serverId)
}

/** Those that were known last where its values cannot be read now: what serves elsewhere was opened with those. */
async function secretsOf(core: SlotCore, row: ServerRow): Promise<readonly string[] | undefined> {
  const { keyring, resolveVariables } = core.needs
  try {
    const values = await openValues(keyring, row)
    return (await resolveValues(resolveVariables, row, values)).secrets
  } catch (error) {
    logFault(core.needs, `the secrets of the MCP server ${row.id} are not known here`, error)
    return core.awaySecrets
  }
}

const movedAway = (): Problem =>
  upstreamProblem('call', 'upstream-unreachable', {
    detail: 'Another replica of the vault runs the server from now on.',
  })
