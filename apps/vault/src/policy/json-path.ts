// Paths into a body, as contracts' JsonPath says how they are written.

/** One step: a member of this name; an element of this number; every element; the message that a text spells. */
export type PathStep =
  | { readonly kind: 'name'; readonly name: string; readonly folded: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'any' }
  | { readonly kind: 'mime' }

const stepPattern = /\.?(?:([\w$@-]+)|\[(\d{0,6})\]|\[("(?:[^"\\]|\\.)*")\])/uy

/** Names that many readers of JSON do not tell apart: Go's and .NET's take `To` for `to`. */
export const foldName = (name: string): string =>
  ascii.test(name) ? name.toLowerCase() : name.toUpperCase().toLowerCase()
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ascii = /^[\x00-\x7f]*$/

/** Cuts a path at its steps; undefined for what is no path. An empty one has none: it is the whole body. */
export function parseJsonPath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = []
  let at = 0
  while (at < path.length) {
    stepPattern.lastIndex = at
    const match = stepPattern.exec(path)
    const step = match === null ? undefined : toStep(match)
    if (match === null || step === undefined) return undefined
    if (match[0].startsWith('.') && (at === 0 || match[1] === undefined)) return undefined
    if (match[1] !== undefined && at > 0 && !match[0].startsWith('.')) return undefined
    steps.push(step)
    at += match[0].length
  }
  return steps
}

function toStep([, plain, index, quoted]: RegExpExecArray): PathStep | undefined {
  if (plain === '@mime') return { kind: 'mime' }
  if (index !== undefined) return index === '' ? { kind: 'any' } : toIndex(index)
  const name = plain ?? parseName(quoted ?? '')
  return name === undefined ? undefined : { kind: 'name', name, folded: foldName(name) }
}

const toIndex = (index: string): PathStep => ({ kind: 'index', index: Number(index) })

function parseName(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined // SyntaxError: an escape that JSON does not have.
  }
}
