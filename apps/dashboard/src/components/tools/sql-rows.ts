import { isPlainObject } from './plain-object.ts'

/** Rows of an answer as they are shown; a cell that is undefined is NULL. */
export interface SqlRows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | undefined)[])[]
  readonly rowCount: number
  /** The vault cut what came. */
  readonly isTruncated: boolean
}

/** Reads the answer of a statement; undefined where it is of another form. */
export function rowsOf(body: unknown): SqlRows | undefined {
  if (!isPlainObject(body)) return undefined
  const { columns, rows, rowCount, truncated } = body
  if (!Array.isArray(columns) || !Array.isArray(rows)) return undefined
  const names = columns.map(String)
  return {
    columns: names,
    rows: rows.map((row: unknown) =>
      names.map((name) => cellOf(isPlainObject(row) ? row[name] : undefined)),
    ),
    rowCount: typeof rowCount === 'number' ? rowCount : rows.length,
    isTruncated: truncated === true,
  }
}

function cellOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
