import type { ServerApps } from '../../connections/oauth-apps/server-apps.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { ServerRow, ServerStore } from '../kept/server-store.ts'

interface EndingNeeds {
  readonly store: Pick<ServerStore, 'listSignIns'>
  readonly apps: Pick<ServerApps, 'tidy'>
  readonly endGrant: (owner: AuthenticatedOwner, connectionId: string) => Promise<unknown>
}

/** Ends the sign-ins to a server, or those older than one of them, and forgets the clients that nothing uses any more. */
export async function endSignIns(
  { store, apps, endGrant }: EndingNeeds,
  owner: AuthenticatedOwner,
  {
    server,
    olderThan,
  }: {
    readonly server: Pick<ServerRow, 'id' | 'workspaceId' | 'name' | 'toolset'>
    readonly olderThan?: string
  },
): Promise<void> {
  const newestFirst = await store.listSignIns(server.workspaceId, server.id)
  // Of two that were made at once the newer one stays, whoever comes here first.
  const from = olderThan === undefined ? 0 : newestFirst.indexOf(olderThan) + 1
  for (const id of newestFirst.slice(from)) await endGrant(owner, id)
  await apps.tidy(owner, server)
}
