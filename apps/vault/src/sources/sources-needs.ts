import type { IdKind } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import type { ToolsetStore } from '../tools/toolset-store.ts'
import type { SqlEngine } from './engine/sql-engine.ts'
import type { SqlGate } from './gate/sql-gate.ts'
import { sourceNotFound } from './source-problems.ts'
import type {
  SourceConnection,
  SourceOutcome,
  SourceRow,
  SourceStore,
  StoredSource,
} from './source-store.ts'
import type { MayDial } from './source-target.ts'

/** A sign-in to a database as it is sealed. */
export type SourceCredential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'none' }

/** How the connection of a source is sealed and opened; `Connection` and `Changes` are known to the store alone. */
export interface SourceConnections<Connection, Changes> {
  draft(draft: {
    readonly id: string
    readonly workspaceId: string
    readonly service: string
    readonly label: string
    readonly origins: readonly string[]
    readonly credential: SourceCredential
    readonly at: Date
  }): Promise<Connection>
  /** For the next version of its row. */
  reseal(
    current: SourceConnection,
    next: { readonly origins: readonly string[]; readonly credential: SourceCredential },
  ): Promise<Changes>
  /** @throws Problem connection-revoked, credential-unreadable */
  open(current: SourceConnection): Promise<SourceCredential>
}

/** Something that was done with a source. Never a secret in any member. */
export interface SourceEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  /** The id of the operation, e.g. `createSource`. */
  readonly operation: string
  readonly outcome: 'done' | 'failed'
  readonly reason?: string
  readonly connectionId?: string
  readonly detail: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** What this room needs of others. */
export interface SourcesNeeds<Connection = unknown, Changes = unknown> {
  readonly store: SourceStore<Connection, Changes>
  readonly toolsets: Pick<
    ToolsetStore,
    'isTaken' | 'toolsOf' | 'change' | 'grantsOf' | 'dependentsOf'
  >
  readonly connections: SourceConnections<Connection, Changes>
  readonly engine: Pick<SqlEngine, 'check' | 'prepare'>
  readonly gate: Pick<SqlGate, 'checkStatement'>
  readonly mayDial: MayDial
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: taking
   * something away is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: SourceEvent): Promise<unknown> }
  /** Told of each change before it is answered, so that this replica's caches drop what changed at once. */
  readonly onChanged: (
    changed: SourceOutcome & {
      readonly source: Pick<StoredSource, 'id' | 'workspaceId' | 'connectionId' | 'toolsetId'>
    },
  ) => void
  /** Ends the calls that are on their way through a connection, on this replica. */
  readonly endCalls: (selector: { readonly connectionId: string }) => unknown
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Problem `source-not-found`. */
export async function getSourceRow(
  { store }: Pick<SourcesNeeds, 'store'>,
  workspaceId: string,
  id: string,
): Promise<SourceRow> {
  const row = isLookupId(id) ? await store.find(workspaceId, id) : undefined
  if (row === undefined) throw sourceNotFound()
  return row
}

type Named = Pick<StoredSource, 'id' | 'workspaceId' | 'connectionId' | 'toolsetId'> & {
  readonly dialect: StoredSource['dialect']
  readonly toolset: { readonly name: string }
}

/** Tells this replica, then the audit log, of what an owner did. */
export async function changed(
  needs: Pick<SourcesNeeds, 'onChanged' | 'audit' | 'newId'>,
  { ownerId }: Pick<AuthenticatedOwner, 'ownerId'>,
  about: {
    readonly operation: string
    readonly source: Named
    readonly outcome?: SourceOutcome
    readonly detail?: SourceEvent['detail']
  },
): Promise<void> {
  const { operation, source, outcome = { policies: [], dependents: [] }, detail } = about
  const { id, workspaceId, connectionId, toolsetId } = source
  needs.onChanged({ ...outcome, source: { id, workspaceId, connectionId, toolsetId } })
  const { policies, dependents, renamed = 0 } = outcome
  await needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation, outcome: 'done', connectionId },
    detail: {
      ...{ sourceId: id, source: source.toolset.name, dialect: source.dialect, toolsetId },
      ...detail,
      // The log keeps the first of a long list: how many there were stands beside it.
      ...(policies.length > 0 && {
        policies: policies.map((policy) => policy.id),
        policyCount: policies.length,
      }),
      ...(renamed > 0 && { rulesRenamed: renamed }),
      ...(dependents.length > 0 && {
        dependents: [...dependents],
        dependentCount: dependents.length,
      }),
    },
  })
}
