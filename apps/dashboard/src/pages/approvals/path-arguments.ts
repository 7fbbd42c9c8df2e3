import type { HttpBinding } from '@sallyport/contracts'

interface PathArgument {
  readonly name: string
  readonly value: string
}

/**
 * The arguments in a path, by the names that the tool has for them. Nothing is guessed: where the path is not of the tool's
 * form, as after the tool was changed, or a segment holds more than one argument or a template, there are none.
 */
export function pathArguments(pieces: HttpBinding['path'], path: string): readonly PathArgument[] {
  const segments = segmentsOf(pieces)
  const parts = path.split('/')
  if (segments === undefined || segments.length !== parts.length) return []
  const found: PathArgument[] = []
  for (const [index, { before, name, after }] of segments.entries()) {
    const part = parts[index] ?? ''
    const isLiteral = name === undefined && part !== before
    const isShort = part.length < before.length + after.length
    if (isLiteral || isShort || !part.startsWith(before) || !part.endsWith(after)) return []
    if (name === undefined) continue
    found.push({ name, value: decoded(part.slice(before.length, part.length - after.length)) })
  }
  return found
}

interface Segment {
  before: string
  name: string | undefined
  after: string
}

/** What stands between the slashes; undefined where that does not tell the arguments apart. */
function segmentsOf(pieces: HttpBinding['path']): readonly Segment[] | undefined {
  let last: Segment = { before: '', name: undefined, after: '' }
  const segments = [last]
  for (const piece of pieces) {
    if ('template' in piece) return undefined
    if ('argument' in piece) {
      if (last.name !== undefined || piece.style !== 'simple') return undefined
      last.name = piece.argument.join('.')
      continue
    }
    const [first = '', ...rest] = piece.text.split('/')
    if (last.name === undefined) last.before += first
    else last.after += first
    for (const text of rest) {
      last = { before: text, name: undefined, after: '' }
      segments.push(last)
    }
  }
  return segments
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
