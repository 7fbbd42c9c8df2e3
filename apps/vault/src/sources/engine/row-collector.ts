import type { SqlCell, SqlRow, SqlRows } from './sql-engine.ts'

/** Takes rows as they come, until there are enough. */
export interface RowCollector {
  /** Before the first row. */
  setColumns(names: readonly string[]): void
  /** False where a row did not fit: then nothing more is taken, and the answer says that it was cut. */
  add(cells: readonly SqlCell[]): boolean
  readonly isFull: boolean
  /** There was more, which was not even read. */
  cut(): void
  /** What was taken; `changed` is what a statement without rows says that it changed. */
  finish(changed: number): SqlRows
}

const columnsMax = 2000

/** Makes a collector for one answer. Bytes are counted of the rows as JSON. */
export function createRowCollector(bounds: {
  readonly rowsMax: number
  readonly bytesMax: number
}): RowCollector {
  const rows: SqlRow[] = []
  let columns: readonly string[] = []
  let bytes = 0
  let isFull = false

  return {
    setColumns(names) {
      columns = uniqueNames(names.slice(0, columnsMax))
      bytes += jsonBytes(columns)
      isFull = bytes > bounds.bytesMax
    },
    add(cells) {
      if (isFull) return false
      const row: Record<string, SqlCell> = Object.create(null)
      columns.forEach((name, i) => {
        row[name] = cells[i] ?? null
      })
      const size = jsonBytes(row) + 1
      isFull = rows.length >= bounds.rowsMax || bytes + size > bounds.bytesMax
      if (isFull) return false
      bytes += size
      rows.push(row)
      return true
    },
    get isFull() {
      return isFull
    },
    cut() {
      isFull = true
    },
    finish: (changed) => ({
      columns,
      rows,
      rowCount: columns.length > 0 ? rows.length : changed,
      truncated: isFull,
    }),
  }
}

const jsonBytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** `id, id` becomes `id, id_2`: a row is an object, and loses none of them. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let n = 2; taken.has(unique); n += 1) unique = `${name}_${n}`
    taken.add(unique)
    return unique
  })
}
