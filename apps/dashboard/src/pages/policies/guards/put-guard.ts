import { type CatalogAction, expandGuard } from '@sallyport/catalog'
import {
  type AllowEntry,
  type GuardLevel,
  type GuardWish,
  guardLevels,
  type PolicyDocument,
  type RateLimits,
  type RequestRule,
  type ResponseRule,
} from '@sallyport/contracts'
import { actionIdOf, domainsOf, levelOf } from './rule-origin.ts'

// The guards of what a draft grants: which there are, and how one takes another's place.

/** An action that a draft grants or did, with the guard that its rules come from. */
export interface GuardedAction {
  readonly actionId: string
  /** False where no entry stands for it any more, and rules of its guard are left. */
  readonly isGranted: boolean
  /** None where no rule comes from a guard of it. */
  readonly level: GuardLevel | 'none'
  /** Who is inside by the rules that are there. */
  readonly domains: readonly string[]
}

/** The actions that a draft grants, in its order, and after them those of which only a guard is left. */
export function guardedActions(draft: PolicyDocument): readonly GuardedAction[] {
  const { allow, rules = [], response = [] } = draft
  const granted = new Set(allow.flatMap(({ actionTemplateId }) => actionTemplateId ?? []))
  const guarded = [...rules, ...response].flatMap((rule) => {
    const actionId = actionIdOf(rule)
    return actionId === undefined ? [] : [{ actionId, level: levelOf(rule.preset) }]
  })
  const ids = new Set([...granted, ...guarded.map(({ actionId }) => actionId)])
  return [...ids].map((actionId) => {
    const said = guarded.filter((one) => one.actionId === actionId).map(({ level }) => level)
    return {
      actionId,
      isGranted: granted.has(actionId),
      level: guardLevels.find((level) => said.includes(level)) ?? 'none',
      domains: domainsOf(rules, actionId),
    }
  })
}

/** The draft without the rules of an action's guard. */
export function withoutGuard(draft: PolicyDocument, actionId: string): PolicyDocument {
  const isOther = (rule: RequestRule | ResponseRule) => actionIdOf(rule) !== actionId
  return {
    ...draft,
    rules: (draft.rules ?? []).filter(isOther),
    response: (draft.response ?? []).filter(isOther),
  }
}

/** The draft with this guard of an action in place of the one that was there. */
export function putGuard(
  draft: PolicyDocument,
  { action, service }: CatalogAction,
  wish: GuardWish,
): PolicyDocument {
  const entries = draft.allow.filter(({ actionTemplateId }) => actionTemplateId === action.id)
  const { limits, rules, response } = expandGuard({ service, action, allow: entries }, wish)
  const others = withoutGuard(draft, action.id)
  return {
    ...others,
    allow: draft.allow.map((entry) =>
      limits !== undefined && entries.includes(entry) ? lower(entry, limits) : entry,
    ),
    rules: [...(others.rules ?? []), ...rules],
    response: [...(others.response ?? []), ...response],
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
