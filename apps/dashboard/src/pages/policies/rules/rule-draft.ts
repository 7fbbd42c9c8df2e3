import type { RequestRule, ResponseRule } from '@sallyport/contracts'

// Rules while they are being written: pure parts of the editor.

const idCharsMax = 60
const copyLabelMax = 200

/** An id that none of the rules has: `deny-2`. */
export function freeId(wanted: string, taken: readonly { readonly id: string }[]): string {
  const ids = new Set(taken.map(({ id }) => id))
  for (let number = 1; number <= taken.length; number += 1) {
    if (!ids.has(`${wanted}-${number}`)) return `${wanted}-${number}`
  }
  return `${wanted}-${taken.length + 1}`
}

const words: Readonly<Record<RequestRule['then'], string>> = {
  deny: 'deny',
  require_approval: 'ask',
  allow: 'allow',
  redact: 'redact',
}

/** A rule to be filled in. One that redacts begins with what is most often meant. */
export function newRule(effect: RequestRule['then'], rules: readonly RequestRule[]): RequestRule {
  return {
    id: freeId(words[effect], rules),
    when: effect === 'redact' ? { sensitive: { kinds: ['contact'] } } : {},
    then: effect,
  }
}

/** A rule on answers to be filled in. */
export const newResponseRule = (rules: readonly ResponseRule[]): ResponseRule => ({
  id: freeId('answer', rules),
  redact: ['contact'],
})

/** The same rule once more, under an id of its own; it is no longer the preset's. */
export function copyOf<Rule extends RequestRule | ResponseRule>(
  rule: Rule,
  rules: readonly Rule[],
): Rule {
  const { preset: _, ...own } = structuredClone(rule)
  const stem = own.id.replace(/-\d+$/, '').slice(0, idCharsMax - 4) || 'rule'
  const label = own.label === undefined ? undefined : `${own.label} (copy)`
  return {
    ...own,
    id: freeId(stem, rules),
    ...(label !== undefined && { label: label.slice(0, copyLabelMax) }),
  } as unknown as Rule
}

/** Whether a rule is about every request. */
export const isAboutAll = ({ when }: Pick<RequestRule, 'when'>): boolean =>
  Object.values(when).every(
    (part) => part === undefined || (Array.isArray(part) && part.length === 0),
  )

/** The places of the rules that hold what is wrong, from the names of faulty fields: `rules.3.when.body.0.value`. */
export function faultyPlaces(errors: unknown): readonly number[] {
  if (!Array.isArray(errors)) return []
  return errors.flatMap((error, at) => (error === undefined || error === null ? [] : [at]))
}
