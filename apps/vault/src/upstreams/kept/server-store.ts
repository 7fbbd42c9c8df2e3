import type { McpServerStage, McpTransport } from '@sallyport/contracts'
import type { ConnectionChanges, StoredConnection } from '../../connections/connection-store.ts'
import type { PageAfter } from '../../paging/page-cursor.ts'
import type { ChangedToolset, StoredToolset, VersionNote } from '../../tools/toolset-store.ts'
import type { Pin, RefusedTool } from './pin.ts'

// Upstream MCP servers as they are stored, and what the rooms need of the store.

/** How a server is reached, without a secret. */
export interface ServerSettings {
  readonly name: string
  readonly description: string | null
  readonly transport: McpTransport
  readonly command: string | null
  readonly args: readonly string[]
  readonly cwd: string | null
  readonly url: string | null
  readonly permission: 'workspace' | 'full'
  readonly package: string | null
  readonly connectTimeoutSeconds: number
  readonly readTimeoutSeconds: number
  readonly perAgent: boolean
  readonly enabled: boolean
}

/** Values of a server as its owner wrote them: references are still in them. */
export interface ServerValues {
  readonly headers: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}

/** Where and how something failed last. Never a secret. */
export interface ServerFailure {
  readonly stage: McpServerStage
  readonly message: string
  readonly at: string
}

/** That a server wants a sign-in, or more scopes. Its own words: nothing of it is trusted. */
export interface ServerChallenge {
  readonly status: 401 | 403
  readonly scopes?: readonly string[]
}

/** The connection that is the sign-in to a server: the newest that is sealed for it and not revoked. */
export type SignInRow = Pick<
  StoredConnection,
  | 'id'
  | 'status'
  | 'statusReason'
  | 'version'
  | 'credentialKind'
  | 'oauthAppId'
  | 'account'
  | 'requestedScopes'
  | 'grantedScopes'
>

/** What became of the last attempt of any replica. */
export interface ServerStatus {
  readonly status: 'connected' | 'disconnected' | 'error'
  readonly failure: ServerFailure | null
  readonly serverInfo: { readonly name: string; readonly version: string } | null
  /** What it wanted when it let the vault in last, or not. */
  readonly challenge: ServerChallenge | null
  readonly lastConnectedAt: Date | null
}

export interface StoredServer extends ServerSettings, ServerStatus {
  readonly id: string
  readonly workspaceId: string
  readonly connectionId: string
  readonly toolsetId: string
  readonly envNames: readonly string[]
  readonly headerNames: readonly string[]
  /** Names that its values refer to. */
  readonly variables: readonly string[]
  /** Counts what owners changed of it. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The sealed values of a server, with all that they are bound to. */
export type ServerAccount = Pick<
  StoredConnection,
  'id' | 'workspaceId' | 'status' | 'credentialKind' | 'origins' | 'version' | 'sealed'
>

/** The same with what stands beside it. */
export interface ServerRow extends StoredServer {
  /** The toolset’s name. */
  readonly toolset: string
  readonly toolCount: number
  readonly heldCount: number
  readonly account: ServerAccount
  readonly signIn: SignInRow | null
}

/** What a server’s tools are, beside what an owner has seen of them. */
export interface ServerPins {
  readonly pins: readonly Pin[]
  readonly refused: readonly RefusedTool[]
  /** When its tools were read first; null: they never were. */
  readonly syncedAt: Date | null
}

/** A server with all that is made for it. */
export interface NewServer {
  readonly server: StoredServer
  readonly connection: StoredConnection
  readonly toolset: StoredToolset
  readonly note: VersionNote
}

/** What an owner changes. `connection`: its account, sealed anew, where it has `version` still. */
export interface ServerChange {
  readonly set: Partial<
    ServerSettings & Pick<StoredServer, 'envNames' | 'headerNames' | 'variables'>
  >
  readonly connection?: {
    readonly version: number
    readonly changes: ConnectionChanges & { readonly updatedAt: Date }
  }
  readonly at: Date
}

type Ref = Pick<StoredServer, 'workspaceId' | 'id'>

export interface ServerStore {
  /** As one, or not at all. `exists`: another server has the name; `toolset-exists`: another toolset has the toolset’s. */
  insert(made: NewServer): Promise<'inserted' | 'exists' | 'toolset-exists'>
  find(workspaceId: string, id: string): Promise<ServerRow | undefined>
  /** Whosever it is: for what runs by itself. */
  findAnywhere(id: string): Promise<ServerRow | undefined>
  /** Newest first. */
  list(workspaceId: string, page: PageAfter): Promise<ServerRow[]>
  /** All servers of all workspaces that are switched on. */
  listEnabled(): Promise<Ref[]>
  /** Those among these that were there and are deleted: not of what this database has never heard. */
  listDeleted(ids: readonly string[]): Promise<string[]>
  /** Those of a workspace that refer to any variable, by name. */
  listReferring(
    workspaceId: string,
  ): Promise<(Ref & { readonly name: string; readonly variables: readonly string[] })[]>
  /** The sign-ins to a server that are not revoked, newest first; of one that is deleted, too. */
  listSignIns(workspaceId: string, id: string): Promise<string[]>
  /** Compare and set: undefined where it, or its account, has another version by now, or is gone. */
  update(
    at: Ref & { readonly version: number },
    change: ServerChange,
  ): Promise<'updated' | 'exists' | undefined>
  /** With its toolset, its grants and the sealed values; its connection stays, revoked. */
  delete(
    at: Ref,
    by: { readonly ownerId: string; readonly now: Date },
  ): Promise<Pick<ChangedToolset, 'policies' | 'dependents'> | undefined>
  saveStatus(id: string, status: Partial<ServerStatus>): Promise<void>
  findPins(id: string): Promise<ServerPins | undefined>
  savePins(id: string, pins: ServerPins): Promise<void>
  /** Notes that what its tools of a kind read is another list: to agents it is a change of these tools. */
  touchReading(
    server: Pick<StoredServer, 'workspaceId' | 'toolsetId'>,
    list: 'resources' | 'prompts',
    at: Date,
  ): Promise<void>
}
