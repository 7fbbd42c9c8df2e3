import {
  type BodyCondition,
  type CustomKind,
  expressionCharsMax,
  type QueryCondition,
  type RequestCondition,
  type RequestRule,
} from '@sallyport/contracts'
import { parseJsonPath } from './json-path.ts'
import { expressionFault } from './sensitive/compile-expression.ts'

/** What is wrong with one field of a policy, for whoever writes it. */
export interface PolicyFault {
  /** `rules.3.when.body.0.value` */
  readonly field: string
  readonly message: string
}

/**
 * What is wrong with rules on requests beyond their shape: expressions that RE2 does not take, paths that lead nowhere, values
 * that their operator cannot compare with. Saving refuses them, so that an owner hears of it and no request does.
 */
export const ruleFaults = (rules: readonly RequestRule[] = []): PolicyFault[] =>
  rules.flatMap(({ when }, at) => conditionFaults(when, `rules.${at}.when`))

function conditionFaults(when: RequestCondition, field: string): PolicyFault[] {
  const { query = [], body = [], sensitive } = when
  return [
    ...query.flatMap((one, at) => comparisonFaults(one, `${field}.query.${at}`)),
    ...body.flatMap((one, at) => [
      ...pathFault(one.path, `${field}.body.${at}.path`),
      ...comparisonFaults(one, `${field}.body.${at}`),
    ]),
    ...(sensitive?.fields ?? []).flatMap((path, at) =>
      pathFault(path, `${field}.sensitive.fields.${at}`),
    ),
    ...customFaults(sensitive?.custom, `${field}.sensitive.custom`),
  ]
}

const pathFault = (path: string, field: string): PolicyFault[] =>
  parseJsonPath(path) === undefined
    ? [{ field, message: 'leads nowhere: a name in [" "] is written as JSON writes it' }]
    : []

function customFaults(kinds: readonly CustomKind[] = [], field: string): PolicyFault[] {
  return kinds.flatMap(({ pattern }, at) => {
    const message = expressionFault(pattern)
    return message === undefined ? [] : [{ field: `${field}.${at}.pattern`, message }]
  })
}

type Condition = Pick<BodyCondition | QueryCondition, 'op' | 'value' | 'ignoreCase'>

function comparisonFaults({ op, value, ignoreCase }: Condition, field: string): PolicyFault[] {
  const message = valueFault(op, value)
  const isTextual = !['exists', 'gt', 'lt', 'count_gt'].includes(op)
  return [
    ...(message === undefined ? [] : [{ field: `${field}.value`, message }]),
    ...(ignoreCase === true && !isTextual
      ? [{ field: `${field}.ignoreCase`, message: `has no meaning with ${op}` }]
      : []),
  ]
}

/** What is wrong with a value for an operator; undefined where nothing is. */
function valueFault(op: Condition['op'], value: Condition['value']): string | undefined {
  if (op === 'exists') {
    return value === undefined || typeof value === 'boolean'
      ? undefined
      : 'must be true or false, or be left out'
  }
  if (value === undefined) return `must be given with ${op}`
  if (op === 'gt' || op === 'lt') {
    return typeof value === 'number' && Number.isFinite(value) ? undefined : 'must be a number'
  }
  if (op === 'count_gt') {
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
      ? undefined
      : 'must be a whole number, 0 or more'
  }
  if (op === 'in' || op === 'not_in') return Array.isArray(value) ? undefined : 'must be a list'
  if (op === 'eq' || op === 'neq') return undefined
  return textFault(op, Array.isArray(value) ? value : [value])
}

function textFault(op: Condition['op'], values: readonly unknown[]): string | undefined {
  for (const one of values) {
    if (typeof one !== 'string') return 'must be text, or a list of texts'
    if (one === '') return 'must not be empty, which fits everything'
    if (op !== 'matches' && op !== 'not_matches') continue
    if (one.length > expressionCharsMax) {
      return `must be an expression of at most ${expressionCharsMax} characters`
    }
    const fault = expressionFault(one)
    if (fault !== undefined) return fault
  }
  return undefined
}
