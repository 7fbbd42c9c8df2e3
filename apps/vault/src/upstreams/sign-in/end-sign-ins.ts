import type { ServerApps } from '../../connections/oauth-apps/server-apps.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type { ServerRow, ServerStore } from '../kept/server-store.ts'

export interface EndingNeeds {
  readonly store: Pick<ServerStore, 'listSignIns'>
  readonly apps: Pick<ServerApps, 'tidy'>
  readonly endGrant: (owner: AuthenticatedOwner, connectionId: string) => Promise<unknown>
}

/** Ends the sign-ins to a server, but one where that is said, and forgets the clients that nothing uses any more. */
export async function endSignIns(
  { store, apps, endGrant }: EndingNeeds,
  owner: AuthenticatedOwner,
  {
    server,
    exceptId,
  }: {
    readonly server: Pick<ServerRow, 'id' | 'workspaceId' | 'name' | 'toolset'>
    readonly exceptId?: string
  },
): Promise<void> {
  for (const id of await store.listSignIns(server.workspaceId, server.id)) {
    if (id !== exceptId) await endGrant(owner, id)
  }
  await apps.tidy(owner, server)
}
