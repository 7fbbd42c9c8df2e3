import {
  type CompiledPathPattern,
  compilePathPattern,
  coversPath,
  matchesPath,
  splitPath,
} from '../../policy/path-pattern.ts'

// Makes patterns of the paths that were used: what looks like an id, and what has many siblings, becomes a star, as far as the
// patterns that are there reach.

/** More siblings than this at one place are any. */
const siblingsMax = 8
/** More patterns than this are no help to whoever has to read them. */
const patternsMax = 100
const patternCharsMax = 1_000

/** What names one thing of many: numbers, dates, UUIDs, hashes, ULIDs, prefixed ids, addresses, and what is as long as a token. */
const idShapes = [
  /^\d+$/,
  /^\d{4}-\d{2}-\d{2}/,
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i,
  /^(?=.*\d)[0-9a-f]{7,}$/i,
  /^(?=.*\d)[0-9A-Z]{8,}$/,
  /^[A-Za-z]{1,8}_(?=.*\d)[A-Za-z0-9]{8,}$/,
  /^[^@]+@[^@]+$/,
  /^[^@]+%40[^@]+$/i,
  /^(?=(?:.*\d){2})[\w.~=-]{16,}$/,
]

const isId = (segment: string) =>
  segment.length <= 300 && idShapes.some((shape) => shape.test(segment))

/**
 * Patterns that fit all of these paths and nothing that `wide` does not fit; at most a hundred. Undefined where there are no such
 * patterns.
 */
export function generalisePaths(
  paths: Iterable<string>,
  wide: readonly CompiledPathPattern[],
): string[] | undefined {
  const covers = (pattern: string) => wide.some((one) => coversPath(one, pattern))
  let patterns = new Map<string, string[]>()
  for (const path of paths) {
    const cut = splitPath(path)
    const own = wide.filter((one) => matchesPath(one, cut))
    const segments = starIds(path, (pattern) => own.some((one) => coversPath(one, pattern)))
    patterns.set(patternOf(segments), segments)
  }
  let longest = 0
  for (const { length } of patterns.values()) longest = Math.max(longest, length)
  for (let at = longest - 1; at >= 0; at--) patterns = joinSiblings(patterns, at, covers)
  const found = dropCovered([...patterns.keys()])
  const isGood = found.every((pattern) => pattern.length <= patternCharsMax && covers(pattern))
  return isGood && found.length > 0 && found.length <= patternsMax ? found.sort() : undefined
}

const patternOf = (segments: readonly string[]) => `/${segments.join('/')}`

function starIds(path: string, covers: (pattern: string) => boolean): string[] {
  // A star of the path itself is no star of a pattern.
  const segments = path.slice(1).replaceAll('*', '%2A').split('/')
  for (const [at, segment] of segments.entries()) {
    if (!isId(segment) || hasEncodedSlash(segment)) continue
    segments[at] = '*'
    if (!covers(patternOf(segments))) segments[at] = segment
  }
  return segments
}

/** An encoded slash separates, and no star goes over it. */
const hasEncodedSlash = (segment: string) => /%2f/i.test(segment)

function joinSiblings(
  patterns: ReadonlyMap<string, string[]>,
  at: number,
  covers: (pattern: string) => boolean,
): Map<string, string[]> {
  const families = new Map<string, string[][]>()
  const joined = new Map<string, string[]>()
  for (const [pattern, segments] of patterns) {
    const own = segments[at]
    if (own === undefined || own === '' || hasEncodedSlash(own)) {
      joined.set(pattern, segments)
      continue
    }
    const family = patternOf(segments.with(at, '*'))
    const members = families.get(family)
    if (members === undefined) families.set(family, [segments])
    else members.push(segments)
  }
  for (const [family, members] of families) {
    const [first] = members
    if (first !== undefined && members.length > siblingsMax && covers(family)) {
      joined.set(family, first.with(at, '*'))
    } else for (const segments of members) joined.set(patternOf(segments), segments)
  }
  return joined
}

/** Leaves out what another of the patterns fits anyway. */
function dropCovered(patterns: readonly string[]): string[] {
  if (patterns.length > patternsMax * 2) return [...patterns]
  const compiled = patterns.map((pattern) => compilePathPattern(pattern))
  return patterns.filter(
    (pattern, at) =>
      !compiled.some(
        (other, index) =>
          index !== at &&
          coversPath(other, pattern) &&
          // Of two that fit the same the first stays.
          (index < at || !coversPath(compilePathPattern(pattern), patterns[index] ?? '')),
      ),
  )
}
