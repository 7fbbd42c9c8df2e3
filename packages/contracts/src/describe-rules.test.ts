import { describe, expect, it } from 'vitest'
import { describePolicy } from './describe-policy.ts'
import { describeResponseRules, describeRules } from './describe-rules.ts'
import type { RequestRule } from './policy-rule.ts'

describe('describeRules', () => {
  it('says what each rule does, what denies before the rest, with what an owner wrote in quotation marks', () => {
    const rules: RequestRule[] = [
      { id: 'a', when: { methods: ['GET'] }, then: 'allow' },
      {
        id: 'b',
        label: 'No strangers',
        when: {
          methods: ['POST', 'PUT'],
          paths: ['/v1/**', '/v2/send'],
          origins: ['https://api.example.com'],
          body: [
            {
              path: 'to[]',
              op: 'not_ends_with',
              value: ['@own.example', '@our.example'],
              ignoreCase: true,
            },
          ],
          query: [{ name: 'dry', op: 'exists', value: false }],
        },
        then: 'deny',
      },
      {
        id: 'c',
        when: { body: [{ path: 'amount', op: 'gt', value: 100 }] },
        then: 'require_approval',
      },
      {
        id: 'd',
        when: { sensitive: { kinds: ['financial', 'iban', 'us_ssn'], fields: ['text'] } },
        then: 'redact',
      },
      { id: 'e', when: { sensitive: { kinds: ['all'] } }, then: 'deny' },
      { id: 'f', when: {}, then: 'require_approval' },
    ]
    expect(describeRules(rules)).toEqual([
      '“No strangers”: Denies POST and PUT requests to anything under /v1 or /v2/send at https://api.example.com where the query’s “dry” is absent, and any of the body’s “to[]” ends with none of “@own.example” or “@our.example”, in capitals or not.',
      'Denies every request where sensitive data of every kind stand in it.',
      'Takes card and account numbers and US social security numbers in “text” out of every request.',
      'Does not ask you about GET requests.',
      'Asks you before every request where the body’s “amount” is greater than 100.',
      'Asks you before every request.',
      'A body that cannot be read counts as if it held what is to be denied, asked about or taken out.',
    ])
  })

  it('cuts, counts and makes visible what is long or hidden', () => {
    const [sentence = ''] = describeRules([
      {
        id: 'a',
        label: `x\u202e${'y'.repeat(190)}`,
        when: {
          query: [{ name: 'q', op: 'in', value: Array.from({ length: 200 }, (_, at) => `v${at}`) }],
        },
        then: 'deny',
      },
    ])
    expect(sentence).not.toContain('\u202e')
    expect(sentence.length).toBeLessThan(250)
    expect(sentence).toContain('“v4” or 195 more')
  })

  it('says what is done to answers', () => {
    expect(
      describeResponseRules([
        {
          id: 'a',
          label: 'Short',
          when: { methods: ['GET'], statuses: [200, 206] },
          keep: ['id', 'items[].subject'],
          redact: ['email'],
        },
        { id: 'b', drop: ['raw'] },
      ]),
    ).toEqual([
      '“Short”: Leaves only “id” and “items[].subject” of, takes e-mail addresses out of answers with status 200 or 206 to GET requests.',
      'Drops “raw” from answers to every request.',
    ])
  })

  it('stands in the words for the whole policy', () => {
    const words = describePolicy({
      allow: [{ origin: 'https://api.example.com', methods: ['GET'], paths: ['/**'] }],
      approval: 'never',
      rules: [{ id: 'a', when: { paths: ['/v1/secret'] }, then: 'require_approval' }],
      response: [{ id: 'b', drop: ['raw'] }],
    })
    expect(words).toEqual([
      'May read (GET) anything at https://api.example.com.',
      'You are not asked. Rules that say otherwise come first.',
      'Asks you before every request to /v1/secret.',
      'An approval lasts 30 minutes.',
      'Drops “raw” from answers to every request.',
    ])
  })
})
