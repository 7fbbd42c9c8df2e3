import { createCatalog } from '@sallyport/catalog'
import { guardLevels, type PolicyDocument, type RequestRule } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { emptyDraft } from '../policy-draft.ts'
import { presetsInDraft } from './guard-parts.ts'
import { guardedActions, putGuard, withoutGuard } from './put-guard.ts'
import { guardsOf, originOf } from './rule-origin.ts'

const { actions, findAction } = createCatalog()
const domains = ['example.com', 'example.org']

/** A draft that grants an action with a guard. */
function guarded(actionId: string, level: (typeof guardLevels)[number]): PolicyDocument {
  const found = findAction(actionId)
  if (found === undefined) throw new Error(`no action ${actionId}`)
  const allow = found.action.allow.map((entry) => ({ ...entry, actionTemplateId: actionId }))
  return putGuard({ ...emptyDraft(), allow }, found, { level, domains })
}
const originsOf = (draft: PolicyDocument) => {
  const guard = guardsOf(draft, findAction)
  return [...(draft.rules ?? []), ...(draft.response ?? [])].map((rule) =>
    originOf(rule, findAction, guard),
  )
}
const send = guarded('gmail-send', 'standard')
const place = (send.rules ?? []).findIndex(({ id }) => id.startsWith('gmail-send.external-rec'))
/** The draft in which one rule is another one. */
const edited = (change: (rule: RequestRule) => RequestRule): PolicyDocument => ({
  ...send,
  rules: (send.rules ?? []).map((rule, at) => (at === place ? change(rule) : rule)),
})
const departure = (draft: PolicyDocument) => originsOf(draft)[place]?.departure

describe('where rules come from', () => {
  it('is told of each rule that any guard makes, and none departs from its preset', () => {
    for (const { action } of actions) {
      for (const level of guardLevels) {
        const draft = guarded(action.id, level)
        for (const origin of originsOf(draft)) {
          expect(origin).toMatchObject({ level, actionLabel: action.label, departure: undefined })
        }
        const [only] = guardedActions(draft)
        if (only === undefined || only.level === 'none') continue
        for (const preset of presetsInDraft(draft, only, findAction)) {
          expect({ ...preset, at: action.id }).toMatchObject({ changedCount: 0, missingCount: 0 })
        }
      }
    }
  })

  it('says how a rule was changed that keeps back less or other things', () => {
    expect(departure(edited((rule) => ({ ...rule, then: 'allow' })))).toBe('effect')
    expect(departure(edited((rule) => ({ ...rule, when: { ...rule.when, body: [] } })))).toBe(
      'conditions',
    )
    expect(
      departure(edited((rule) => ({ ...rule, when: { ...rule.when, methods: ['PUT'] } }))),
    ).toBe('fewer')
    expect(departure({ ...send, allow: [] })).toBe('gone')
  })

  it('tells what is there from what is absent', () => {
    const strict = guarded('gmail-send', 'strict')
    const rules = (strict.rules ?? []).map((rule) => ({
      ...rule,
      when: {
        ...rule.when,
        ...(rule.when.body !== undefined && {
          body: rule.when.body.map((one) =>
            one.op === 'exists' && one.value === undefined ? { ...one, value: false } : one,
          ),
        }),
      },
    }))
    const changed = originsOf({ ...strict, rules }).filter((origin) => origin?.departure)
    expect(changed.map((origin) => origin?.presetId)).toContain('attachments')
  })

  it('takes no offence at another name, another order, or more requests', () => {
    expect(departure(edited((rule) => ({ ...rule, label: 'Ours' })))).toBeUndefined()
    expect(
      departure(
        edited(({ when, ...rule }) => ({
          ...rule,
          when: {
            body: (when.body ?? []).map(({ path, op, value, ignoreCase }) => ({
              ...(ignoreCase !== undefined && { ignoreCase }),
              ...(value !== undefined && {
                value: Array.isArray(value) ? [...value].reverse() : value,
              }),
              op,
              path,
            })),
          },
        })),
      ),
    ).toBeUndefined()
  })

  it('is counted in the guard: what is missing, changed, or left of what is granted no more', () => {
    const less = { ...send, rules: (send.rules ?? []).filter((_, at) => at !== place) }
    const [action] = guardedActions(less)
    if (action === undefined) throw new Error('no action')
    const presets = presetsInDraft(less, action, findAction)
    expect(presets.find(({ presetId }) => presetId === 'external-recipients')?.missingCount).toBe(1)
    const left = { ...send, allow: [] }
    expect(guardedActions(left)).toMatchObject([{ actionId: 'gmail-send', isGranted: false }])
    expect(guardedActions(withoutGuard(left, 'gmail-send'))).toEqual([])
  })

  it('is nothing of rules of one’s own', () => {
    const own = edited(({ preset: _, ...rule }) => rule)
    expect(originsOf(own)[place]).toBeUndefined()
  })
})
