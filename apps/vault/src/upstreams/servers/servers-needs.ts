import { type FieldFault, type IdKind, Problem, type ProblemType } from '@sallyport/contracts'
import type { MayUseOrigin } from '../../connections/check-connection.ts'
import type { Sealer } from '../../connections/credential-opener.ts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import type { ChangedPolicy } from '../../tools/toolset-store.ts'
import type { ServerRow, ServerStore } from '../kept/server-store.ts'
import type { PinReview } from '../pins/review-pins.ts'
import type { CommandCheck } from '../programs/programs.ts'
import type { OpenNeeds } from '../registry/open-server.ts'
import type { Registry } from '../registry/registry.ts'
import type { Variables } from '../variables/variables.ts'

/** Something that an owner did with a server, or tried. Never a secret in any member. */
export interface ServerEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  /** The id of the operation, e.g. `createMcpServer`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed'
  readonly connectionId?: string
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** What this room needs of others. */
export interface ServersNeeds {
  readonly store: ServerStore
  readonly keyring: Sealer
  readonly registry: Pick<Registry, 'apply' | 'renewAll' | 'log'>
  readonly review: PinReview
  readonly variables: Pick<Variables, 'known'>
  /** Opens a connection beside those of the registry. */
  readonly opening: OpenNeeds
  /** Takes away what the program of a draft has left. Never rejects. */
  readonly forgetPlace: (draftId: string) => Promise<void>
  /** Whether a command may be run, and if not, who does what about it. Nothing is run. */
  readonly checkCommand: (command: string) => CommandCheck
  /** True, or why not. */
  readonly mayUseOrigin: MayUseOrigin
  readonly isToolsetTaken: (workspaceId: string, name: string) => Promise<boolean>
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: taking
   * something away is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: ServerEvent): Promise<unknown> }
  /** Ends the calls that are on their way through a connection, on this replica. */
  readonly endCalls: (selector: { readonly connectionId: string }) => unknown
  /** Told of each change before it is answered, so that this replica’s caches drop what changed at once. */
  readonly onChanged: (changed: {
    readonly server: Pick<ServerRow, 'id' | 'workspaceId' | 'toolsetId' | 'connectionId'>
    readonly toolsetIds?: readonly string[]
    readonly policies?: readonly ChangedPolicy[]
  }) => void
  /** Ends the sign-ins to a server that is gone. */
  readonly endSignIns: (
    owner: AuthenticatedOwner,
    server: Pick<ServerRow, 'id' | 'workspaceId' | 'name' | 'toolset'>,
  ) => Promise<void>
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Problem `mcp-server-not-found`. */
export async function getServer(
  { store }: { readonly store: Pick<ServerStore, 'find'> },
  workspaceId: string,
  id: string,
): Promise<ServerRow> {
  const row = isLookupId(id) ? await store.find(workspaceId, id) : undefined
  if (row === undefined) throw serverNotFound()
  return row
}

/** One and the same for what does not exist and for what the caller may not see (S-09). */
export const serverNotFound = () =>
  new Problem('mcp-server-not-found', 'There is no such MCP server.', {
    next: 'List the servers to see which there are.',
  })

export const serverExists = (name: string) =>
  new Problem('mcp-server-exists', `There is an MCP server called ${name} already.`, {
    next: 'Choose another name, or change the one that is there.',
    fields: [{ field: 'name', message: 'is taken' }],
  })

export const serverChanged = () =>
  new Problem('version-conflict', 'Somebody changed the server meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })

/** Problem `invalid-input` naming every fault, where there is one. */
export function refuseFaults(faults: readonly FieldFault[]): void {
  const [first] = faults
  if (first === undefined) return
  throw new Problem('invalid-input', `${first.field} ${first.message}.`, {
    next: 'Correct what is named and send it again; nothing was changed.',
    fields: faults,
  })
}

/** Records what an owner did. */
export async function record(
  needs: Pick<ServersNeeds, 'audit' | 'newId'>,
  { workspaceId, ownerId }: Pick<AuthenticatedOwner, 'workspaceId' | 'ownerId'>,
  about: {
    readonly operation: string
    readonly server: Pick<ServerRow, 'id' | 'name' | 'connectionId'>
    readonly detail?: ServerEvent['detail']
    readonly failed?: Pick<ServerEvent, 'problem' | 'reason'>
  },
): Promise<void> {
  const { operation, server, detail, failed } = about
  await needs.audit.record({
    ...{ auditId: needs.newId('audit'), workspaceId, ownerId, operation },
    ...{ outcome: failed === undefined ? 'done' : 'failed', connectionId: server.connectionId },
    ...failed,
    detail: { serverId: server.id, server: server.name, ...detail },
  })
}
