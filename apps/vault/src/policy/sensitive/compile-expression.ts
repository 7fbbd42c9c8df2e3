import { RE2JS } from 're2js'

/** An owner's expression, ready to be tried. */
export interface Expression {
  test(text: string): boolean
  find(text: string): readonly { readonly start: number; readonly end: number }[]
}

/** Larger programs are refused: what matching costs is the length of the text times this. */
const programSizeMax = 1000

/**
 * Compiles an expression in RE2's syntax, which matches in linear time.
 * @throws Error whose message says what is wrong, as `expressionFault` does
 */
export function compileExpression(
  pattern: string,
  { ignoreCase = false }: { readonly ignoreCase?: boolean } = {},
): Expression {
  const compiled = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
  if (compiled.programSize() > programSizeMax) throw new Error('The expression is too large.')
  return {
    test: (text) => compiled.matcher(text).find(),
    find(text) {
      const found: { start: number; end: number }[] = []
      const matcher = compiled.matcher(text)
      while (matcher.find()) {
        if (matcher.end() > matcher.start())
          found.push({ start: matcher.start(), end: matcher.end() })
      }
      return found
    },
  }
}

/** What is wrong with an expression, in a sentence; undefined where nothing is. */
export function expressionFault(pattern: string): string | undefined {
  try {
    compileExpression(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'The expression cannot be read.'
  }
}
