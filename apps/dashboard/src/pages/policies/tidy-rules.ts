import type {
  BodyCondition,
  QueryCondition,
  RequestRule,
  ResponseRule,
  SensitiveCondition,
} from '@sallyport/contracts'

// Rules without the members that say nothing, the others in one order. What stands in a list keeps its place, so that a fault
// that is named by its place is found again.

/** A rule on requests, tidied. */
export function tidyRequestRule({ id, label, preset, when, then }: RequestRule): RequestRule {
  const { origins, methods, paths, tools, query, body, sensitive } = when
  return {
    id,
    ...named({ label, preset }),
    when: {
      ...lists({ origins, methods, paths, tools }),
      ...lists({ query: query?.map(tidyQuery), body: body?.map(tidyBody) }),
      ...(sensitive !== undefined && { sensitive: tidySensitive(sensitive) }),
    },
    then,
  }
}

/** A rule on answers, tidied. */
export function tidyResponseRule(rule: ResponseRule): ResponseRule {
  const { id, label, preset, when = {}, keep, drop, redact, redactCustom } = rule
  const { origins, methods, paths, tools, statuses } = when
  const where = lists({ origins, methods, paths, tools, statuses })
  return {
    id,
    ...named({ label, preset }),
    ...(Object.keys(where).length > 0 && { when: where }),
    ...lists({ keep, drop, redact, redactCustom }),
  }
}

const tidyQuery = ({ name, ...compared }: QueryCondition): QueryCondition => ({
  name,
  ...tidyCompared(compared),
})

const tidyBody = ({ path, ...compared }: BodyCondition): BodyCondition => ({
  path,
  ...tidyCompared(compared),
})

type Compared = Omit<QueryCondition, 'name'>

const tidyCompared = ({ op, value, ignoreCase }: Compared): Compared => ({
  op,
  ...(value !== undefined && { value }),
  ...(ignoreCase === true && { ignoreCase }),
})

const tidySensitive = ({ kinds, custom, fields }: SensitiveCondition): SensitiveCondition => ({
  kinds,
  ...lists({ custom, fields }),
})

/** Texts that say something. */
function named(names: { label: string | undefined; preset: string | undefined }) {
  const { label, preset } = names
  return {
    ...(label !== undefined && label.trim() !== '' && { label }),
    ...(preset !== undefined && { preset }),
  }
}

/** Lists that hold something. */
function lists<T extends object>(given: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const said = Object.entries(given).filter(([, list]) => Array.isArray(list) && list.length > 0)
  return Object.fromEntries(said) as { [Key in keyof T]?: NonNullable<T[Key]> }
}
