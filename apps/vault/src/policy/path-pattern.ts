/**
 * Path patterns. `*` stands for any run inside one segment, a last `/**` for the rest; nothing else is special.
 * Segments are compared after percent-decoding, so `/a%40b` and `/a@b` are one path, as they are for an upstream.
 *
 * - A segment that has a pattern never matches an empty one: `/users/*` allows `/users/7` and not `/users/`.
 * - `/v1/**` needs the slash: it matches `/v1/`, `/v1/a` and `/v1/a/`, and neither `/v1` nor `/v1x`. `/**` matches all.
 * - An encoded slash (where a connection takes them) separates too, and only an encoded slash in the pattern matches it.
 */

/** A path cut at its slashes and decoded, once per decision. `slashes[i]` is what stands before segment i. */
export interface PathSegments {
  readonly segments: readonly string[]
  readonly slashes: readonly string[]
}

/** A literal piece of a segment pattern with its failure table (Knuth, Morris and Pratt). */
interface Piece {
  readonly text: string
  readonly failures: Uint32Array
}

/** One segment of a pattern: literals around `*`. Without a star, `first` is the whole of it. */
export interface SegmentPattern {
  readonly first: string
  readonly middle: readonly Piece[]
  /** What has to stand at the end; undefined when the segment has no star. */
  readonly last: string | undefined
}

export interface CompiledPathPattern {
  readonly segments: readonly SegmentPattern[]
  readonly slashes: readonly string[]
  /** The pattern ends in `/**`: at least one more segment, be it empty. */
  readonly rest: boolean
}

const slashPattern = /\/|%2f/gi

/** Decodes percent escapes; text with a malformed one stays as it is, and then equals no path that was accepted. */
function decode(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text // URIError: not UTF-8. Requests with such paths were refused before.
  }
}

function cut(path: string): { raw: string[]; slashes: string[] } {
  if (!path.includes('%')) {
    const raw = path.slice(1).split('/')
    return { raw, slashes: raw.map(() => '/') }
  }
  const raw: string[] = []
  const slashes = ['/']
  let start = 1
  for (const match of path.slice(1).matchAll(slashPattern)) {
    const at = match.index + 1
    raw.push(path.slice(start, at))
    slashes.push(match[0] === '/' ? '/' : '%2F')
    start = at + match[0].length
  }
  raw.push(path.slice(start))
  return { raw, slashes }
}

/** Cuts an absolute path as it stands in a URL. */
export function splitPath(path: string): PathSegments {
  const { raw, slashes } = cut(path)
  return { segments: raw.map(decode), slashes }
}

/** Compiles a path pattern. Never throws: a pattern that makes no sense matches nothing. */
export function compilePathPattern(pattern: string): CompiledPathPattern {
  const rest = pattern.endsWith('/**')
  const { raw, slashes } = cut(rest ? pattern.slice(0, -3) : pattern)
  const isAll = rest && pattern.length === 3
  return {
    segments: isAll ? [] : raw.map(compileSegmentPattern),
    slashes: isAll ? [] : slashes,
    rest,
  }
}

/** Compiles one segment (or one label of a host name). Stars are cut before decoding: `%2A` is a literal star. */
export function compileSegmentPattern(segment: string): SegmentPattern {
  const [first = '', ...others] = segment.split('*').map(decode)
  const last = others.pop()
  return { first, middle: others.filter((text) => text !== '').map(toPiece), last }
}

function toPiece(text: string): Piece {
  const failures = new Uint32Array(text.length)
  let matched = 0
  for (let at = 1; at < text.length; at++) {
    while (matched > 0 && text[at] !== text[matched]) matched = failures[matched - 1] ?? 0
    if (text[at] === text[matched]) matched++
    failures[at] = matched
  }
  return { text, failures }
}

/** Where the first occurrence of a piece in text[from, to) ends, or -1. Linear, whatever the texts. */
function findEnd(piece: Piece, text: string, bounds: { from: number; to: number }): number {
  let matched = 0
  for (let at = bounds.from; at < bounds.to; at++) {
    while (matched > 0 && text[at] !== piece.text[matched]) {
      matched = piece.failures[matched - 1] ?? 0
    }
    if (text[at] === piece.text[matched]) matched++
    if (matched === piece.text.length) return at + 1
  }
  return -1
}

/** Whether one decoded segment fits, from its first to its last character, in time linear in both lengths. */
export function matchesSegment(pattern: SegmentPattern, text: string): boolean {
  if (pattern.last === undefined) return text === pattern.first
  if (text === '' || text.length < pattern.first.length + pattern.last.length) return false
  if (!text.startsWith(pattern.first) || !text.endsWith(pattern.last)) return false
  let from = pattern.first.length
  const to = text.length - pattern.last.length
  // The leftmost place is right for every piece: what comes after it has the most room then.
  for (const piece of pattern.middle) {
    from = findEnd(piece, text, { from, to })
    if (from < 0) return false
  }
  return true
}

/** Whether a path fits a pattern as a whole. */
export function matchesPath(pattern: CompiledPathPattern, path: PathSegments): boolean {
  const { segments, slashes, rest } = pattern
  if (rest ? path.segments.length <= segments.length : path.segments.length !== segments.length) {
    return false
  }
  // Without entries(): this runs for every pattern of every rule.
  let at = 0
  for (const segment of segments) {
    if (slashes[at] !== path.slashes[at]) return false
    if (!matchesSegment(segment, path.segments[at] ?? '')) return false
    at += 1
  }
  return !rest || path.slashes[segments.length] === '/'
}

/**
 * A character that stands for whatever a star may: a lone surrogate, which no decoded text holds. A pattern that takes
 * it took it with a star of its own, and so takes anything in its place.
 */
const anything = '\uD800'

/** Whether one pattern matches every path that another one, given as it is written, matches. */
export function coversPath(wide: CompiledPathPattern, narrow: string): boolean {
  const isOpen = narrow.endsWith('/**')
  if (isOpen && !wide.rest) return false
  // `/**` stands for one segment or more: what takes the first of them as a part of its own rest takes all.
  const sample = isOpen ? `${narrow.slice(0, -3)}/${anything}` : narrow
  const { raw, slashes } = cut(sample)
  const segments = raw.map((segment) => segment.split('*').map(decode).join(anything))
  return matchesPath(wide, { segments, slashes })
}
