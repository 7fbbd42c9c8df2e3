import type { Catalog } from '@sallyport/catalog'
import { type IdKind, Problem, type ProblemType } from '@sallyport/contracts'
import type { MayUseOrigin } from './check-connection.ts'
import type { ConnectionSnapshot, ConnectionStore, StoredConnection } from './connection-store.ts'
import type { Sealer } from './credential-opener.ts'

/** Something that was done with a connection, or refused. Never a secret in any member. */
export interface ConnectionEvent {
  readonly auditId: string
  readonly workspaceId: string
  /** The id of the operation, e.g. `createConnection`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed' | 'refused'
  readonly connectionId: string
  readonly ownerId?: string
  readonly agentId?: string
  readonly problem?: ProblemType
  readonly reason?: string
  readonly detail?: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/**
 * Sends one GET with the connection's credential, the way that every request goes out, and brackets it with the audit
 * log under `auditId`: the intent is durable before the first byte leaves. Throws a problem where no answer came.
 */
export type Probe = (request: {
  readonly connection: ConnectionSnapshot
  readonly url: string
  readonly ownerId: string
  readonly auditId: string
}) => Promise<{ readonly status: number; readonly auditId: string }>

/** What this room needs of others. */
export interface ConnectionsNeeds {
  readonly store: ConnectionStore
  readonly keyring: Sealer
  readonly catalog: Pick<Catalog, 'services' | 'findService'>
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: taking
   * something away is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: ConnectionEvent): Promise<unknown> }
  readonly mayUseOrigin: MayUseOrigin
  readonly probe: Probe
  /** Ends the calls that are on their way through a connection, on this replica. */
  readonly endCalls: (selector: { readonly connectionId: string }) => unknown
  /** Told of each change before it is answered, so that this replica's caches drop the connection at once. */
  readonly onChanged: (connection: { readonly id: string; readonly workspaceId: string }) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** The connection with its sealed credential; Problem `connection-not-found`. */
export async function getStored(
  { store }: Pick<ConnectionsNeeds, 'store'>,
  workspaceId: string,
  id: string,
): Promise<StoredConnection> {
  const stored = await store.find(workspaceId, id)
  if (stored === undefined) throw connectionNotFound()
  return stored
}

/** The same; Problem `connection-revoked` where there is no credential to work with any more. */
export async function getLive(
  needs: Pick<ConnectionsNeeds, 'store'>,
  workspaceId: string,
  id: string,
): Promise<StoredConnection> {
  const stored = await getStored(needs, workspaceId, id)
  if (stored.status === 'revoked') {
    throw new Problem('connection-revoked', 'The connection has been revoked; that is for good.', {
      next: 'An owner connects the service anew.',
    })
  }
  return stored
}

/** One and the same for what does not exist and for what the caller may not see (S-09). */
export function connectionNotFound(): Problem {
  return new Problem('connection-not-found', 'There is no such connection.', {
    next: 'List the connections to see which there are.',
  })
}
