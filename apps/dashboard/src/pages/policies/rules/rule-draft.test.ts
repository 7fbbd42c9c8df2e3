import { type RequestRule, RequestRules, type SensitiveName } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { copyOf, freeId, isAboutAll, newRule } from './rule-draft.ts'
import { requestSummary, responseSummary } from './rule-summary.ts'
import { isChosen, toggleGroup, toggleKind } from './sensitive-words.ts'

describe('a rule that is being written', () => {
  it('has an id of its own from the beginning, also as a copy, at the greatest length', () => {
    const rules: RequestRule[] = []
    for (const effect of ['deny', 'deny', 'allow', 'require_approval', 'redact'] as const) {
      rules.push(newRule(effect, rules))
    }
    for (const rule of [...rules, { ...newRule('deny', rules), id: 'x'.repeat(60) }]) {
      rules.push(copyOf({ ...rule, preset: 'links@strict', label: 'l'.repeat(200) }, rules))
    }
    expect(RequestRules.safeParse(rules).error).toBeUndefined()
    expect(rules.at(-1)?.preset).toBeUndefined()
    expect(freeId('a', [{ id: 'a-1' }, { id: 'a-2' }])).toBe('a-3')
  })

  it('says when it is about every request', () => {
    expect(isAboutAll({ when: { paths: [] } })).toBe(true)
    expect(isAboutAll({ when: { methods: ['GET'] } })).toBe(false)
    expect(requestSummary({ when: {} })).toBe('Every request')
  })

  it('is said in a line', () => {
    const body = [{ path: 'to[]', op: 'not_in' as const, value: ['a', 'b', 'c', 'd'] }]
    expect(requestSummary({ when: { methods: ['POST'], body } })).toBe(
      'to[] is none of a, b, c, 1 more · POST',
    )
    expect(responseSummary({ id: 'a', drop: ['x'], redact: ['email'] })).toBe(
      'Every answer · drops x · takes out E-mail address',
    )
  })
})

describe('kinds of sensitive data', () => {
  it('are chosen by group or one by one, and a group loses one of its own', () => {
    const contact: readonly SensitiveName[] = ['contact']
    expect(isChosen(contact, 'email')).toBe(true)
    const without = toggleKind(contact, 'email')
    expect(without).not.toContain('contact')
    expect(isChosen(without, 'email')).toBe(false)
    expect(isChosen(without, 'phone')).toBe(true)
    expect(toggleGroup(without, 'contact')).toEqual(['contact'])
    expect(toggleGroup(contact, 'contact')).toEqual([])
    expect(toggleKind(['all'], 'secret')).toEqual(['contact', 'financial', 'identity'])
  })
})
