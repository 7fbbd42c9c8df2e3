// Reads SQL statements before they are frozen, and again before they are run: whether there is one, and what it may do (S-39).

export type GateDialect = 'postgres' | 'mysql' | 'sqlite'

/**
 * What a statement of PostgreSQL names and only the database can resolve: in the session that runs it, none of them may lead to
 * something that is not the server's own.
 */
export interface UsedNames {
  readonly functions: readonly string[]
  /** `t.name` and `(…).name` call a function of that name where there is no such column. */
  readonly attributes: readonly string[]
  readonly operators: readonly string[]
}

/** Taken, or a sentence that says why not. */
export type GateVerdict =
  | { readonly ok: true; readonly uses?: UsedNames }
  | { readonly ok: false; readonly reason: string }

/** An owner's statement, as a tool has it. */
export interface PrescribedStatement {
  readonly statement: string
  readonly parameterCount: number
  readonly writes: boolean
}

export interface SqlGate {
  /**
   * Whether a model's own statement may run: one SELECT that was parsed whole, of functions on the list, that locks, writes and
   * leaves nothing. It bounds what is asked; the read-only transaction and the role's rights bound what is done.
   */
  checkQuery(dialect: GateDialect, statement: string): Promise<GateVerdict>
  /**
   * Whether an owner's statement can be a tool: one statement, as many places as parameters, nothing that outlives the
   * transaction (SET, BEGIN, COPY, ATTACH and their like), and, unless it is marked as writing, one that reads.
   */
  checkStatement(dialect: GateDialect, statement: PrescribedStatement): Promise<GateVerdict>
}
