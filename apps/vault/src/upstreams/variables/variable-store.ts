import type { PageAfter } from '../../paging/page-cursor.ts'

/** A variable as it is stored. What it stands for is sealed. */
export interface StoredVariable {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  /** Whose key it is. */
  readonly connectionId: string | null
  readonly sealed: Uint8Array
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The same with what is shown of the connection. */
export interface VariableRow extends StoredVariable {
  readonly connection: {
    readonly id: string
    readonly label: string
    readonly status: string
  } | null
}

export interface VariableStore {
  /** Newest first. */
  list(workspaceId: string, page: PageAfter): Promise<VariableRow[]>
  findByNames(workspaceId: string, names: readonly string[]): Promise<VariableRow[]>
  /** False where there is one of the name. */
  insert(row: StoredVariable): Promise<boolean>
  /** Compare and set: false where it has another version by now, or is gone. */
  update(
    row: Pick<StoredVariable, 'id' | 'workspaceId' | 'connectionId' | 'sealed' | 'updatedAt'>,
    version: number,
  ): Promise<boolean>
  /** `in-use` where a server refers to it. */
  delete(at: {
    readonly workspaceId: string
    readonly name: string
  }): Promise<'deleted' | 'in-use' | 'not-found'>
}
