import { type CatalogAction, expandGuard, guardRulePrefix } from '@sallyport/catalog'
import {
  type AllowEntry,
  type ExpandedGuard,
  type GuardWish,
  type PolicyDocument,
  Problem,
  type RateLimits,
  rulesMax,
} from '@sallyport/contracts'
import { narrowToOrigins } from './fit-origins.ts'

type Granted = Pick<CatalogAction, 'action'> & {
  readonly service: Pick<CatalogAction['service'], 'category'>
}

/**
 * A policy with the rules of an action's guard in place of those that an earlier grant of it brought, for all that is granted of
 * the action. They come after the owner's own rules, and what the guard limits are the entries that are granted now.
 * @throws Problem invalid-input where the policy has no room for them
 */
export function putGuard(
  document: PolicyDocument,
  granted: Granted & { readonly entries: readonly AllowEntry[] },
  wish: GuardWish | undefined,
): PolicyDocument {
  if (wish === undefined) return document
  const { service, action, entries } = granted
  // What an earlier grant of the action left there is held by the same rules: they stand in the place of those that held it.
  const allowed = document.allow.filter(({ actionTemplateId }) => actionTemplateId === action.id)
  const guard = expandGuard({ service, action, allow: allowed }, wish)
  const rules = [...withoutGuard(document.rules, granted), ...guard.rules]
  const response = [...withoutGuard(document.response, granted), ...guard.response]
  if (rules.length > rulesMax || response.length > rulesMax) throw tooManyRules()
  const { limits } = guard
  const allow = document.allow.map((entry) =>
    limits !== undefined && entries.includes(entry)
      ? { ...entry, limits: lower(entry.limits, limits) }
      : entry,
  )
  return { ...document, allow, rules, response }
}

function lower(given: RateLimits | undefined, guard: RateLimits): RateLimits {
  const limits: RateLimits = { ...given }
  for (const name of ['perMinute', 'perHour', 'perDay'] as const) {
    const other = guard[name]
    if (other !== undefined) limits[name] = Math.min(other, given?.[name] ?? other)
  }
  return limits
}

/**
 * The guard of an action template as rules, for a policy that is being written. With the origins of a connection the rules
 * name its hosts.
 */
export function describeGuard(
  { service, action }: Granted,
  wish: GuardWish,
  origins: readonly string[] | undefined,
): ExpandedGuard {
  const allow =
    origins === undefined
      ? action.allow
      : action.allow.flatMap((entry) => narrowToOrigins(entry, origins))
  return expandGuard({ service, action, allow }, wish)
}

/** What an owner wrote stays, whatever its id: it names no preset. */
function withoutGuard<Rule extends { readonly id: string; readonly preset?: string | undefined }>(
  rules: readonly Rule[] | undefined,
  { action }: Pick<Granted, 'action'>,
): Rule[] {
  const prefix = guardRulePrefix(action)
  return (rules ?? []).filter(({ id, preset }) => preset === undefined || !id.startsWith(prefix))
}

const tooManyRules = () =>
  new Problem('invalid-input', `A policy has at most ${rulesMax} rules.`, {
    next: 'Take rules out of the agent’s policy for this connection, or grant without a guard.',
    fields: [{ field: 'guard', message: 'must fit into the policy' }],
  })
