import type { ConditionOperator } from '@sallyport/contracts'
import type { BodyNode } from './body-node.ts'
import { foldName } from './json-path.ts'
import { plainForm, unify } from './plain-form.ts'
import { compileExpression } from './sensitive/compile-expression.ts'

/**
 * What a condition says. `unclear`: readers differ on what stands there, or it cannot be read whole; it counts where a rule
 * keeps back and never where one allows. `unknown`: it is not known any more.
 */
export type Answer = 'no' | 'yes' | 'unclear' | 'unknown'
type Fit = Exclude<Answer, 'unknown'>

/** What is compared, as contracts writes it. */
export interface Compared {
  readonly op: ConditionOperator
  readonly value?: Scalar | readonly Scalar[] | undefined
  readonly ignoreCase?: boolean | undefined
}
type Scalar = string | number | boolean | null

/** A comparison made ready. */
export type Comparison =
  | { readonly kind: 'exists'; readonly wanted: boolean }
  | { readonly kind: 'count'; readonly max: number }
  | { readonly kind: 'value'; readonly test: (scalar: BodyNode) => Fit }
  | { readonly kind: 'broken' }

/** Of a longer text an expression would read for too long: what it says to that is unclear. */
const matchedCharsMax = 65_536

const negatives = {
  neq: 'eq',
  not_in: 'in',
  not_contains: 'contains',
  not_starts_with: 'starts_with',
  not_ends_with: 'ends_with',
  not_matches: 'matches',
} as const
type Positive = Exclude<ConditionOperator, keyof typeof negatives>

/** Makes a comparison ready. What makes no sense is `broken`, which is unclear about everything. */
export function compileComparison({ op, value, ignoreCase = false }: Compared): Comparison {
  if (op === 'exists') return { kind: 'exists', wanted: value !== false }
  if (op === 'count_gt') {
    return typeof value === 'number' ? { kind: 'count', max: value } : { kind: 'broken' }
  }
  const positive = op in negatives ? negatives[op as keyof typeof negatives] : (op as Positive)
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value as Scalar]
  const fits = compileFit(positive, values as readonly Scalar[], ignoreCase)
  if (fits === undefined) return { kind: 'broken' }
  return { kind: 'value', test: positive === op ? fits : (scalar) => opposite[fits(scalar)] }
}

const opposite = { no: 'yes', yes: 'no', unclear: 'unclear' } as const

type FitTest = (scalar: BodyNode) => Fit

function compileFit(
  op: Positive,
  values: readonly Scalar[],
  ignoreCase: boolean,
): FitTest | undefined {
  if (values.length === 0) return undefined
  if (op === 'eq' || op === 'in') return compileEqual(values, ignoreCase)
  if (op === 'gt' || op === 'lt') {
    const [bound] = values
    return typeof bound === 'number' ? compileOrder(op, bound) : undefined
  }
  const texts = values.filter((one) => typeof one === 'string')
  if (texts.length < values.length) return undefined
  const fits = compileTextTest(op, texts, ignoreCase)
  return fits && ((scalar) => testText(scalar, fits))
}

/** What a text operator says to a text. */
type TextTest = (text: string, isAscii: boolean) => Fit

/** A text operator on what is no text: what fits once it is written as text may well fit for whoever reads it so. */
function testText({ type, value, isUsual }: BodyNode, fits: TextTest): Fit {
  if (typeof value === 'string') return isUsual ? fits(value, true) : testForms(value, fits)
  return type === 'null' || fits(String(value), true) === 'no' ? 'no' : 'unclear'
}

/** A text that says something else once it is written plainly, or to whoever reads it up to a NUL, is unclear. */
function testForms(text: string, fits: TextTest): Fit {
  if (text.includes('\0')) return 'unclear'
  const fit = fits(text, false)
  return fits(plainForm(text), false) === fit ? fit : 'unclear'
}

function compileTextTest(
  op: Positive,
  texts: readonly string[],
  ignoreCase: boolean,
): TextTest | undefined {
  if (op === 'matches') return compileMatches(texts, ignoreCase)
  const fold = ignoreCase ? foldName : (text: string) => text
  const wanted = [...new Set(texts.flatMap((one) => [fold(one), fold(unify(one) || one)]))]
  const any =
    (test: (text: string, one: string) => boolean) => (text: string, isAscii: boolean) => {
      const folded = ignoreCase && isAscii ? text.toLowerCase() : fold(text)
      for (const one of wanted) if (test(folded, one)) return 'yes'
      return 'no'
    }
  if (op === 'contains') return any((text, one) => text.includes(one))
  if (op === 'starts_with') return any((text, one) => text.startsWith(one))
  if (op === 'ends_with') return any((text, one) => text.endsWith(one))
  return undefined
}

