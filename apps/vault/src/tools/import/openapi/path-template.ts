import { quoteName } from '../refuse-document.ts'
import { refuseOperation } from './operation-refused.ts'
import { escapePathText } from './path-text.ts'

/** A piece of a path: canonical text, or the name of a parameter. */
export type TemplatePiece = { readonly text: string } | { readonly parameter: string }

/** One pair behind the `?` of a path: its value, or the name of the parameter that it is. */
export type TemplatePair =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly parameter: string }

/** A path of a document, taken apart. */
export interface PathTemplate {
  readonly pieces: readonly TemplatePiece[]
  /** What stands behind a `?` in it. */
  readonly query: readonly TemplatePair[]
}

const pathCharsMax = 4000

/**
 * Takes a path apart (OpenAPI 3.1 §4.8.8.1), with what stands before it. What stands behind a `#` is never sent: vendors whose
 * operations differ in their body or a header alone write it so that each has a path of its own.
 * @throws OperationRefused where it is no path, or one that two programs could read differently
 */
export function parsePathTemplate(base: string, path: string): PathTemplate {
  if (!path.startsWith('/')) refuseOperation('Its path does not begin with /.')
  if (path.length > pathCharsMax)
    refuseOperation(`Its path has more than ${pathCharsMax} characters.`)
  const [sent = ''] = path.split('#', 1)
  const [before = '', ...behind] = sent.split('?')
  const pieces: TemplatePiece[] = [{ text: base }]
  for (const [at, part] of before.split(/\{([^{}]*)\}/).entries()) {
    if (at % 2 === 1) {
      if (part === '') refuseOperation('Its path holds {} without a name.')
      pieces.push({ parameter: part })
    } else pieces.push({ text: readText(part) })
  }
  return { pieces: joinTexts(pieces), query: readQuery(behind.join('?')) }
}

function readText(part: string): string {
  if (/[{}]/.test(part)) refuseOperation('Its path holds a brace that opens or closes nothing.')
  return escapePathText(part) ?? refuseOperation('Its path holds a stray percent sign.')
}

/** Texts beside each other as one, and none that is empty. */
export function joinTexts<T extends object>(
  pieces: readonly (T | { readonly text: string })[],
): (T | { readonly text: string })[] {
  const joined: (T | { readonly text: string })[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if ('text' in piece && last !== undefined && 'text' in last) {
      joined[joined.length - 1] = { text: `${last.text}${piece.text}` }
    } else if (!('text' in piece) || piece.text !== '') joined.push(piece)
  }
  return joined
}

const pairsMax = 200

function readQuery(query: string): PathTemplate['query'] {
  const pairs = query.split('&').filter((pair) => pair !== '')
  if (pairs.length > pairsMax) refuseOperation(`Its path holds more than ${pairsMax} parameters.`)
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    const [, parameter] = /^\{([^{}]+)\}$/.exec(value.join('=')) ?? []
    if (parameter !== undefined && !/[{}]/.test(name)) return { name: decode(name), parameter }
    if (/[{}]/.test(pair)) {
      refuseOperation(`Its path holds a query with more than parameters in it: ${quoteName(pair)}.`)
    }
    return { name: decode(name), value: decode(value.join('=')) }
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return refuseOperation('Its path holds a query that is not percent-encoded.')
  }
}
