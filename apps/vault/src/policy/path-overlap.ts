import { compileSegmentPattern, matchesSegment } from './path-pattern.ts'

/**
 * Whether there may be a path that both patterns match; never false where there is one. Two segments with stars are taken to
 * have one in common.
 */
export function mayOverlap(one: string, other: string): boolean {
  const [a, b] = [cut(one), cut(other)]
  const shared = Math.min(a.segments.length, b.segments.length)
  for (let at = 0; at < shared; at++) {
    if (!segmentsMayOverlap(a.segments[at] ?? '', b.segments[at] ?? '')) return false
  }
  if (a.segments.length === b.segments.length) return true
  const shorter = a.segments.length < b.segments.length ? a : b
  return shorter.rest
}

/** An encoded slash separates as well; which of the two it was is passed over, which only finds more in common. */
function cut(pattern: string): { readonly segments: readonly string[]; readonly rest: boolean } {
  const rest = pattern.endsWith('/**')
  const text = rest ? pattern.slice(0, -3) : pattern
  return { segments: text === '' ? [] : text.slice(1).split(/\/|%2f/i), rest }
}

function segmentsMayOverlap(one: string, other: string): boolean {
  const [oneIsOpen, otherIsOpen] = [one.includes('*'), other.includes('*')]
  if (oneIsOpen && otherIsOpen) return true
  const [pattern, text] = otherIsOpen ? [other, one] : [one, other]
  return matchesSegment(compileSegmentPattern(pattern), compileSegmentPattern(text).first)
}
