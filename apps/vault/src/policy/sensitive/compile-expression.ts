import { RE2JS, RE2JSSyntaxException } from 're2js'
import { atOnce, type Turns } from './turns.ts'

/** An owner's expression, ready to be tried. Its time grows with the text, never with the square of it. */
export interface Expression {
  /** Whether it matches anywhere. It sees the whole text. */
  test(text: string): boolean
  /**
   * Where it matches, in UTF-16 units, in order, not overlapping and never empty. From where it begins a match sees
   * `seenChars`; what is longer is found in pieces. In a text in which it matches more than once in 16 characters all
   * that follows the thousandth becomes one match, so that a careless expression hides too much and not too little.
   */
  find(text: string): readonly Span[]
  /** The same, with pauses. */
  findInTurns(text: string): Turns<readonly Span[]>
}

interface Span {
  readonly start: number
  readonly end: number
}

/** What matching costs at worst is the length of the text times this: larger programs are refused. */
const programSizeMax = 512
/** Without a window each of n matches could read to the end of the text before it knows that it is one. */
const seenChars = 1024
const windowChars = 2 * seenChars
/** Where nothing matches in a text of this length, trying all of it at once takes less time; in a longer one, too much without a pause. */
const testedChars = 4 * windowChars
const densestCharsPerMatch = 16
const matchesAlwaysTaken = 1000

/**
 * Compiles an expression in RE2's syntax, which is matched in linear time: about 20 MB/s where few match, 0.1 MB/s for
 * the worst of programs. A `$`, and a `\b` at the end, see no further than a match does.
 * @throws Error whose message says what is wrong with it, as `expressionFault` does
 */
export function compileExpression(
  pattern: string,
  { ignoreCase = false }: { readonly ignoreCase?: boolean } = {},
): Expression {
  const compiled = compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
  const test = (text: string): boolean => compiled.matcher(text).find()
  const findInTurns = function* (text: string): Turns<readonly Span[]> {
    return text.length > testedChars || test(text) ? yield* findAll(compiled, text) : []
  }
  return { test, find: (text) => atOnce(findInTurns(text)), findInTurns }
}

/** What is wrong with an expression, in a sentence; undefined where nothing is. */
export function expressionFault(pattern: string): string | undefined {
  try {
    compile(pattern, 0)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : 'The expression cannot be read.'
  }
}

function compile(pattern: string, flags: number): RE2JS {
  const tooLarge = 'The expression is too large: repeat less, or split it.'
  if (repeats(pattern) > repeatsMax) throw new Error(tooLarge)
  const compiled = read(pattern, flags)
  if (compiled.programSize() > programSizeMax) throw new Error(tooLarge)
  return compiled
}

/** Far more than fit into a program; adding them up keeps a large one from being built only to be refused. */
const repeatsMax = 8 * programSizeMax

function repeats(pattern: string): number {
  let sum = 0
  for (const [, least = '', most] of pattern.matchAll(/(?<!\\)\{(\d{1,4})(?:,(\d{0,4}))?\}/g)) {
    sum += Math.max(Number(least), Number(most ?? 0))
  }
  return sum
}

function read(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(pattern, flags)
  } catch (cause) {
    if (cause instanceof RE2JSSyntaxException) throw new Error(explain(cause), { cause })
    throw new Error('The expression cannot be read.', { cause })
  }
}

function explain(fault: RE2JSSyntaxException): string {
  const where = fault.getPattern() ?? ''
  if (/^\(\?<?[=!]/.test(where)) return `The expression looks around (${where}), which RE2 cannot.`
  if (/^(?:\\[1-9k]|\(\?P=)/.test(where)) {
    return `The expression refers back to a group (${where}), which RE2 cannot.`
  }
  if (/^\{\d+(?:,\d*)?\}$/.test(where)) {
    return `The expression repeats too often, or from more to less (${where}): 1000 times is the most, and repetitions of repetitions are multiplied.`
  }
  return `The expression cannot be read: ${fault.getDescription()}${where === '' ? '' : ` (${where})`}.`
}

function* findAll(compiled: RE2JS, text: string): Turns<Span[]> {
  const found: Span[] = []
  const foundMax = matchesAlwaysTaken + text.length / densestCharsPerMatch
  let at = 0
  while (at < text.length) {
    yield
    const cut = splitsPair(text, at + windowChars) ? at + windowChars + 1 : at + windowChars
    const match = findFrom(compiled, text, { at, cut })
    if (match === undefined) {
      at = cut >= text.length ? text.length : at + seenChars
    } else if (match.start > at && cut < text.length && match.end > cut - seenChars) {
      // Seen from its beginning it may be another.
      at = match.start
    } else if (match.end === match.start) {
      at = match.end + 1
    } else if (found.length >= foundMax) {
      found.push({ start: match.start, end: text.length })
      return found
    } else {
      found.push(match)
      at = match.end
    }
  }
  return found
}

/** The first match at or after `at`, before `cut`; what stands before `at` is context for `\b` and `^`. */
function findFrom(
  compiled: RE2JS,
  text: string,
  { at, cut }: { readonly at: number; readonly cut: number },
): Span | undefined {
  const from = Math.max(0, splitsPair(text, at - 1) ? at - 2 : at - 1)
  const matcher = compiled.matcher(text.slice(from, cut))
  if (!matcher.find(at - from)) return undefined
  return { start: from + matcher.start(), end: from + matcher.end() }
}

/** Whether the place is between the halves of a surrogate pair. */
const splitsPair = (text: string, at: number): boolean =>
  (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800