function compileMatches(patterns: readonly string[], ignoreCase: boolean): TextTest | undefined {
  try {
    const expressions = patterns.map((pattern) => compileExpression(pattern, { ignoreCase }))
    return (text) => {
      if (text.length > matchedCharsMax) return 'unclear'
      return expressions.some((expression) => expression.test(text)) ? 'yes' : 'no'
    }
  } catch {
    return undefined // Saving refuses such an expression; one that an older version took is unclear about everything.
  }
}

function compileEqual(values: readonly Scalar[], ignoreCase: boolean): FitTest {
  const fold = ignoreCase ? foldName : (text: string) => text
  const given = values.filter((one) => typeof one === 'string')
  const texts = new Set(given.flatMap((one) => [fold(one), fold(unify(one))]))
  const numbers = values.filter((one) => typeof one === 'number')
  const booleans = values.filter((one) => typeof one === 'boolean')
  const hasNull = values.includes(null)
  return (scalar) => {
    const { type, value } = scalar
    if (typeof value === 'string') {
      if (texts.has(fold(value))) return 'yes'
      if (!scalar.isUsual && (value.includes('\0') || texts.has(fold(plainForm(value))))) {
        return 'unclear'
      }
      const byNumber = equalsNumber(scalar, value, numbers)
      return byNumber === 'no' ? equalsBoolean(scalar, value, booleans) : byNumber
    }
    if (type === 'null') return hasNull ? 'yes' : 'no'
    if (typeof value === 'number') {
      if (numbers.includes(value)) return isExact(scalar) ? 'yes' : 'unclear'
      const isNear =
        texts.has(scalar.literal) ||
        texts.has(String(value)) ||
        booleans.some((one) => value === Number(one))
      return isNear ? 'unclear' : 'no'
    }
    if (booleans.some((one) => one === value)) return 'yes'
    return texts.has(String(value)) || numbers.includes(Number(value)) ? 'unclear' : 'no'
  }
}

const plainDecimal = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/

/** A form can write no number, so its plain decimals are; a JSON string that looks like one is one only to some readers. */
function equalsNumber(scalar: BodyNode, text: string, numbers: readonly number[]): Fit {
  if (numbers.length === 0 || !numbers.includes(toNumber(plainForm(text)))) return 'no'
  return scalar.trait === 'loose' && isPlain(text) ? 'yes' : 'unclear'
}

const isPlain = (text: string) => plainDecimal.test(text) && isExactText(text, Number(text))

const truths: ReadonlySet<string> = new Set(['true', 't', 'yes', 'y', 'on', '1'])
const falsehoods: ReadonlySet<string> = new Set(['false', 'f', 'no', 'n', 'off', '0', ''])

function equalsBoolean(scalar: BodyNode, text: string, booleans: readonly boolean[]): Fit {
  if (booleans.length === 0) return 'no'
  if (scalar.trait === 'loose' && booleans.some((one) => text === String(one))) return 'yes'
  const word = text.trim().toLowerCase()
  return booleans.some((one) => (one ? truths : falsehoods).has(word)) ? 'unclear' : 'no'
}

function compileOrder(op: 'gt' | 'lt', bound: number): FitTest {
  const fits = (number: number) => (op === 'gt' ? number > bound : number < bound)
  return (scalar) => {
    const { value } = scalar
    if (typeof value === 'number') {
      if (value === bound && !isExact(scalar)) return 'unclear'
      return fits(value) ? 'yes' : 'no'
    }
    if (typeof value === 'boolean') return fits(Number(value)) ? 'unclear' : 'no'
    if (typeof value !== 'string') return 'no'
    const text = plainForm(value)
    if (!isPlain(text)) return /\p{N}|inf/iu.test(text) ? 'unclear' : 'no'
    const fit = fits(Number(text)) ? 'yes' : 'no'
    return fit === 'no' || (scalar.trait === 'loose' && text === value) ? fit : 'unclear'
  }
}

/** What a lenient reader makes of a text: also white space around it, hexadecimal, an exponent. NaN where it is no number. */
const toNumber = (text: string): number => {
  const trimmed = text.trim()
  return trimmed === '' ? Number.NaN : Number(trimmed)
}

/** Is the number what was written, or only the nearest to it that a double can hold? Readers with other numbers differ. */
const isExact = ({ literal, value }: BodyNode): boolean =>
  typeof value === 'number' && isExactText(literal, value)

const exactDigits = 15

function isExactText(text: string, value: number): boolean {
  if (text.length <= exactDigits && !/[eE]/.test(text)) return true
  const [written, read] = [normalize(text), normalize(String(value))]
  return written !== undefined && written === read
}

/** Digits without zeros at either end, and the power of ten of the last one. */
function normalize(text: string): string | undefined {
  const match = /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(text)
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  const power = Number(exponent) - fraction.length + (digits.length - significant.length)
  return `${sign}${significant}e${power}`
}
