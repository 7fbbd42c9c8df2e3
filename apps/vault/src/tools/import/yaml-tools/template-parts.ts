import { lexTemplate, type Token } from '../../template/lex-template.ts'
import { parseTemplate } from '../../template/parse-template.ts'
import { type Template, TemplateFault } from '../../template/template.ts'
import { refuseTool } from './tool-refused.ts'

/** A part of a template: literal text, or an action or block, whole. */
export type TemplatePart =
  | { readonly text: string }
  | {
      /** As written, braces included. */
      readonly source: string
      /** The path that it yields, where it does nothing else: `['args', 'symbol']`. */
      readonly path?: readonly string[] | undefined
      readonly block?: 'if' | 'with' | 'range' | undefined
    }

/**
 * A template that was read, for checks.
 * @throws ToolRefused naming what it is and where the fault stands
 */
export function readTemplate(text: string, what: string): Template {
  return guarded(what, () => parseTemplate(text))
}

function guarded<Result>(what: string, body: () => Result): Result {
  try {
    return body()
  } catch (thrown) {
    if (!(thrown instanceof TemplateFault)) throw thrown
    return refuseTool(`The template of ${what} cannot be used. ${thrown.message}`)
  }
}

/**
 * Cuts a template into its parts: a block, from `if` to its `end`, is one.
 * @throws ToolRefused for a template that cannot be read, or one that sets variables for all of it
 */
export function partsOfTemplate(template: string, what: string): readonly TemplatePart[] {
  readTemplate(template, what)
  const parts: TemplatePart[] = []
  let depth = 0
  let begin = 0
  let block: 'if' | 'with' | 'range' | undefined
  for (const piece of guarded(what, () => lexTemplate(template))) {
    if ('text' in piece) {
      if (depth === 0) parts.push(piece)
      continue
    }
    const [first, second] = piece.tokens
    const opens = blockOf(first)
    const closes = first?.kind === 'word' && first.text === 'end'
    if (depth === 0 && opens === undefined) {
      if (first?.kind === 'variable' && second?.kind === 'mark' && second.text.endsWith('=')) {
        refuseTool(`The template of ${what} sets a variable, which goes only inside of a block.`)
      }
      const source = template.slice(piece.offset, piece.end)
      parts.push({ source, path: pathOf(piece.tokens) })
    }
    if (depth === 0 && opens !== undefined) {
      begin = piece.offset
      block = opens
    }
    if (opens !== undefined) depth += 1
    if (closes) depth -= 1
    if (closes && depth === 0) parts.push({ source: template.slice(begin, piece.end), block })
  }
  return parts
}

function blockOf(token: Token | undefined): 'if' | 'with' | 'range' | undefined {
  if (token?.kind !== 'word') return undefined
  return token.text === 'if' || token.text === 'with' || token.text === 'range'
    ? token.text
    : undefined
}

/** `.args.x`, `$.args.x`, `index .args "x"`. */
function pathOf(tokens: readonly Token[]): readonly string[] | undefined {
  const [first, second, third] = tokens
  if (tokens.length === 1 && (first?.kind === 'field' || first?.kind === 'variable')) {
    const [root, ...names] = first.text.split('.')
    return (root === '' || root === '$') && names.length > 0 && names[0] !== '' ? names : undefined
  }
  const indexes = first?.kind === 'word' && first.text === 'index' && tokens.length === 3
  if (!indexes || second?.kind !== 'field' || third?.kind !== 'string') return undefined
  return [...second.text.split('.').slice(1), third.text]
}

/** `{{.args.name}}`, for any name. */
export const yieldOf = (path: readonly string[]): string =>
  path.every((name) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name))
    ? `{{.${path.join('.')}}}`
    : `{{index .${path[0] ?? ''}${path
        .slice(1)
        .map((name) => ` ${JSON.stringify(name)}`)
        .join('')}}}`

/** Literal text as a template: braces that would open an action are yielded. */
export const literalOf = (text: string): string => text.replaceAll('{{', '{{"{{"}}')
