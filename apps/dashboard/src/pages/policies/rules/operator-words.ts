import type { ConditionOperator } from '@sallyport/contracts'

/** Operators as they stand between what is looked at and what it is compared with. */
export const operatorWords: Readonly<Record<ConditionOperator, string>> = {
  exists: 'is there',
  eq: 'is',
  neq: 'is not',
  in: 'is one of',
  not_in: 'is none of',
  contains: 'contains',
  not_contains: 'does not contain',
  starts_with: 'begins with',
  not_starts_with: 'does not begin with',
  ends_with: 'ends with',
  not_ends_with: 'does not end with',
  matches: 'matches the expression',
  not_matches: 'does not match the expression',
  gt: 'is greater than',
  lt: 'is less than',
  count_gt: 'has more elements than',
}

/** How many values are named before the rest is counted. */
const namedMax = 3
const charsMax = 60

/** A condition in a few words: `to[] is none of anna@example.com, ben@example.com`. */
export function conditionWords(
  what: string,
  { op, value }: { readonly op: ConditionOperator; readonly value?: unknown },
): string {
  if (op === 'exists') return `${what} ${value === false ? 'is not there' : operatorWords.exists}`
  const values = (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined)
  const named = values.slice(0, namedMax).map((one) => cut(String(one)))
  const more = values.length - named.length
  const said = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return `${what} ${operatorWords[op]} ${said === '' ? '…' : said}`
}

const cut = (text: string) => (text.length > charsMax ? `${text.slice(0, charsMax)}…` : text)
