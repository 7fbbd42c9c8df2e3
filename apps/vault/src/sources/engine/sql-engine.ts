// What the engine of SQL sources takes and gives: one statement with bound values in, bounded rows out, from a session of its
// own (S-39).

export type SqlDialect = 'postgres' | 'mysql' | 'sqlite'

/** A database on the network. MariaDB is spoken to as MySQL. */
export interface SqlServerTarget {
  readonly dialect: 'postgres' | 'mysql'
  /** Whose sessions are counted together: the id of the source, or anything that drafts of one workspace share. */
  readonly sourceKey: string
  /** A DNS name or an IP address. */
  readonly host: string
  readonly port: number
  readonly database: string
  /**
   * `require`: TLS with a verified certificate, or nothing. `off`: in the clear, inside the operator's ranges alone.
   * There is no mode that falls back: whoever is between could always choose it.
   */
  readonly tls: 'require' | 'off'
}

/** A file below one of the folders that the operator listed in SALLYPORT_SQLITE_DIRS. */
export interface SqlFileTarget {
  readonly dialect: 'sqlite'
  readonly sourceKey: string
  /** Absolute. */
  readonly path: string
}

export type SqlTarget = SqlServerTarget | SqlFileTarget

export interface SqlLogin {
  readonly user: string
  readonly password: string
}

export type SqlScalarType = 'string' | 'integer' | 'float' | 'boolean'
export type SqlScalar = string | number | boolean | null

/**
 * One bound value, in the order of the statement's places. An array is bound as PostgreSQL's array (`= ANY($1)`), and as JSON
 * text elsewhere (`json_each(?)`, `JSON_TABLE`). An integer beyond 2^53 comes as a string of digits.
 */
export type SqlBoundValue =
  | { readonly type: SqlScalarType; readonly value: SqlScalar }
  | {
      readonly type: 'array'
      readonly items: SqlScalarType
      readonly value: readonly SqlScalar[] | null
    }

export type SqlCall =
  /** An owner's statement. Only `writes` has a transaction that can write, and it is committed. */
  | {
      readonly kind: 'statement'
      readonly statement: string
      readonly parameters: readonly SqlBoundValue[]
      readonly writes: boolean
    }
  /** A model's own statement: goes through the gate, and runs in a transaction that only reads. */
  | { readonly kind: 'query'; readonly statement: string }
  /** Tables and views that the role may read. `schema` narrows it (PostgreSQL). */
  | { readonly kind: 'list_tables'; readonly schema?: string | undefined }
  /** Columns, primary key and references of one table; `schema.table` or `table`. */
  | { readonly kind: 'describe_table'; readonly table: string }

/** An owner's statement that was through the gate, to be planned by its database. */
export interface SqlPreparation {
  readonly statement: string
  /** Of its values, in the order of their places: `integer`, `integer[]`. */
  readonly parameters: readonly (SqlScalarType | `${SqlScalarType}[]`)[]
  readonly writes: boolean
  /** For the whole: waiting for a turn, connecting and planning. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface SqlBounds {
  /** For the whole: waiting for a turn, connecting, running and reading. */
  readonly timeoutMs: number
  readonly rowsMax: number
  /** Of the rows as JSON text. */
  readonly bytesMax: number
  /** Ends the call, and the statement at the server. */
  readonly signal: AbortSignal
}

/** What JSON can hold. Bytes are `{"$base64": "…"}`; integers beyond 2^53 and decimals are strings; times are ISO 8601. */
export type SqlCell =
  | string
  | number
  | boolean
  | null
  | readonly SqlCell[]
  | { readonly [name: string]: SqlCell }

/** A row by column name, without a prototype. */
export type SqlRow = Readonly<Record<string, SqlCell>>

export interface SqlRows {
  /** In order. Where two columns have one name, the second is `name_2`. */
  readonly columns: readonly string[]
  readonly rows: readonly SqlRow[]
  /** How many rows stand in `rows`; of a writing statement that answers none, how many it changed. */
  readonly rowCount: number
  /** There was more: it was cut at `rowsMax` or `bytesMax`. What a writing statement wrote is whole all the same. */
  readonly truncated: boolean
}

/** The database, or the gate, did not take the statement. `code` is the database's own (SQLSTATE, ER_…, SQLITE_…) or `gate`. */
export interface SqlRefusal {
  readonly refused: { readonly code: string; readonly message: string }
}

export type SqlResult = SqlRows | SqlRefusal

/** How far a test of a source came. */
export type SourceCheckStage = 'address' | 'connect' | 'sign-in' | 'query' | 'done'

export interface SourceCheck {
  readonly ok: boolean
  /** `done`, or where it ended. */
  readonly stage: SourceCheckStage
  /** A sentence for an owner. */
  readonly message: string
  readonly latencyMs: number
  /** Of the database, as it says. */
  readonly version?: string
  /** Sentences that name what the role may do and need not. */
  readonly warnings: readonly string[]
}

/** What the owner means to do with a source: without it, every right to write is one too many. */
export interface IntendedUse {
  readonly writes: boolean
}

export interface SqlEngine {
  /**
   * Runs one statement in a session of its own, of which nothing is left afterwards.
   * @throws Problem address-refused, upstream-unreachable, upstream-timeout, upstream-invalid-response, request-stopped (or the
   * signal's reason, where that is a problem), overloaded, invalid-input; after `upstream-timeout` and `request-stopped` of a
   * statement that writes, it may have been carried out.
   */
  run(
    target: SqlTarget,
    login: SqlLogin | undefined,
    job: { readonly call: SqlCall; readonly bounds: SqlBounds },
  ): Promise<SqlResult>
  /**
   * Connects, signs in, and looks at what the role may do. Says what is wrong with the source instead of throwing it.
   * @throws Problem overloaded, invalid-input, upstream-timeout while it waits for its turn, request-stopped
   */
  check(
    target: SqlTarget,
    login: SqlLogin | undefined,
    how: { readonly use: IntendedUse; readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<SourceCheck>
  /**
   * Has the database plan a statement: a wrong name, place or type is told, and nothing is run or written. `ok` where it can be
   * planned, and where it is of a kind that is not.
   * @throws Problem as `run`
   */
  prepare(
    target: SqlTarget,
    login: SqlLogin | undefined,
    statement: SqlPreparation,
  ): Promise<{ readonly ok: true } | SqlRefusal>
}
