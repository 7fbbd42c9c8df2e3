import type { PolicyDocument } from '@sallyport/contracts'

/** A policy as it is stored. */
export interface StoredPolicy {
  readonly id: string
  readonly workspaceId: string
  readonly agentId: string
  readonly connectionId: string
  readonly document: PolicyDocument
  /** Counts its changes; what is decided by it names it. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

type Pair = Pick<StoredPolicy, 'workspaceId' | 'agentId' | 'connectionId'>

/** What a list is narrowed to, and where it goes on. */
interface PolicyPage {
  readonly limit: number
  readonly after?: { readonly createdAtMs: number; readonly id: string } | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
}

/** What the room needs of the store. Every query is bound to a workspace. */
export interface PolicyStore {
  /** Does the workspace have the agent, and where may the connection's credential go? */
  findParties(pair: Pair): Promise<{ hasAgent: boolean; origins: readonly string[] | undefined }>
  /** Inserts, unless a party is gone by now or the pair has a policy. */
  insert(row: StoredPolicy): Promise<'inserted' | 'exists' | 'no-agent' | 'no-connection'>
  find(workspaceId: string, id: string): Promise<StoredPolicy | undefined>
  /** Newest first. */
  list(workspaceId: string, page: PolicyPage): Promise<StoredPolicy[]>
  /** Compare and set: raises the version; undefined where it is another one by now. */
  replace(
    at: Pick<StoredPolicy, 'workspaceId' | 'id' | 'version'>,
    changes: Pick<StoredPolicy, 'document' | 'updatedAt'>,
  ): Promise<StoredPolicy | undefined>
  /** What it deleted. */
  delete(workspaceId: string, id: string): Promise<StoredPolicy | undefined>
}
