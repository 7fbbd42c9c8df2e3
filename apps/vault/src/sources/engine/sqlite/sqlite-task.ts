import type { SqlBoundValue, SqlResult } from '../sql-engine.ts'

/** What a statement may do to a file: read by functions on the list, read, write rows, or be one of our own. */
export type SqliteReach = 'query' | 'read' | 'write' | 'catalog'

/** One statement for one process, as plain data. */
export interface SqliteTask {
  /** Where the file stands, links resolved. */
  readonly path: string
  readonly reach: SqliteReach
  readonly statement: string
  readonly parameters: readonly SqlBoundValue[]
  /** What a model's own statement may call. */
  readonly functions: readonly string[]
  readonly rowsMax: number
  readonly bytesMax: number
  /** For the whole, with waiting for locks. */
  readonly leftMs: number
}

/** What it answers, once. */
export type SqliteAnswer =
  | { readonly outcome: 'result'; readonly result: SqlResult }
  | { readonly outcome: 'unreadable'; readonly code: string }
