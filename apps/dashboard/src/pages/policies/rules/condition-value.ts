import type { BodyCondition, ConditionOperator } from '@sallyport/contracts'

// What a condition compares with, between the contract's values and the lines that a person types.

export type ConditionValue = BodyCondition['value']
type Scalar = string | number | boolean | null

/** How lines are read: as they stand, or as JSON (numbers, true, false, null, "text"). */
export type Reading = 'text' | 'json'

/** What an operator takes. */
export type Takes = 'nothing' | 'number' | 'expression' | 'values'

const taken: Partial<Readonly<Record<ConditionOperator, Takes>>> = {
  exists: 'nothing',
  gt: 'number',
  lt: 'number',
  count_gt: 'number',
  matches: 'expression',
  not_matches: 'expression',
}

/** What an operator takes beside the place that it looks at. */
export const takenBy = (op: ConditionOperator): Takes => taken[op] ?? 'values'

/** Operators whose value is always a list. */
const isListOperator = (op: ConditionOperator) => op === 'in' || op === 'not_in'

/** How a stored value can be shown without loss: as plain lines where each of its values is such a line. */
export function readingOf(value: ConditionValue): Reading {
  const isPlain = (one: Scalar) =>
    typeof one === 'string' && one !== '' && one.trim() === one && !one.includes('\n')
  return scalarsOf(value).every(isPlain) ? 'text' : 'json'
}

const scalarsOf = (value: ConditionValue): readonly Scalar[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value]

/** The lines that stand for a value. */
export function linesOf(value: ConditionValue, reading: Reading): string {
  return scalarsOf(value)
    .map((one) => (reading === 'text' && typeof one === 'string' ? one : JSON.stringify(one)))
    .join('\n')
}

/** The value that lines stand for: one where there is one, a list where there are several or the operator wants one. */
export function readLines(text: string, reading: Reading, op: ConditionOperator): ConditionValue {
  const values = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (reading === 'text' ? line : readScalar(line)))
  const [first] = values
  if (first === undefined && values.length === 0) return undefined
  return values.length > 1 || isListOperator(op) ? values : first
}

/** The first line that is meant to be JSON and is none, counted from one. */
export function lineFault(text: string, reading: Reading): number | undefined {
  if (reading === 'text') return undefined
  const at = text.split('\n').findIndex((line) => line.trim() !== '' && !isScalar(line.trim()))
  return at < 0 ? undefined : at + 1
}

function readScalar(line: string): Scalar {
  return isScalar(line) ? (JSON.parse(line) as Scalar) : line
}

const isScalar = (line: string) =>
  /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(line) || isQuoted(line)

function isQuoted(line: string): boolean {
  if (!line.startsWith('"')) return false
  try {
    return typeof JSON.parse(line) === 'string'
  } catch {
    return false // Not JSON: taken as it stands.
  }
}

/** The value of a condition after another operator was chosen: kept where the new one can take it. */
export function valueFor(op: ConditionOperator, value: ConditionValue): ConditionValue {
  const scalars = scalarsOf(value)
  const [first] = scalars
  switch (takenBy(op)) {
    case 'nothing':
      return undefined
    case 'number':
      return typeof first === 'number' ? first : undefined
    case 'expression':
      return typeof first === 'string' ? first : undefined
    default:
      return isListOperator(op) && scalars.length > 0 ? [...scalars] : value
  }
}
