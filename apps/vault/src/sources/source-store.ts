import type { CredentialKind, SourceCheck, SqlDialect } from '@sallyport/contracts'
import type { PageAfter } from '../paging/page-cursor.ts'
import type {
  ChangedPolicy,
  StoredTool,
  StoredToolset,
  ToolsetChange,
  VersionNote,
} from '../tools/toolset-store.ts'

// SQL sources as they are stored, and what the room needs of the store. Every query but `findForCall` is bound to a workspace.

/** Where a database is: a server, or a file. What does not go with its dialect is null. */
export interface StoredTarget {
  readonly dialect: SqlDialect
  readonly host: string | null
  readonly port: number | null
  readonly database: string | null
  readonly tls: 'require' | 'off' | null
  readonly path: string | null
}

export interface StoredSource extends StoredTarget {
  readonly id: string
  readonly workspaceId: string
  readonly connectionId: string
  readonly toolsetId: string
  /** Who signs in; stands in the sealed credential too, where there is a password. */
  readonly login: string | null
  readonly query: boolean
  readonly schemaTools: boolean
  readonly rowsMax: number
  readonly timeoutSeconds: number
  readonly bytesMax: number
  readonly lastCheck: SourceCheck | null
  readonly checkedAt: Date | null
  /** Counts the changes of this row. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A source with what its view shows of its toolset and its connection. */
export interface SourceRow extends StoredSource {
  readonly toolset: Pick<StoredToolset, 'name' | 'title' | 'description' | 'version'> & {
    readonly toolCount: number
  }
  readonly connection: SourceConnection
}

/** The connection that holds a source's password, sealed for the place where it may go. */
export interface SourceConnection {
  readonly id: string
  readonly workspaceId: string
  readonly status: 'healthy' | 'needs_reauth' | 'revoked'
  readonly credentialKind: CredentialKind
  readonly origins: readonly string[]
  readonly version: number
  readonly sealed: Uint8Array | null
}

/** What a call needs: where it goes and what bounds it. */
export type SourceOfCall = StoredTarget &
  Pick<
    StoredSource,
    | 'id'
    | 'workspaceId'
    | 'connectionId'
    | 'login'
    | 'query'
    | 'schemaTools'
    | 'rowsMax'
    | 'timeoutSeconds'
    | 'bytesMax'
  >

/** A source that is made, with all that is its own. `Connection` is as the room of connections made it. */
export interface MadeSource<Connection> {
  readonly source: StoredSource
  readonly connection: Connection
  readonly toolset: StoredToolset
  readonly tools: readonly StoredTool[]
  readonly note: VersionNote
}

/** What becomes of a source, of its toolset and of its connection: all of it or nothing. */
export interface SourceChange<Connection, ConnectionChanges> {
  readonly set: Partial<
    Omit<StoredSource, 'id' | 'workspaceId' | 'connectionId' | 'toolsetId' | 'version'>
  >
  readonly toolset?: { readonly version: number; readonly change: ToolsetChange } | undefined
  /** Another secret for the connection that there is, or another connection in place of one that was revoked. */
  readonly connection?:
    | { readonly version: number; readonly changes: ConnectionChanges }
    | { readonly made: Connection }
    | undefined
}

/** What else was changed by it. */
export interface SourceOutcome {
  readonly policies: readonly ChangedPolicy[]
  readonly renamed?: number
  readonly dependents: readonly string[]
}

export interface SourceStore<Connection, ConnectionChanges> {
  /** All of them or none. `exists` names the toolset whose name is taken. */
  insert(made: readonly MadeSource<Connection>[]): Promise<'inserted' | { readonly exists: string }>
  find(workspaceId: string, id: string): Promise<SourceRow | undefined>
  /** For the request path, which compares the workspace by the connection that was decided on. */
  findForCall(id: string): Promise<SourceOfCall | undefined>
  /** Newest first. */
  list(
    workspaceId: string,
    page: PageAfter & { readonly name?: string | undefined },
  ): Promise<SourceRow[]>
  /** Compare and set: undefined where any of the three has another version by now, or is gone. */
  update(
    at: Pick<StoredSource, 'workspaceId' | 'id' | 'version' | 'connectionId' | 'toolsetId'>,
    change: SourceChange<Connection, ConnectionChanges>,
  ): Promise<SourceOutcome | 'exists' | 'tool-exists' | undefined>
  /** What a test found. Counts as no change of the source. */
  keepCheck(
    at: Pick<StoredSource, 'workspaceId' | 'id'>,
    check: { readonly found: SourceCheck; readonly at: Date },
  ): Promise<void>
  /** With its toolset, its tools and their grants; its connection is revoked, and its password destroyed. */
  delete(
    at: Pick<StoredSource, 'workspaceId' | 'id'>,
    by: { readonly ownerId: string; readonly now: Date },
  ): Promise<(SourceOutcome & { readonly source: SourceRow }) | undefined>
}
