import { type CatalogAction, expandGuard, guardRulePrefix } from '@sallyport/catalog'
import {
  type AllowEntry,
  type GuardLevel,
  type GuardWish,
  guardLevels,
  type PolicyDocument,
  type RateLimits,
} from '@sallyport/contracts'

// The guards of what a draft grants: which there are, and how one takes another's place.

/** An action that a draft grants, with the guard that its rules come from. */
export interface GuardedAction {
  readonly actionId: string
  /** None where no rule comes from a guard of it. */
  readonly level: GuardLevel | 'none'
  readonly ruleCount: number
  /** Who is inside by the rules that are there. */
  readonly domains: readonly string[]
}

interface GuardRule {
  readonly id: string
  readonly preset?: string | undefined
}

const isOf = (actionId: string) => {
  const prefix = guardRulePrefix({ id: actionId })
  return ({ id, preset }: GuardRule) => preset !== undefined && id.startsWith(prefix)
}

/** The actions that a draft grants, in its order. */
export function guardedActions(draft: PolicyDocument): readonly GuardedAction[] {
  const ids = new Set(draft.allow.flatMap(({ actionTemplateId }) => actionTemplateId ?? []))
  return [...ids].map((actionId) => {
    const rules: readonly GuardRule[] = [...(draft.rules ?? []), ...(draft.response ?? [])]
    const own = rules.filter(isOf(actionId))
    const said = own.map(({ preset }) => preset?.split('@')[1])
    return {
      actionId,
      level: guardLevels.find((level) => said.includes(level)) ?? 'none',
      ruleCount: own.length,
      domains: domainsOf(draft, actionId),
    }
  })
}

/** The domains that the rules of a guard take for one's own: `@example.com` is compared with. */
function domainsOf({ rules = [] }: PolicyDocument, actionId: string): readonly string[] {
  const values = rules
    .filter(isOf(actionId))
    .flatMap(({ when }) => when.body ?? [])
    .filter(({ op }) => op === 'not_ends_with')
    .flatMap(({ value }) => (Array.isArray(value) ? value : [value]))
  const own = values.flatMap((value) =>
    typeof value === 'string' && /^@[a-z0-9.-]+$/.test(value) ? [value.slice(1)] : [],
  )
  return [...new Set(own)]
}

/** The draft with this guard of an action in place of the one that was there; without one where none is wished for. */
export function putGuard(
  draft: PolicyDocument,
  { action, service }: CatalogAction,
  wish: GuardWish | undefined,
): PolicyDocument {
  const entries = draft.allow.filter(({ actionTemplateId }) => actionTemplateId === action.id)
  const isOld = isOf(action.id)
  const guard =
    wish === undefined ? undefined : expandGuard({ service, action, allow: entries }, wish)
  const limits = guard?.limits
  return {
    ...draft,
    allow: draft.allow.map((entry) =>
      limits !== undefined && entries.includes(entry) ? lower(entry, limits) : entry,
    ),
    rules: [...(draft.rules ?? []).filter((rule) => !isOld(rule)), ...(guard?.rules ?? [])],
    response: [
      ...(draft.response ?? []).filter((rule) => !isOld(rule)),
      ...(guard?.response ?? []),
    ],
  }
}

/** Never more than was allowed before. */
function lower(entry: AllowEntry, guard: RateLimits): AllowEntry {
  const limits: RateLimits = { ...entry.limits }
  for (const name of ['perMinute', 'perHour', 'perDay'] as const) {
    const most = guard[name]
    if (most !== undefined) limits[name] = Math.min(most, limits[name] ?? most)
  }
  return { ...entry, limits }
}
