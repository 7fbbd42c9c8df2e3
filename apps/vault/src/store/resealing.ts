// Reads and replaces sealed values while others read and write them: for the rotation of workspaces' keys.
import { type Database, guardStore, type Sql } from './database.ts'
import { type SealedColumn, sealedColumns } from './sealed-columns.ts'

/** A sealed value with what it is sealed for. */
export interface SealedRow {
  readonly rowId: string
  readonly rowVersion: number
  readonly origins: readonly string[] | null
  readonly sealed: Uint8Array
}

/** A value in place of exactly the one that was read. */
export interface Resealed {
  readonly rowId: string
  readonly was: Uint8Array
  readonly now: Uint8Array
}

// Names of tables and columns are those of `sealedColumns`; values are parameters.

const bytesOf = ({ column, isJson }: SealedColumn) =>
  isJson === true ? `decode(t.${column} ->> 'sealed', 'base64')` : `t.${column}`
const keyIdOf = (bytes: string) => `substring(${bytes} FROM 2 FOR 8)`
const asJson = "jsonb_build_object('sealed', translate(encode(d.now, 'base64'), E'\\n', ''))"

function listStatement(at: SealedColumn): string {
  const { table, rowId, rowVersion } = at
  const bytes = bytesOf(at)
  const version = rowVersion === 1 ? '1' : `t.${rowVersion}`
  const origins = { own: 't.origins', 'of-connection': 'c.origins', none: 'NULL::text[]' }
  return `
    SELECT t.${rowId} AS "rowId", ${version} AS "rowVersion",
      to_json(${origins[at.origins ?? 'none']}) AS origins, ${bytes} AS sealed
    FROM ${table} t ${at.origins === 'of-connection' ? 'JOIN connections c ON c.id = t.connection_id' : ''}
    WHERE t.workspace_id = $1 AND t.${rowId} > $2 AND ${bytes} IS NOT NULL AND ${keyIdOf(bytes)} <> $3
    ORDER BY t.${rowId} LIMIT ${at.rowsAtOnce}`
}

/** What somebody else has written meanwhile is left as it is: the next pass comes by again. */
const replaceStatement = (at: SealedColumn) => `
  WITH d AS (
    SELECT id, decode(was, 'hex') AS was, decode(now, 'hex') AS now
    FROM jsonb_to_recordset($2::text::jsonb) AS given(id text, was text, now text)
  )
  UPDATE ${at.table} t SET ${at.column} = ${at.isJson === true ? asJson : 'd.now'}
  FROM d WHERE t.workspace_id = $1 AND t.${at.rowId} = d.id AND ${bytesOf(at)} = d.was`

const countStatement = sealedColumns
  .map(
    (at) => `
      SELECT encode(${keyIdOf(bytesOf(at))}, 'hex') AS "keyId", count(*)::int AS rows
      FROM ${at.table} t WHERE t.workspace_id = $1 AND ${bytesOf(at)} IS NOT NULL GROUP BY 1`,
  )
  .join(' UNION ALL ')

/** Counts what is sealed under each key of a workspace. */
async function countByKey(sql: Pick<Sql, 'unsafe'>, workspaceId: string) {
  const rows = await sql.unsafe<{ keyId: string; rows: number }[]>(
    `SELECT "keyId", sum(rows)::int AS rows FROM (${countStatement}) AS counted GROUP BY 1`,
    [workspaceId],
  )
  return new Map(rows.map(({ keyId, rows: count }) => [Number(BigInt(`0x${keyId}`)), count]))
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Builds the queries. */
export function createResealingStore({ sql }: Pick<Database, 'sql'>) {
  return guardStore({
    /** Rows of a column that are not under the key with this id, after the row that was read last. */
    list: async (
      at: SealedColumn,
      of: { readonly workspaceId: string; readonly keyId: Uint8Array; readonly after: string },
    ): Promise<readonly SealedRow[]> =>
      await sql.unsafe<SealedRow[]>(listStatement(at), [
        of.workspaceId,
        of.after,
        Buffer.from(of.keyId),
      ]),

    /** Replaces those values that are still what was read; answers how many. */
    async replace(
      at: SealedColumn,
      workspaceId: string,
      rows: readonly Resealed[],
    ): Promise<number> {
      const given = rows.map(({ rowId, was, now }) => ({ id: rowId, was: hex(was), now: hex(now) }))
      const done = await sql.unsafe(replaceStatement(at), [workspaceId, JSON.stringify(given)])
      return done.count
    },

    /** Rows that are sealed under each version of a workspace's key. */
    usage: (workspaceId: string) => countByKey(sql, workspaceId),

    /**
     * Removes the keys of a workspace that are older than its newest one and seal nothing. Nobody writes under one of them
     * meanwhile: whoever does, holds its row, and whoever comes later is refused. Answers the versions that are left.
     */
    removeUnused: (workspaceId: string): Promise<readonly number[]> =>
      sql.begin(async (tx) => {
        const held = await tx<{ version: number }[]>`
            SELECT version FROM workspace_keys WHERE workspace_id = ${workspaceId}
            ORDER BY version FOR UPDATE`
        const newest = held.at(-1)?.version ?? 0
        const used = await countByKey(tx, workspaceId)
        const unused = held
          .map(({ version }) => version)
          .filter((version) => version !== newest && !used.has(version))
        for (const version of unused) {
          await tx`
              DELETE FROM workspace_keys WHERE workspace_id = ${workspaceId} AND version = ${version}`
        }
        return held.map(({ version }) => version).filter((version) => !unused.includes(version))
      }) as Promise<readonly number[]>,
  })
}
