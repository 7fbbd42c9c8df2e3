// This room keeps the workspace itself: what it is called, and whether an owner has stopped all of its agents.

import {
  type freezeWorkspace,
  type getWorkspace,
  type IdKind,
  type InputOf,
  type OutputOf,
  Problem,
  type updateWorkspace,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'

/** A workspace as it is stored. */
export interface StoredWorkspace {
  readonly id: string
  readonly name: string
  readonly frozenAt: Date | null
  readonly frozenBy: string | null
  /** Of whoever froze it; null where they are gone. */
  readonly frozenByEmail: string | null
}

/** What this room needs of the store. */
export interface WorkspaceStore {
  find(workspaceId: string): Promise<StoredWorkspace | undefined>
  rename(workspaceId: string, name: string): Promise<void>
  /** Where it is frozen already, who froze it first and when stands as it is. Answers whether anything changed. */
  freeze(workspaceId: string, by: { ownerId: string; at: Date }): Promise<boolean>
  /** Answers whether anything changed. */
  unfreeze(workspaceId: string): Promise<boolean>
}

/** A change of the workspace. */
export interface WorkspaceEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  /** The id of the operation, e.g. `freezeWorkspace`. */
  readonly operation: string
  readonly outcome: 'done'
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

/** What this room needs of others. */
interface WorkspacesNeeds {
  readonly store: WorkspaceStore
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: stopping
   * everything is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: WorkspaceEvent): Promise<unknown> }
  /**
   * Asked before the change; what it answers ends the calls of all agents of the workspace that are on their way on this
   * replica, and says how many were ended since it was asked.
   */
  readonly prepareEnd: (selector: { readonly workspaceId: string }) => () => number
  /** Told of each change before it is answered, so that this replica goes by it at once. */
  readonly onChanged: (workspaceId: string) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type OneWorkspace = OutputOf<typeof getWorkspace>

/** The room's operations, each on the caller's own workspace. */
export interface Workspaces {
  get(owner: AuthenticatedOwner): Promise<OneWorkspace>
  rename(owner: AuthenticatedOwner, input: InputOf<typeof updateWorkspace>): Promise<OneWorkspace>
  /**
   * Once it is answered no request of any agent goes out: on this replica at once, on others within a second (S-10).
   * `endedCalls` counts this replica's. Freezing what is frozen ends calls all the same.
   */
  freeze(owner: AuthenticatedOwner): Promise<OutputOf<typeof freezeWorkspace>>
  /** From a session: only shortly after the person proved who they are. Problem: `fresh-sign-in-required`. */
  unfreeze(owner: AuthenticatedOwner): Promise<OneWorkspace>
}

/** Builds the room. */
export function createWorkspaces(needs: WorkspacesNeeds): Workspaces {
  const { store } = needs
  const get = async ({ workspaceId }: AuthenticatedOwner): Promise<OneWorkspace> => {
    const found = await store.find(workspaceId)
    if (found === undefined) throw new Problem('not-found', 'The workspace is gone.')
    return { workspace: view(found) }
  }
  const record = (
    { workspaceId, ownerId }: AuthenticatedOwner,
    event: Pick<WorkspaceEvent, 'operation' | 'detail'>,
  ) =>
    needs.audit.record({
      auditId: needs.newId('audit'),
      workspaceId,
      ownerId,
      outcome: 'done',
      ...event,
    })
  return {
    get,

    async rename(owner, { name }) {
      await store.rename(owner.workspaceId, name)
      needs.onChanged(owner.workspaceId)
      await record(owner, { operation: 'updateWorkspace', detail: { name } })
      return get(owner)
    },

    async freeze(owner) {
      const { workspaceId, ownerId } = owner
      const endCalls = needs.prepareEnd({ workspaceId })
      const changed = await store.freeze(workspaceId, { ownerId, at: new Date(needs.now()) })
      // In this order: what is looked up from here on is frozen, and what was looked up before is ended.
      needs.onChanged(workspaceId)
      const endedCalls = endCalls()
      await record(owner, { operation: 'freezeWorkspace', detail: { changed, endedCalls } })
      return { ...(await get(owner)), endedCalls }
    },

    async unfreeze(owner) {
      // A token has the scope for it by an owner's word, and nobody who could sign in again.
      if (owner.via === 'session') requireFreshSignIn(owner, needs.now())
      const changed = await store.unfreeze(owner.workspaceId)
      needs.onChanged(owner.workspaceId)
      await record(owner, { operation: 'unfreezeWorkspace', detail: { changed } })
      return get(owner)
    },
  }
}

function view({ id, name, frozenAt, frozenBy, frozenByEmail }: StoredWorkspace) {
  return {
    id,
    name,
    frozen: frozenAt !== null,
    ...(frozenAt !== null && { frozenAt: frozenAt.toISOString() }),
    ...(frozenBy !== null &&
      frozenByEmail !== null && { frozenBy: { ownerId: frozenBy, email: frozenByEmail } }),
  }
}
