import type { Finding } from './finding.ts'

/**
 * Findings in order and without overlap: of two that overlap the longer one stays, of equal ones the one whose kind comes
 * first. Takes the time of sorting them, however they overlap.
 */
export function resolveFindings(found: readonly Finding[], kinds: readonly string[]): Finding[] {
  const rank = new Map(kinds.map((kind, place) => [kind, place]))
  const rankOf = ({ kind }: Finding): number => rank.get(kind) ?? kinds.length
  const sorted = found.toSorted((a, b) => a.start - b.start || b.end - a.end)
  const kept: Finding[] = []
  let at = 0
  while (at < sorted.length) {
    const first = at
    let end = sorted[at]?.end ?? 0
    for (at += 1; at < sorted.length && (sorted[at]?.start ?? 0) < end; at += 1) {
      end = Math.max(end, sorted[at]?.end ?? 0)
    }
    if (at - first === 1) kept.push(...sorted.slice(first, at))
    else kept.push(...longestOf(sorted.slice(first, at), rankOf))
  }
  return kept
}

/** Of findings that hang together, the longest that do not overlap. */
function longestOf(cluster: Finding[], rankOf: (finding: Finding) => number): Finding[] {
  const from = Math.min(...cluster.slice(0, 1).map(({ start }) => start))
  const to = cluster.reduce((end, finding) => Math.max(end, finding.end), from)
  const isTaken = new Uint8Array(to - from)
  const longestFirst = cluster.toSorted(
    (a, b) => b.end - b.start - (a.end - a.start) || rankOf(a) - rankOf(b) || a.start - b.start,
  )
  const kept: Finding[] = []
  for (const finding of longestFirst) {
    const [start, last] = [finding.start - from, finding.end - from - 1]
    // What is kept is no shorter, so it cannot lie between the two.
    if (isTaken[start] === 1 || isTaken[last] === 1) continue
    isTaken.fill(1, start, last + 1)
    kept.push(finding)
  }
  return kept.sort((a, b) => a.start - b.start)
}
