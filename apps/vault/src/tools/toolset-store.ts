import type {
  CredentialKind,
  PolicyDocument,
  ToolDefinition,
  ToolGrant,
  ToolsetFormat,
} from '@sallyport/contracts'
import type { PageAfter } from '../paging/page-cursor.ts'
import type { PolicyCare } from './policy-care.ts'

// Toolsets and tools as they are stored, and what the room needs of the store. Every query is bound to a workspace.

/** What an owner says in place of the source. */
export type ToolOverrides = Partial<
  Pick<ToolDefinition, 'name' | 'title' | 'description' | 'annotations'>
>

export interface StoredToolset {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly title: string | null
  readonly description: string | null
  readonly format: ToolsetFormat
  readonly template: string | null
  /** SHA-256 of the document, hex. */
  readonly sourceDigest: string | null
  /** Keys of operations that an owner did not want. */
  readonly leftOut: readonly string[] | null
  /** Null where its tools are other toolsets’ tools. */
  readonly connectionId: string | null
  /** Counts its changes, those of its tools included. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The same with what its view shows beside it. */
export interface ToolsetRow extends StoredToolset {
  readonly toolCount: number
  readonly connection: ToolsetConnection | null
}

export interface ToolsetConnection {
  readonly id: string
  readonly label: string
  readonly service: string
  readonly status: string
}

export interface StoredTool {
  readonly id: string
  readonly workspaceId: string
  readonly toolsetId: string
  /** What it is called: whatever its definition or its overrides say. */
  readonly name: string
  /** What it is in its source; one of a toolset’s tools has it. */
  readonly key: string
  readonly status: 'active' | 'disabled' | 'held'
  /** Null where it is another toolset’s tool. */
  readonly definition: ToolDefinition | null
  /** Of the definition as it is in force; of another toolset’s tool, of what it says of its own. */
  readonly digest: string
  /** Of the definition as its source says it; null where that is another toolset’s tool. */
  readonly definitionDigest: string | null
  readonly sourceToolId: string | null
  readonly overrides: ToolOverrides | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A tool with what it takes to call it. */
export interface ToolRow extends StoredTool {
  /** The toolset’s name. */
  readonly toolset: string
  /** Where its calls go: its toolset’s connection, or that of the toolset that it comes from. */
  readonly connectionId: string | null
  /** Of another toolset’s tool: what that one is. */
  readonly source: Pick<StoredTool, 'name' | 'status' | 'definition' | 'overrides'> | null
  /** The name of that one’s toolset. */
  readonly sourceToolset: string | null
  /** Its toolset, or that of the tool that it is, is switched off: it is nobody’s. */
  readonly isOff?: boolean | undefined
}

/** A tool as grants know it. */
export interface ToolPlace {
  readonly toolId: string
  readonly toolsetId: string
  readonly connectionId: string | null
}

/** What an agent’s policy for a connection grants of some toolsets. */
export interface GrantingPolicy {
  readonly agentId: string
  readonly agentName: string
  readonly connectionId: string
  readonly approval: PolicyDocument['approval']
  /** When the policy ends. */
  readonly expiresAt: string | null
  /** In their order. */
  readonly tools: readonly ToolGrant[]
}

/** Where an agent’s policy for a connection was changed, or made, by what became of a toolset. */
export interface ChangedPolicy {
  readonly id: string
  readonly workspaceId: string
  readonly agentId: string
  readonly connectionId: string
}

/** What a change counts as. */
export interface VersionNote {
  readonly cause: 'created' | 'imported' | 'edited' | 'restored'
  /** Null where the vault did it by itself: it read the tools of an upstream MCP server. */
  readonly ownerId: string | null
  readonly added: number
  readonly removed: number
  readonly changed: number
}

/** What becomes of a toolset and of its tools, as one. Tools that are in none of the three stay as they are. */
export interface ToolsetChange {
  readonly set?: Partial<
    Pick<
      StoredToolset,
      | 'name'
      | 'title'
      | 'description'
      | 'connectionId'
      | 'template'
      | 'sourceDigest'
      | 'format'
      | 'leftOut'
    >
  >
  readonly insert: readonly StoredTool[]
  readonly update: readonly StoredTool[]
  /** Ids. Their grants go, and so do the tools of other toolsets that they are. */
  readonly remove: readonly string[]
  readonly note: VersionNote
  readonly at: Date
  /** Ids for the policies that have to be made where grants go along to another connection. */
  readonly newPolicyId: () => string
  /** What it throws undoes the change. */
  readonly care: PolicyCare
}

/** What came of it. */
export interface ChangedToolset {
  readonly toolset: StoredToolset
  readonly policies: readonly ChangedPolicy[]
  /** Those of them in whose rules names were written anew. */
  readonly renamed?: number
  /** Other toolsets that have tools of this one. */
  readonly dependents: readonly string[]
}

/** What a toolset was. `tools` are as they were stored then. */
export interface StoredVersion {
  readonly version: number
  readonly cause: VersionNote['cause']
  readonly ownerId: string | null
  readonly toolCount: number
  readonly added: number
  readonly removed: number
  readonly changed: number
  readonly createdAt: Date
}

export type VersionTool = Pick<
  StoredTool,
  | 'id'
  | 'name'
  | 'key'
  | 'status'
  | 'definition'
  | 'digest'
  | 'definitionDigest'
  | 'sourceToolId'
  | 'overrides'
>

export interface ToolPage {
  readonly limit: number
  /** The toolset’s and the tool’s name of the last that was seen. */
  readonly after?: { readonly toolset: string; readonly name: string } | undefined
  readonly toolsetId?: string | undefined
  readonly search?: string | undefined
}

type At = Pick<StoredToolset, 'workspaceId' | 'id' | 'version'>

export interface ToolsetStore {
  /** As one, or not at all: the toolset, its tools and its first version. */
  insert(
    toolset: StoredToolset,
    tools: readonly StoredTool[],
    note: VersionNote,
  ): Promise<'inserted' | 'exists' | 'no-connection' | 'no-source'>
  find(workspaceId: string, id: string): Promise<ToolsetRow | undefined>
  /** Newest first. */
  list(
    workspaceId: string,
    page: PageAfter & {
      readonly name?: string | undefined
      readonly connectionId?: string | undefined
    },
  ): Promise<ToolsetRow[]>
  isTaken(workspaceId: string, name: string): Promise<boolean>
  /** Compare and set: undefined where it has another version by now, or is gone. */
  change(
    at: At,
    change: ToolsetChange,
  ): Promise<ChangedToolset | 'exists' | 'tool-exists' | 'no-connection' | 'no-source' | undefined>
  /** With its tools, their grants, and the tools of other toolsets that they are. */
  delete(
    at: Pick<StoredToolset, 'workspaceId' | 'id'>,
    by: { readonly ownerId: string; readonly now: Date },
  ): Promise<ChangedToolset | undefined>
  findConnection(
    workspaceId: string,
    id: string,
  ): Promise<
    | (ToolsetConnection & {
        readonly origins: readonly string[]
        readonly credentialKind: CredentialKind
      })
    | undefined
  >
  /** By toolset and name. */
  listTools(workspaceId: string, page: ToolPage): Promise<ToolRow[]>
  /** All tools of a toolset, by name. */
  toolsOf(workspaceId: string, toolsetId: string): Promise<ToolRow[]>
  findTool(workspaceId: string, id: string): Promise<ToolRow | undefined>
  findTools(workspaceId: string, ids: readonly string[]): Promise<ToolRow[]>
  /** What policies grant of any of the toolsets, agents by name. */
  grantsOf(workspaceId: string, toolsetIds: readonly string[]): Promise<GrantingPolicy[]>
  /** Policies whose rules name tools, agents by name; no more than a thousand. */
  policiesNamingTools(
    workspaceId: string,
  ): Promise<{ readonly agentName: string; readonly document: PolicyDocument }[]>
  /** All tools of the toolsets, as grants know them. */
  placesOf(toolsetIds: readonly string[]): Promise<ToolPlace[]>
  /** Resolves once no change of the toolset, or of those that its tools come from, is under way: what is read then counts it in. */
  awaitChanges(workspaceId: string, toolsetId: string): Promise<void>
  /** Tools of other toolsets that are tools of this one, and which of them. */
  dependentsOf(
    toolsetId: string,
  ): Promise<(Pick<ToolPlace, 'toolId' | 'toolsetId'> & { readonly sourceToolId: string })[]>
  /** Newest first. */
  listVersions(
    toolsetId: string,
    page: { readonly limit: number; readonly before?: number | undefined },
  ): Promise<StoredVersion[]>
  findVersion(
    toolsetId: string,
    version: number,
  ): Promise<(StoredVersion & { readonly tools: readonly VersionTool[] }) | undefined>
}
