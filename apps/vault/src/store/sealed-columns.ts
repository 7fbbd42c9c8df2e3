/** Where a sealed value stands, and by what its row is named in the seal (`docs/envelope.md`). */
export interface SealedColumn {
  readonly table: string
  readonly column: string
  /** The column with the id of the row. */
  readonly rowId: string
  /** The column with the version of the row, or the version that it always has. */
  readonly rowVersion: string | 1
  /** Whether the value is bound to origins: of its own row, or of the connection that it belongs to. */
  readonly origins?: 'own' | 'of-connection'
  /** In base64, as the member `sealed` of a JSON object. */
  readonly isJson?: true
  /** Rows that are read at once: few, where one may be large. */
  readonly rowsAtOnce: number
}

const rowsAtOnce = 500
/** A frozen request may have a body of megabytes. */
const largeRowsAtOnce = 20

/**
 * Every column that holds what is sealed under a workspace's key: what is not here would stay under the old key when the key is
 * replaced. A test compares it with the columns that guard what they take, with all binary columns, and with the places that the code
 * seals for. A new one also needs the trigger `check_sealed`, as in `drizzle/0024_root_key_guards.sql`.
 */
export const sealedColumns: readonly SealedColumn[] = [
  {
    ...{ table: 'connections', column: 'sealed', rowId: 'id', rowVersion: 'version' },
    ...{ origins: 'own', rowsAtOnce },
  },
  {
    ...{ table: 'connection_tokens', column: 'sealed', rowId: 'connection_id' },
    ...{ rowVersion: 'version', origins: 'of-connection', rowsAtOnce },
  },
  { table: 'oauth_apps', column: 'sealed', rowId: 'id', rowVersion: 'version', rowsAtOnce },
  { table: 'connect_flows', column: 'sealed', rowId: 'id', rowVersion: 'version', rowsAtOnce },
  {
    ...{ table: 'approvals', column: 'sealed', rowId: 'id', rowVersion: 1 as const },
    rowsAtOnce: largeRowsAtOnce,
  },
  {
    ...{ table: 'remembered_approvals', column: 'sealed', rowId: 'id', rowVersion: 1 as const },
    rowsAtOnce: largeRowsAtOnce,
  },
  {
    ...{ table: 'owners', column: 'totp_sealed', rowId: 'id', rowVersion: 'totp_version' },
    rowsAtOnce,
  },
  {
    ...{ table: 'single_sign_on', column: 'sealed', rowId: 'workspace_id', rowVersion: 'version' },
    rowsAtOnce,
  },
  {
    ...{ table: 'notification_channels', column: 'sealed', rowId: 'id', rowVersion: 'version' },
    rowsAtOnce,
  },
  {
    ...{ table: 'notification_deliveries', column: 'reference', rowId: 'id' },
    ...{ rowVersion: 1 as const, isJson: true as const, rowsAtOnce },
  },
  {
    ...{ table: 'mail_servers', column: 'sealed', rowId: 'workspace_id', rowVersion: 'version' },
    rowsAtOnce,
  },
  {
    ...{ table: 'push_keys', column: 'sealed', rowId: 'workspace_id', rowVersion: 1 as const },
    rowsAtOnce,
  },
  { table: 'variables', column: 'sealed', rowId: 'id', rowVersion: 'version', rowsAtOnce },
  { table: 'audit_streams', column: 'sealed', rowId: 'id', rowVersion: 'version', rowsAtOnce },
]

/**
 * Columns with what is sealed for moments only, between replicas that run: a call that one hands to another, and its answer. They are
 * gone before a key is missed, since a vault that runs goes on opening what it has once opened.
 */
export const passingColumns = ['replica_answers.sealed', 'replica_calls.sealed'] as const
