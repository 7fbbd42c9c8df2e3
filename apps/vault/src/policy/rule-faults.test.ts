import type { RequestCondition, RequestRule } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { ruleFaults } from './rule-faults.ts'

const fieldsOf = (when: RequestCondition) => {
  const rule: RequestRule = { id: 'a', when, then: 'deny' }
  return ruleFaults([{ ...rule, id: 'fine', when: {} }, rule]).map(({ field }) => field)
}

describe('ruleFaults', () => {
  it('names the field of every value that its operator cannot compare with', () => {
    const bad = [
      { op: 'gt', value: '5' },
      { op: 'lt', value: [5] },
      { op: 'count_gt', value: 1.5 },
      { op: 'in', value: 'x' },
      { op: 'not_in', value: 5 },
      { op: 'exists', value: 'yes' },
      { op: 'eq' },
      { op: 'contains', value: 5 },
      { op: 'contains', value: '' },
      { op: 'starts_with', value: ['a', null] },
      { op: 'matches', value: '(' },
      { op: 'matches', value: ['a', '(?=b)'] },
      { op: 'not_matches', value: 'a'.repeat(501) },
    ] as const
    for (const compared of bad) {
      const value =
        'value' in compared && Array.isArray(compared.value) ? [...compared.value] : undefined
      const one = { ...compared, ...(value && { value }) } as never as { op: 'eq' }
      expect(fieldsOf({ body: [{ path: 'a', ...one }] }), JSON.stringify(compared)).toEqual([
        'rules.1.when.body.0.value',
      ])
      expect(fieldsOf({ query: [{ name: 'a', ...one }] })).toEqual(['rules.1.when.query.0.value'])
    }
  })

  it('names paths, own kinds and words that have no meaning', () => {
    expect(fieldsOf({ body: [{ path: '["\\x"]', op: 'exists' }] })).toEqual([
      'rules.1.when.body.0.path',
    ])
    expect(fieldsOf({ body: [{ path: 'a', op: 'gt', value: 1, ignoreCase: true }] })).toEqual([
      'rules.1.when.body.0.ignoreCase',
    ])
    const custom = [{ name: 'own', pattern: '[' }]
    expect(fieldsOf({ sensitive: { kinds: [], custom, fields: ['a', '["\\x"]'] } })).toEqual([
      'rules.1.when.sensitive.fields.1',
      'rules.1.when.sensitive.custom.0.pattern',
    ])
  })

  it('finds nothing wrong with what can be compared', () => {
    expect(
      fieldsOf({
        query: [
          { name: 'a', op: 'exists' },
          { name: 'a', op: 'eq', value: [1, null] },
        ],
        body: [
          { path: '', op: 'contains', value: 'x', ignoreCase: true },
          { path: 'a', op: 'in', value: [true] },
          { path: 'a', op: 'matches', value: '(?i)^a+$' },
          { path: 'a', op: 'count_gt', value: 0 },
        ],
        sensitive: { kinds: ['all'] },
      }),
    ).toEqual([])
    expect(ruleFaults()).toEqual([])
  })
})
