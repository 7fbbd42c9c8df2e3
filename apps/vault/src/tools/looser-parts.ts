import type { PolicyDocument } from '@sallyport/contracts'
import { digestOf } from './tool-digest.ts'

type Rule = NonNullable<PolicyDocument['rules']>[number]

/**
 * What of a policy that holds an agent back another policy does not hold, in words: rules, rules on answers, limits, windows, how
 * owners are asked. None where whatever the other one lets through, this one would, too. Allow entries do not count, nor when
 * it ends, nor the mode: grants bring those along.
 */
export function looserParts(from: PolicyDocument, to: PolicyDocument): string[] {
  const { freshSignIn, secondOwner } = from.approvalOptions ?? {}
  const asksLess =
    (freshSignIn === true && to.approvalOptions?.freshSignIn !== true) ||
    (secondOwner === true && to.approvalOptions?.secondOwner !== true)
  const parts = {
    rules: areRulesLooser(from.rules ?? [], to.rules ?? []),
    'rules on answers': !isWithin(saidOf(from.response ?? []), saidOf(to.response ?? [])),
    limits: isLooser(from.limits, to.limits),
    windows:
      from.windows.length > 0 &&
      (to.windows.length === 0 || !isWithin(to.windows.map(digestOf), from.windows.map(digestOf))),
    'approval options': asksLess,
  }
  return Object.entries(parts).flatMap(([part, isLost]) => (isLost ? [part] : []))
}

/** Where nothing allows by a rule, the order of the others does not count; where something does, it has to be the same. */
function areRulesLooser(from: readonly Rule[], to: readonly Rule[]): boolean {
  const keptBack = from.filter(({ then }) => then !== 'allow')
  if (!to.some(({ then }) => then === 'allow')) return !isWithin(saidOf(keptBack), saidOf(to))
  return saidOf(from).join() !== saidOf(to).join()
}

/** Without what it is called. */
const saidOf = (rules: readonly { readonly id: string }[]): string[] =>
  rules.map((rule) => digestOf({ ...rule, id: '', label: '', preset: '' }))

const isWithin = (some: readonly string[], others: readonly string[]) => {
  const known = new Set(others)
  return some.every((one) => known.has(one))
}

/** Of each number the other one has at most as much; whatever else is said is the same. */
function isLooser(from: unknown, to: unknown): boolean {
  if (from === undefined || from === false) return false
  if (typeof from === 'number') return typeof to !== 'number' || to > from
  if (!isPlain(from)) return digestOf([from]) !== digestOf([to ?? null])
  return Object.entries(from).some(([name, value]) =>
    isLooser(value, isPlain(to) && Object.hasOwn(to, name) ? to[name] : undefined),
  )
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
