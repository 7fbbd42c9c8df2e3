import type { CatalogAction } from '@sallyport/catalog'
import type { ExpandedGuard, PolicyDocument, RequestRule, ResponseRule } from '@sallyport/contracts'
import type { GuardedAction } from './put-guard.ts'
import { actionIdOf, guardsOf, originOf } from './rule-origin.ts'

// What of a guard stands in a draft: each of its presets in words, with the rules that came from it.

/** What a guard keeps back, and by which rules of the draft. */
export interface PresetInDraft {
  readonly presetId: string
  readonly sentence: string
  /** Numbers of its rules, counted from one as the lists below count them. */
  readonly requestRules: readonly number[]
  readonly answerRules: readonly number[]
  /** How many of these depart from what the preset says. */
  readonly changedCount: number
  /** How many rules of the preset are not there. */
  readonly missingCount: number
  /** It says nothing for as long as nobody said who is inside. */
  readonly lacksDomains: boolean
  /** It is a limit of the entries and no rule. */
  readonly isLimit: boolean
}

/** The presets of an action's guard, those first that the level has; then those that only rules of the draft name. */
export function presetsInDraft(
  draft: PolicyDocument,
  { actionId, level, domains }: GuardedAction,
  findAction: (id: string) => CatalogAction | undefined,
): readonly PresetInDraft[] {
  const guard = guardsOf(draft, findAction)
  const expanded = level === 'none' ? undefined : guard(actionId, level)
  const own = (rules: readonly (RequestRule | ResponseRule)[]) =>
    rules.flatMap((rule, index) => {
      const origin = actionIdOf(rule) === actionId ? originOf(rule, findAction, guard) : undefined
      return origin === undefined ? [] : [{ id: rule.id, number: index + 1, origin }]
    })
  const ofRequests = own(draft.rules ?? [])
  const ofAnswers = own(draft.response ?? [])
  const all = [...ofRequests, ...ofAnswers]
  const present = new Set(all.map(({ id }) => id))
  const ids = new Set([
    ...(expanded?.parts.map(({ preset }) => preset) ?? []),
    ...all.map(({ origin }) => origin.presetId),
  ])
  return [...ids].map((presetId) => {
    const part = expanded?.parts.find(({ preset }) => preset === presetId)
    const isOwn = ({ origin }: (typeof all)[number]) => origin.presetId === presetId
    const lacksDomains = part?.needsDomains === true && domains.length === 0
    const made = lacksDomains ? [] : idsOf(expanded, presetId)
    const found = all.filter(isOwn)
    return {
      presetId,
      sentence: part?.sentence ?? found[0]?.origin.sentence ?? presetId,
      requestRules: ofRequests.filter(isOwn).map(({ number }) => number),
      answerRules: ofAnswers.filter(isOwn).map(({ number }) => number),
      changedCount: found.filter(({ origin }) => origin.departure !== undefined).length,
      missingCount: made.filter((id) => !present.has(id)).length,
      lacksDomains: lacksDomains && found.length === 0,
      isLimit: idsOf(expanded, presetId).length === 0 && found.length === 0,
    }
  })
}

const idsOf = (guard: ExpandedGuard | undefined, presetId: string): readonly string[] =>
  [...(guard?.rules ?? []), ...(guard?.response ?? [])]
    .filter(({ preset }) => preset?.split('@')[0] === presetId)
    .map(({ id }) => id)
