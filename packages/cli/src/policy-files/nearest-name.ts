const editsMax = 2
/** Names from which on two letters may be wrong. */
const longCharsMin = 8

/** The one that somebody may have meant who wrote something else; undefined where none is near. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const lower = written.toLowerCase()
  const near = names
    .map((name) => ({ name, edits: countEdits(lower, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= (name.length < longCharsMin ? 1 : editsMax))
    .sort((a, b) => a.edits - b.edits)
  return near[0]?.name
}

/** Letters to add, leave out, change or swap, one beside the other; one more than the most that matters where there are more. */
function countEdits(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > editsMax) return editsMax + 1
  const rows = [Array.from({ length: to.length + 1 }, (_, at) => at)]
  for (let at = 1; at <= from.length; at++) {
    const [above = [], twoAbove = []] = [rows[at - 1], rows[at - 2]]
    const row = [at]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[at - 1] === to[column - 1]
      const isSwapped = from[at - 1] === to[column - 2] && from[at - 2] === to[column - 1]
      row.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (row[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped && at > 1 && column > 1
            ? (twoAbove[column - 2] ?? 0) + 1
            : Number.POSITIVE_INFINITY,
        ),
      )
    }
    rows.push(row)
  }
  return rows.at(-1)?.at(-1) ?? 0
}
