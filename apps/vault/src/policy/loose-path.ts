import { type CompiledPathPattern, compilePathPattern, type PathSegments } from './path-pattern.ts'
import { unify } from './plain-form.ts'

// A rule that keeps back has to hold however the path is spelled. Allowing goes by the exact pattern; here a path counts as
// every path that some server takes it for.

/**
 * The paths that servers may take a path for: in another case, without a slash at its end, with an escaped slash as a
 * separator; what stands behind `;`, dots at the end of a segment and `.json` or `.xml` left out.
 */
export function looseForms({ segments }: PathSegments): readonly PathSegments[] {
  if (segments.every(isPlainSegment)) return [{ segments, slashes: segments.map(() => '/') }]
  const folded = segments.map(fold)
  if (folded.length > 1 && folded.at(-1) === '') folded.pop()
  const forms = [folded]
  const bare = folded.map((segment) => segment.replace(/;.*|[. ]+$/s, '').replace(/[. ]+$/, ''))
  if (differs(bare, folded)) forms.push(bare)
  const last = bare.at(-1) ?? ''
  const stem = last.replace(/(?<=.)\.(?:json|xml)$/, '')
  if (stem !== last) forms.push([...bare.slice(0, -1), stem])
  return forms.map((form) => ({ segments: form, slashes: form.map(() => '/') }))
}

/** Compiles a pattern that is compared with loose forms. */
export function compileLoosePattern(pattern: string): CompiledPathPattern {
  const plain = pattern.replace(/%2f/gi, '/')
  const isOpen = plain.endsWith('/**')
  const segments = (isOpen ? plain.slice(0, -3) : plain)
    .split('/')
    .map((segment) => segment.split('*').map(spell).join('*'))
  if (!isOpen && segments.length > 2 && segments.at(-1) === '') segments.pop()
  return compilePathPattern(`${segments.join('/')}${isOpen ? '/**' : ''}`)
}

/** Of its spellings there is one alone. */
const isPlainSegment = (segment: string) => /^[a-z0-9_~-]+$/.test(segment)

const fold = (text: string) => unify(text).toUpperCase().toLowerCase()

const differs = (one: readonly string[], other: readonly string[]) =>
  one.some((segment, at) => segment !== other[at])

/** Folds a literal piece of a pattern; what would be a star or an escape once more is written as an escape. */
function spell(piece: string): string {
  try {
    return encodeURIComponent(fold(decodeURIComponent(piece))).replaceAll('*', '%2A')
  } catch {
    return piece // URIError: it equals no path that is sent.
  }
}
