import { readFileSync } from 'node:fs'
import { RequestRules } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compilePolicy } from '../policy/compile-policy.ts'
import { decide } from '../policy/decide.ts'

// The rules that docs/policies.md gives to owners of budgets.

const guide = readFileSync(new URL('../../../../docs/policies.md', import.meta.url), 'utf8')
const [, block = ''] = /```yaml\n(rules:\n {2}- id: streams-say-usage\n[^`]*)```/.exec(guide) ?? []
const rules = RequestRules.parse(parse(block).rules)
const origin = 'https://api.openai.com'
const allow = [{ origin, methods: ['POST' as const], paths: ['/**'] }]
const policy = compilePolicy({
  ...{ id: 'pol_1', version: 1 },
  document: { allow, rules, approval: 'never', limits: {}, windows: [] },
})

const outcomeOf = (body: string) =>
  decide(
    policy,
    {
      ...{ method: 'POST', origin, path: '/v1/chat/completions', query: [] },
      headers: [['content-type', 'application/json']],
      body: new TextEncoder().encode(body),
    },
    {
      now: Date.parse('2026-11-21T12:00:00Z'),
      workspace: { isFrozen: false },
      agent: { status: 'active' },
      connection: { status: 'healthy', origins: [origin] },
    },
  ).outcome

describe('the rules against hidden usage', () => {
  it('deny what has no sum in its answer, however it asks for that', () => {
    for (const body of [
      '{"stream":true}',
      '{"stream":"true"}',
      '{"stream":1}',
      '{"stream":true,"stream_options":{}}',
      '{"stream":true,"stream_options":null}',
      '{"stream":true,"stream_options":{"include_usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true,"include_usage":false}}',
      '{"background":true}',
      '{"background":"true"}',
      '{"stream":true',
    ]) {
      expect(outcomeOf(body), body).toBe('deny')
    }
  })

  it('let all else on', () => {
    for (const body of [
      '{}',
      '{"stream":false,"background":false}',
      '{"stream":true,"stream_options":{"include_usage":true}}',
    ]) {
      expect(outcomeOf(body), body).toBe('allow')
    }
  })
})
