// What the gate of SQL statements answers.

/** Taken, or a sentence that says why not. */
export type GateVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string }

/** Looks at statements before they are frozen, and again before they are sent. */
export interface SqlGate {
  /**
   * Whether a model's own statement may run: one SELECT that was parsed whole, of functions on the list, that locks, writes and
   * leaves nothing. It bounds what is asked; the read-only transaction and the role's rights bound what is done.
   */
  checkQuery(dialect: 'postgres' | 'mysql' | 'sqlite', statement: string): Promise<GateVerdict>
  /**
   * Whether an owner's statement can be a tool: one statement, as many places as parameters, nothing that outlives the
   * transaction (SET, BEGIN, COPY, ATTACH and their like), and, unless it is marked as writing, one that reads.
   */
  checkStatement(
    dialect: 'postgres' | 'mysql' | 'sqlite',
    statement: {
      readonly statement: string
      readonly parameterCount: number
      readonly writes: boolean
    },
  ): Promise<GateVerdict>
}
