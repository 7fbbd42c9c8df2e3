const nearestMax = 3

/** Names that look like the one given, nearest first, at most three: for "did you mean". */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const wanted = name.slice(0, 100).toLowerCase()
  const bound = Math.max(3, Math.ceil(wanted.length / 2))
  return names
    .map((candidate) => ({ candidate, distance: editDistance(wanted, candidate) }))
    .filter(({ candidate, distance }) => distance <= bound || shareWord(wanted, candidate))
    .toSorted((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, nearestMax)
    .map(({ candidate }) => candidate)
}

const shareWord = (a: string, b: string) => {
  const words = new Set(b.split('-'))
  return a.split(/[^a-z0-9]+/).some((word) => word.length > 2 && words.has(word))
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
