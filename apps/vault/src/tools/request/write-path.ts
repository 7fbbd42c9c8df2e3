import type { HttpBinding } from '@sallyport/contracts'
import { encodeAll } from '../template/percent-encode.ts'
import { valueAt } from './argument-value.ts'
import type { CallFacts } from './call-facts.ts'
import { refuseArgument } from './refuse-arguments.ts'
import type { RenderTemplate } from './render-template.ts'
import { shapeOf, writePathStyle } from './write-style.ts'

type PathPiece = HttpBinding['path'][number]
type StyledPiece = Extract<PathPiece, { argument: string[] }>

/**
 * The path. Whatever an argument holds, its place stays within one segment and is neither empty nor a dot segment (S-11).
 * @throws Problem `invalid-arguments`
 */
export function writePath(
  pieces: readonly PathPiece[],
  facts: CallFacts,
  render: RenderTemplate,
): string {
  let path = ''
  for (const piece of pieces) {
    if ('text' in piece) path += piece.text
    else if ('template' in piece) path += render(piece.template, 'path', facts)
    else path += writePiece(piece, facts)
  }
  if (!path.startsWith('/'))
    refuseArgument([], 'would make a path that does not begin with a slash')
  const segments = path.slice(1).split(/\/|%2f/i)
  if (segments.some((segment, at) => isEmptied(segment, at === segments.length - 1))) {
    refuseArgument([], 'would make an empty or a dot segment in the path')
  }
  return path
}

function writePiece(piece: StyledPiece, { args, allowEncodedSlash }: CallFacts): string {
  const { argument, style, explode } = piece
  const value = valueAt(args, argument)
  if (value === undefined || value === null) {
    return refuseArgument(argument, 'must be given: it is a part of the path')
  }
  const shape =
    piece.contentType === undefined
      ? shapeOf(value)
      : { kind: 'text' as const, text: JSON.stringify(value) }
  if (shape === undefined) {
    return refuseArgument(argument, 'must not be empty: it is a part of the path')
  }
  const texts =
    shape.kind === 'text'
      ? [shape.text]
      : shape.kind === 'list'
        ? shape.items
        : shape.members.flat()
  for (const text of texts) {
    checkText(text, argument)
    if (text.includes('/') && !allowEncodedSlash) {
      refuseArgument(
        argument,
        'must not hold a slash: it is a part of the path, and this connection takes no encoded slashes, which an owner can change',
      )
    }
  }
  // A lone empty text would empty the segment; within a list it stands between commas, in a matrix behind its name.
  if (shape.kind === 'text' && style !== 'matrix') checkSegments(shape.text, argument)
  const name = piece.name ?? argument.at(-1) ?? ''
  return writePathStyle(shape, { style, explode, name, encode: encodeAll })
}

/** What `freezeRequest` takes in no path, however it is written. */
function checkText(text: string, argument: readonly string[]): void {
  if (/[%\\]|\p{Cc}/u.test(text)) {
    refuseArgument(
      argument,
      'must not hold a percent sign, a backslash or a control character: it is a part of the path',
    )
  }
  if (text.includes('/')) checkSegments(text, argument)
}

function checkSegments(text: string, argument: readonly string[]): void {
  for (const segment of text.split('/')) {
    // Java servers cut ";…" off before they resolve dots.
    const [name = ''] = segment.split(';')
    if (name === '' || name === '.' || name === '..') {
      refuseArgument(
        argument,
        'must not be empty, "." or "..", nor hold such a part between slashes: it is a part of the path',
      )
    }
  }
}

/**
 * Whether nothing, or only dots, are left of a segment, as `freezeRequest` sees it: some servers cut it at a semicolon. A plain one at
 * its beginning is no argument's, but that of the style `matrix`.
 */
const isEmptied = (segment: string, isLast: boolean): boolean =>
  !(segment === '' && isLast) &&
  /^(?:\.|%2e){0,2}(?:$|;|%3b)/i.test(segment.startsWith(';') ? segment.slice(1) : segment)
