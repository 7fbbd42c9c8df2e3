import { RE2JS, RE2JSSyntaxException } from 're2js'
import { TemplateFault } from '../template.ts'
import { textOf, type Value, wholeOf } from '../template-value.ts'
import { type FunctionRun, type FunctionTable, fixed } from './template-function.ts'

// Regular expressions run in RE2's way: in time that is proportional to the text, whatever the expression is.

/** The most characters of an expression, and of a text that one is applied to. */
const expressionCharactersMax = 500
const textCharactersMax = 100_000
/** The most places where an expression is found. */
const matchesMax = 10_000

/** What was compiled while a template is rendered: an expression in a loop is compiled once. */
const compiled = new WeakMap<FunctionRun, Map<string, RE2JS>>()

function compile(value: Value, run: FunctionRun): RE2JS {
  const expression = textOf(value)
  if (expression.length > expressionCharactersMax) {
    throw new TemplateFault(
      `a regular expression has at most ${expressionCharactersMax} characters.`,
    )
  }
  const known = compiled.get(run) ?? new Map<string, RE2JS>()
  compiled.set(run, known)
  const before = known.get(expression)
  if (before !== undefined) return before
  run.spend(20_000 + 20 * expression.length)
  try {
    const made = RE2JS.compile(expression)
    known.set(expression, made)
    return made
  } catch (thrown) {
    if (!(thrown instanceof RE2JSSyntaxException)) throw thrown
    throw new TemplateFault(
      `${JSON.stringify(expression.slice(0, 80))} is no regular expression of RE2.`,
    )
  }
}

function subject(value: Value, run: FunctionRun): string {
  const text = textOf(value)
  if (text.length > textCharactersMax) {
    throw new TemplateFault(
      `regular expressions look at texts of at most ${textCharactersMax} characters.`,
    )
  }
  run.spend(20 + 10 * text.length)
  return text
}

function findAll(
  [expression, value, count]: readonly Value[],
  run: FunctionRun,
): readonly string[] {
  const matcher = compile(expression, run).matcher(subject(value, run))
  const wanted = wholeOf(count)
  const limit = wanted < 0 ? matchesMax : Math.min(wanted, matchesMax)
  const found: string[] = []
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

/** `$1`, `${1}` and `${name}` in a replacement stand for groups. */
const replaceAll = fixed(3, ([expression, value, replacement], run) => {
  const fresh = textOf(replacement).slice(0, expressionCharactersMax)
  return compile(expression, run)
    .matcher(subject(value, run))
    .replaceAll(fresh.replaceAll('\\', '\\\\').replace(/\$\{(\d+)\}/g, '$$$1'))
})

export const patternFunctions: FunctionTable = {
  regexMatch: fixed(2, ([expression, value], run) =>
    compile(expression, run).matcher(subject(value, run)).find(),
  ),
  regexFind: fixed(2, ([expression, value], run) => {
    const matcher = compile(expression, run).matcher(subject(value, run))
    return matcher.find() ? (matcher.group() ?? '') : ''
  }),
  regexFindAll: fixed(3, findAll),
  regexReplaceAll: replaceAll,
  regexReplaceAllLiteral: fixed(3, ([expression, value, replacement], run) => {
    const fresh = RE2JS.quoteReplacement(textOf(replacement).slice(0, expressionCharactersMax))
    return compile(expression, run).matcher(subject(value, run)).replaceAll(fresh)
  }),
  regexSplit: fixed(3, ([expression, value, count], run) => {
    const limit = wholeOf(count)
    return compile(expression, run).split(subject(value, run), limit < 0 ? -1 : limit)
  }),
}
