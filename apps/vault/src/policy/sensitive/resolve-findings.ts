import type { Finding } from './finding.ts'
import type { Turns } from './turns.ts'

/** Findings that are looked at before others may have their turn. */
const findingsATurn = 1024

/**
 * Findings in order and without overlap: of two that overlap the longer one stays, of equal ones the one whose kind comes
 * first. Takes the time of sorting them, however they overlap.
 */
export function* resolveFindings(
  found: readonly Finding[],
  kinds: readonly string[],
): Turns<Finding[]> {
  const rank = new Map(kinds.map((kind, place) => [kind, place]))
  // The longest come first, of equal ones the first of the kinds, and of those the first of the text.
  const priorityOf = ({ kind, start, end }: Finding): number =>
    (start - end) * (kinds.length + 1) + (rank.get(kind) ?? kinds.length)
  const sorted = yield* inOrder(found)
  const kept: Finding[] = []
  let cluster: Finding[] = []
  let end = 0
  let looked = 0
  for (const finding of sorted) {
    if (finding.start >= end) {
      yield* keepLongest(cluster, kept, priorityOf)
      cluster = []
    }
    cluster.push(finding)
    end = Math.max(end, finding.end)
    looked += 1
    if (looked % findingsATurn === 0) yield
  }
  yield* keepLongest(cluster, kept, priorityOf)
  return kept
}

/** Findings by where they begin, of equal ones the longer first. */
export function* inOrder(found: readonly Finding[]): Turns<readonly Finding[]> {
  const order = (a: Finding, b: Finding) => a.start - b.start || b.end - a.end
  if (found.length <= findingsATurn) return found.toSorted(order)
  const groups = yield* groupBy(found, ({ start }) => Math.floor(start / findingsATurn))
  const sorted: Finding[] = []
  for (const [, group] of groups) {
    for (const finding of group.sort(order)) sorted.push(finding)
    yield
  }
  return sorted
}

/** Of findings that hang together, keeps the longest that do not overlap. */
function* keepLongest(
  cluster: readonly Finding[],
  kept: Finding[],
  priorityOf: (finding: Finding) => number,
): Turns<void> {
  const [first, second] = cluster
  if (first === undefined) return
  if (second === undefined) {
    kept.push(first)
    return
  }
  const isTaken = new Uint8Array(
    cluster.reduce((end, one) => Math.max(end, one.end), 0) - first.start,
  )
  const longest: Finding[] = []
  const longestFirst = yield* groupBy(cluster, priorityOf)
  let looked = 0
  for (const [, equal] of longestFirst) {
    for (const finding of equal) {
      looked += 1
      if (looked % findingsATurn === 0) yield
      const [start, last] = [finding.start - first.start, finding.end - first.start - 1]
      // What is kept is no shorter, so it cannot lie between the two.
      if (isTaken[start] === 1 || isTaken[last] === 1) continue
      isTaken.fill(1, start, last + 1)
      longest.push(finding)
    }
  }
  for (const finding of yield* inOrder(longest)) kept.push(finding)
}

/** Groups of equal value in its order, each in the order of what was given. */
function* groupBy(
  found: readonly Finding[],
  valueFor: (finding: Finding) => number,
): Turns<readonly (readonly [number, Finding[]])[]> {
  const groups = new Map<number, Finding[]>()
  for (const [place, finding] of found.entries()) {
    const value = valueFor(finding)
    const group = groups.get(value)
    if (group === undefined) groups.set(value, [finding])
    else group.push(finding)
    if (place % findingsATurn === findingsATurn - 1) yield
  }
  return [...groups].sort(([a], [b]) => a - b)
}
