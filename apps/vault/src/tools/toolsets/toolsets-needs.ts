import type { CatalogTemplate } from '@sallyport/catalog'
import type {
  CredentialInput,
  CredentialKind,
  exportToolset,
  HttpToolDefinition,
  IdKind,
  ImportFormat,
  InputOf,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import type { ImportedToolset, ImportInput } from '../import/imported-toolset.ts'
import { toolNotFound, toolsetNotFound } from '../toolset-problems.ts'
import type {
  ChangedPolicy,
  StoredTool,
  StoredToolset,
  ToolRow,
  ToolsetRow,
  ToolsetStore,
  VersionNote,
} from '../toolset-store.ts'

/** A change of a toolset. Never a secret in any member. */
export interface ToolsetEvent {
  readonly auditId: string
  readonly workspaceId: string
  readonly ownerId: string
  /** The id of the operation, e.g. `createToolset`. */
  readonly operation: string
  readonly outcome: 'done'
  readonly connectionId?: string
  readonly detail: Readonly<Record<string, string | number | readonly string[]>>
}

/** A connection that is made for a toolset. */
export interface WantedConnection {
  readonly service: string
  readonly label: string
  readonly origins: readonly string[]
  readonly credential: CredentialInput
}

/** A toolset whose connection is yet to be made. */
export interface NewToolset {
  readonly toolset: Omit<StoredToolset, 'connectionId'>
  readonly tools: readonly StoredTool[]
  readonly note: VersionNote
}

/** A toolset as it is written in another format. */
export interface ExportedToolset {
  readonly document: string
  readonly contentType: string
  /** Without the dot. */
  readonly extension: string
  /** What the format cannot say. */
  readonly notes: readonly string[]
}

export type Exporter = (toolset: {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly version: number
  readonly tools: readonly HttpToolDefinition[]
  /** Of its connection; undefined where its tools are those of others. */
  readonly credentialKind?: CredentialKind | undefined
}) => ExportedToolset

export type Exporters = Readonly<Record<InputOf<typeof exportToolset>['format'], Exporter>>

/** What this room needs of others. */
export interface ToolsetsNeeds {
  readonly store: ToolsetStore
  readonly importDocument: (
    input: ImportInput & { readonly format?: ImportFormat | undefined },
  ) => Promise<ImportedToolset>
  readonly templates: readonly CatalogTemplate[]
  readonly exportToolset: (
    format: keyof Exporters,
    toolset: Parameters<Exporter>[0],
  ) => Promise<ExportedToolset>
  /**
   * Makes a connection as an owner makes one, recorded as theirs, and with it the toolset that is made for it: both or neither.
   * Answers the connection's id. Problem `toolset-exists`, and those of making a connection.
   */
  readonly createWithConnection: (
    owner: AuthenticatedOwner,
    wanted: WantedConnection,
    made: NewToolset,
  ) => Promise<string>
  readonly secretsOf: (credential: CredentialInput) => readonly string[]
  /**
   * The event is durable when it resolves. Events are recorded after the change and before the answer: taking
   * something away is never held up by a log that cannot be written.
   */
  readonly audit: { record(event: ToolsetEvent): Promise<unknown> }
  /** Told of each change before it is answered, so that this replica's caches drop what changed at once. */
  readonly onChanged: (changed: {
    readonly workspaceId: string
    readonly toolsetIds: readonly string[]
    readonly policies: readonly ChangedPolicy[]
  }) => void
  readonly newId: (kind: IdKind) => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

type Reads = Pick<ToolsetsNeeds, 'store'>

/** Problem `toolset-not-found`. */
export async function getToolsetRow(
  { store }: Reads,
  workspaceId: string,
  id: string,
): Promise<ToolsetRow> {
  const row = isLookupId(id) ? await store.find(workspaceId, id) : undefined
  if (row === undefined) throw toolsetNotFound()
  return row
}

/** Problem `tool-not-found`. */
export async function getToolRow(
  { store }: Reads,
  workspaceId: string,
  id: string,
): Promise<ToolRow> {
  const row = isLookupId(id) ? await store.findTool(workspaceId, id) : undefined
  if (row === undefined) throw toolNotFound()
  return row
}

/** Tells this replica, then the audit log, of what an owner did. */
export async function changed(
  needs: Pick<ToolsetsNeeds, 'onChanged' | 'audit' | 'newId'>,
  { ownerId, workspaceId }: Pick<AuthenticatedOwner, 'ownerId' | 'workspaceId'>,
  about: Pick<ToolsetEvent, 'operation' | 'detail'> & {
    readonly toolset: Pick<ToolsetRow, 'id' | 'name' | 'version' | 'connectionId'>
    readonly policies?: readonly ChangedPolicy[]
    readonly renamed?: number
    readonly dependents?: readonly string[]
  },
): Promise<void> {
  const { toolset, operation, detail, policies = [], renamed = 0, dependents = [] } = about
  needs.onChanged({ workspaceId, toolsetIds: [toolset.id, ...dependents], policies })
  await needs.audit.record({
    auditId: needs.newId('audit'),
    ...{ workspaceId, ownerId, operation, outcome: 'done' },
    ...(toolset.connectionId !== null && { connectionId: toolset.connectionId }),
    detail: {
      toolsetId: toolset.id,
      toolset: toolset.name,
      toolsetVersion: toolset.version,
      ...detail,
      // The log keeps the first of a long list: how many there were stands beside it.
      ...(policies.length > 0 && {
        policies: policies.map(({ id }) => id),
        policyCount: policies.length,
      }),
      ...(renamed > 0 && { rulesRenamed: renamed }),
      // Toolsets that have tools of this one: what those are has changed with it.
      ...(dependents.length > 0 && {
        dependents: [...dependents],
        dependentCount: dependents.length,
      }),
    },
  })
}
