import type { RequestRule, ResponseRule, SensitiveName } from '@sallyport/contracts'
import { conditionWords } from './operator-words.ts'
import { sensitiveWords } from './sensitive-words.ts'

// Rules in a line, for the rows of a list; whole sentences stand under "In plain words".

const namedMax = 3

/** What a rule on requests looks for. */
export function requestSummary({ when }: Pick<RequestRule, 'when'>): string {
  const { query = [], body = [], sensitive } = when
  const fields = sensitive?.fields
  // What differs most from rule to rule comes first: rows show the beginning.
  const parts = [
    ...query.map((one) => conditionWords(`query ${one.name}`, one)),
    ...body.map((one) => conditionWords(one.path === '' ? 'the body' : one.path, one)),
    ...(sensitive === undefined
      ? []
      : [
          `finds ${kindWords(sensitive.kinds, sensitive.custom)}${
            fields === undefined ? '' : ` in ${named(fields)}`
          }`,
        ]),
    ...whereParts(when),
  ]
  return parts.length === 0 ? 'Every request' : parts.join(' · ')
}

/** What a rule on answers does, and to which. */
export function responseSummary(rule: ResponseRule): string {
  const { when = {}, keep = [], drop = [], redact = [], redactCustom = [] } = rule
  const statuses = when.statuses ?? []
  const where = [
    ...whereParts(when),
    ...(statuses.length > 0 ? [`status ${named(statuses.map(String))}`] : []),
  ]
  const does = [
    ...(keep.length > 0 ? [`keeps only ${named(keep)}`] : []),
    ...(drop.length > 0 ? [`drops ${named(drop)}`] : []),
    ...(redact.length + redactCustom.length > 0
      ? [`takes out ${kindWords(redact, redactCustom)}`]
      : []),
  ]
  return [where.length === 0 ? 'Every answer' : where.join(' · '), ...does].join(' · ')
}

interface Where {
  readonly methods?: readonly string[] | undefined
  readonly paths?: readonly string[] | undefined
  readonly origins?: readonly string[] | undefined
  readonly tools?: readonly string[] | undefined
}

const whereParts = ({
  tools = [],
  methods = [],
  paths = [],
  origins = [],
}: Where): readonly string[] =>
  [tools, methods, paths, origins].flatMap((list) => (list.length === 0 ? [] : [named(list)]))

function kindWords(kinds: readonly SensitiveName[], custom: readonly { name: string }[] = []) {
  const words = [...kinds.map((kind) => sensitiveWords[kind]), ...custom.map(({ name }) => name)]
  return words.length === 0 ? '…' : named(words)
}

function named(list: readonly string[]): string {
  const more = list.length - namedMax
  return more > 0 ? `${list.slice(0, namedMax).join(', ')} and ${more} more` : list.join(', ')
}
