import { describeSensitive } from './describe-sensitive.ts'
import type {
  BodyCondition,
  ConditionOperator,
  QueryCondition,
  RequestCondition,
  RequestRule,
  ResponseRule,
  SensitiveCondition,
} from './policy-rule.ts'

// A policy's rules in plain words. What an owner wrote into them is cut, counted and shown between quotation marks.

const namedMax = 5
const charsMax = 60

const effects: Readonly<Record<RequestRule['then'], string>> = {
  deny: 'Denies',
  require_approval: 'Asks you before',
  allow: 'Does not ask you about',
  redact: 'Takes',
}

/** Between what is looked at and what it is compared with. */
const operators: Readonly<Record<Exclude<ConditionOperator, 'exists'>, readonly [string, string]>> =
  {
    eq: ['is', 'is one of'],
    neq: ['is not', 'is none of'],
    in: ['is', 'is one of'],
    not_in: ['is not', 'is none of'],
    contains: ['contains', 'contains one of'],
    not_contains: ['does not contain', 'contains none of'],
    starts_with: ['begins with', 'begins with one of'],
    not_starts_with: ['does not begin with', 'begins with none of'],
    ends_with: ['ends with', 'ends with one of'],
    not_ends_with: ['does not end with', 'ends with none of'],
    matches: ['matches the expression', 'matches one of the expressions'],
    not_matches: ['does not match the expression', 'matches none of the expressions'],
    gt: ['is greater than', 'is greater than'],
    lt: ['is less than', 'is less than'],
    count_gt: ['has more elements than', 'has more elements than'],
  }

/** A sentence for each rule on requests, in the order in which they are asked: what denies first. */
export function describeRules(rules: readonly RequestRule[]): string[] {
  const order: readonly RequestRule['then'][] = ['deny', 'redact']
  const rest = rules.filter(({ then }) => !order.includes(then))
  const sorted = [
    ...order.flatMap((effect) => rules.filter(({ then }) => then === effect)),
    ...rest,
  ]
  const looks = rules.some(({ when, then }) => then !== 'allow' && looksIntoBody(when))
  return [
    ...sorted.map(describeRule),
    ...(looks
      ? [
          'A body that cannot be read counts as if it held what is to be denied, asked about or taken out.',
        ]
      : []),
  ]
}

const looksIntoBody = ({ body, sensitive }: RequestCondition) =>
  body !== undefined || sensitive !== undefined

function describeRule(rule: RequestRule): string {
  const { when, then } = rule
  const which = describeWhich(when, 'request')
  const what = then === 'redact' ? `${findings(when.sensitive)} out of ${which}` : which
  const conditions = [
    ...(when.query ?? []).map(describeQuery),
    ...(when.body ?? []).map(describeBody),
    ...(when.sensitive === undefined || then === 'redact' ? [] : [describeFinding(when.sensitive)]),
  ]
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(', and ')}`
  return `${nameOf(rule)}${effects[then]} ${what}${where}.`
}

/** A sentence for each rule on answers. */
export function describeResponseRules(rules: readonly ResponseRule[]): string[] {
  return rules.map((rule) => {
    const { when = {}, keep = [], drop = [], redact = [], redactCustom = [] } = rule
    const statuses =
      when.statuses === undefined ? '' : ` with status ${list(when.statuses.map(String), 'or')}`
    const kinds = describeSensitive(redact, redactCustom)
    const does = [
      ...(keep.length > 0 ? [`leaves only ${list(keep.map(quote))} of`] : []),
      ...(drop.length > 0 ? [`drops ${list(drop.map(quote))} from`] : []),
      ...(kinds.length > 0 ? [`takes ${list(kinds)} out of`] : []),
    ]
    const [first = '', ...others] = does
    const verbs = [`${first.slice(0, 1).toUpperCase()}${first.slice(1)}`, ...others].join(', ')
    return `${nameOf(rule)}${verbs} answers${statuses} to ${describeWhich(when, 'request')}.`
  })
}

const nameOf = ({ label }: { readonly label?: string | undefined }) =>
  label === undefined ? '' : `${quote(label)}: `

function describeWhich(
  {
    methods,
    origins,
    paths,
    tools,
  }: Pick<RequestCondition, 'methods' | 'origins' | 'paths' | 'tools'>,
  noun: string,
): string {
  const [one, several, of] =
    tools === undefined ? [noun, `${noun}s`, ''] : ['call', 'calls', ` of ${list(tools, 'or')}`]
  const first = (methods === undefined ? `every ${one}` : `${list(methods)} ${several}`) + of
  const to =
    paths === undefined || paths.includes('/**') ? '' : ` to ${list(paths.map(describePath), 'or')}`
  return `${first}${to}${origins === undefined ? '' : ` at ${list(origins, 'or')}`}`
}

const describePath = (path: string) =>
  path.endsWith('/**') ? `anything under ${cut(path.slice(0, -3))}` : cut(path)

const describeQuery = ({ name, ...compared }: QueryCondition) =>
  describeComparison(`the query’s ${quote(name)}`, compared)

function describeBody({ path, ...compared }: BodyCondition): string {
  if (path === '') return describeComparison('something in the body', compared)
  const any = path.includes('[]') && compared.op !== 'count_gt' ? 'any of ' : ''
  return describeComparison(`${any}the body’s ${quote(path)}`, compared)
}

function describeComparison(
  what: string,
  { op, value, ignoreCase }: Pick<BodyCondition, 'op' | 'value' | 'ignoreCase'>,
): string {
  if (op === 'exists') return `${what} ${value === false ? 'is absent' : 'is there'}`
  const values = (Array.isArray(value) ? value : [value]).map((one) =>
    typeof one === 'string' ? quote(one) : String(one),
  )
  const words = operators[op][values.length > 1 ? 1 : 0]
  const folded = ignoreCase === true ? ', in capitals or not' : ''
  return `${what} ${words} ${list(values, 'or')}${folded}`
}

const describeFinding = (sensitive: SensitiveCondition) => `${findings(sensitive)} stand in it`

function findings(sensitive: SensitiveCondition | undefined): string {
  if (sensitive === undefined) return 'nothing'
  const { kinds, custom, fields } = sensitive
  const where = fields === undefined ? '' : ` in ${list(fields.map(quote), 'or')}`
  return `${list(describeSensitive(kinds, custom))}${where}`
}

/** Characters that show nothing, or change how others are shown, are shown as one that says so. */
const quote = (text: string) => `“${cut(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd'))}”`

function cut(text: string): string {
  const characters = [...text]
  return characters.length > charsMax ? `${characters.slice(0, charsMax).join('')}…` : text
}

function list(parts: readonly string[], word = 'and'): string {
  const more = parts.length - namedMax
  const shown = more > 1 ? [...parts.slice(0, namedMax), `${more} more`] : parts
  return shown.length < 2
    ? (shown[0] ?? '')
    : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1)}`
}
