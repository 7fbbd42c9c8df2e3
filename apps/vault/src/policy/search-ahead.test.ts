import type { RequestRule } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsFor } from '../../../../test/fixtures/policy-facts.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from './compile-policy.ts'
import { decide, searchAhead } from './decide.ts'
import type { PolicyRequest } from './decision.ts'
import { atOnce } from './sensitive/turns.ts'

const origin = 'https://api.example.com'
const facts = factsFor(origin)
const policyOf = (rules: readonly RequestRule[]) =>
  compilePolicy({
    ...{ id: 'pol_1', version: 1 },
    document: {
      allow: [{ origin, methods: ['POST'], paths: ['/**'] }],
      ...{ rules: [...rules], approval: 'writes', limits: {}, windows: [] },
    },
  })
const posting = (text: string, type: string): PolicyRequest => ({
  ...{ method: 'POST', origin, path: '/v1/a', query: [['q', '123-45-6789 x']] },
  ...{ headers: [['content-type', type]], body: new TextEncoder().encode(text) },
})

const word = fc.constantFrom(
  ...['x', 'ann@example.com', '123-45-6789', '4111 1111 1111 1111', 'b\\u0040c.com', '%40', '🙂'],
)
const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(' '))
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.constantFrom(5, 123456789, 1e21, true, null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'ssn', 'ann@example.com'), tie('tree'), { maxKeys: 3 }),
  ),
}))
const body = fc.oneof(
  tree.map((value) => ['application/json', JSON.stringify(value)] as const),
  text.map((value) => ['text/plain', value] as const),
  text.map(
    (value) =>
      [
        'application/x-www-form-urlencoded',
        new URLSearchParams({ a: value, ssn: value }).toString(),
      ] as const,
  ),
  fc.constant(['application/json', '{"a":1,"a":2}'] as const),
)
const rule = fc
  .record({
    then: fc.constantFrom('deny' as const, 'require_approval' as const, 'redact' as const),
    kinds: fc.subarray(['email', 'us_ssn', 'credit_card'] as const, { minLength: 1 }),
    fields: fc.option(fc.constantFrom(['a'], ['[]', 'ssn']), { nil: undefined }),
  })
  .map(({ then, kinds, fields }, index = 0) => ({
    id: `${then}-${index}`,
    when: { sensitive: { kinds: [...kinds], ...(fields && { fields: [...fields] }) } },
    then,
  }))
const rules = fc
  .array(rule, { minLength: 1, maxLength: 4 })
  .map((made) => made.map((one, index) => ({ ...one, id: `r${index}` })))

describe('looking ahead', () => {
  it('changes no decision, and nothing of what is taken out', () => {
    verifies('S-14', 'S-21')
    let redactions = 0
    fc.assert(
      fc.property(rules, body, fc.boolean(), (written, [type, content], bare) => {
        const policy = policyOf(written)
        const { query: _, ...rest } = posting(content, type)
        const request = { ...rest, query: bare ? [] : posting(content, type).query }
        const searched = atOnce(searchAhead(policy, request, facts))
        const ahead = decide(policy, request, { ...facts, searched })
        expect(ahead).toEqual(decide(policy, request, facts))
        if (ahead.redaction !== undefined) redactions += 1
      }),
      { numRuns: 400 },
    )
    // How many there are is chance; that there are some is not.
    expect(redactions).toBeGreaterThan(5)
  })

  it('leaves deciding nothing to look through', () => {
    const policy = policyOf([
      { id: 'r', when: { sensitive: { kinds: ['all'] } }, then: 'redact' },
      { id: 'a', when: { sensitive: { kinds: ['all'] } }, then: 'require_approval' },
    ])
    const request = {
      ...posting(JSON.stringify({ a: '1-2 '.repeat(50_000) }), 'application/json'),
      query: [],
    }
    const work = searchAhead(policy, request, facts)
    let pauses = 0
    let step = work.next()
    for (; step.done !== true; step = work.next()) pauses += 1
    expect(pauses).toBeGreaterThan(50)
    const [known] = [...(step.value?.values() ?? [])]
    expect(known).toMatchObject({ answer: 'no' })
    expect(step.value?.size).toBe(1)
  })

  it('looks through nothing that is refused anyway', () => {
    const policy = policyOf([{ id: 'r', when: { sensitive: { kinds: ['all'] } }, then: 'deny' }])
    const elsewhere = { ...posting('x', 'text/plain'), origin: 'https://else.example' }
    expect(searchAhead(policy, elsewhere, facts).next()).toEqual({ done: true, value: undefined })
    expect(searchAhead(policyOf([]), posting('x', 'text/plain'), facts).next().done).toBe(true)
  })
})
