import { createCatalog, guardPresets } from '@sallyport/catalog'
import { type guardLevels, type PolicyDocument, Problem, rulesMax } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { expressionFault } from '../policy/sensitive/compile-expression.ts'
import { draftGrant } from './grant-document.ts'
import { describeGuard } from './guard-grant.ts'

const catalog = createCatalog()
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const find = (id: string) => {
  const entry = catalog.findAction(id)
  if (entry === undefined) throw new Error(`the catalog has no ${id}`)
  return entry
}
const grant = (
  id: string,
  {
    guard,
    policy,
  }: Partial<Pick<Parameters<typeof draftGrant>[0], 'policy'>> & {
    guard?: Parameters<typeof draftGrant>[0]['wish']['guard']
  } = {},
) => {
  const entry = find(id)
  return draftGrant({
    ...entry,
    wish: guard === undefined ? {} : { guard },
    origins: entry.service.origins,
    policy,
    nowMs,
  })
}
const wish = (level: (typeof guardLevels)[number]) => ({ level, domains: ['example.com'] })
const own = { id: 'gmail-send.mine', when: {}, then: 'deny' } as const

describe('a grant with a guard', () => {
  it('brings the guard’s rules, each of which names its preset', () => {
    const { rules = [] } = grant('gmail-send', { guard: wish('standard') })
    expect(rules.map(({ preset }) => preset)).toContain('external-recipients@standard')
    expect(rules.every(({ preset }) => preset?.endsWith('@standard'))).toBe(true)
  })

  it('brings none without', () => {
    expect(grant('gmail-send')).not.toHaveProperty('rules')
  })

  it('replaces what an earlier grant of the action brought, and leaves the rest as it was', () => {
    const before: PolicyDocument = {
      ...grant('gmail-send', { guard: wish('strict') }),
      approval: 'writes',
    }
    const policy = { ...before, rules: [own, ...(before.rules ?? [])] }
    const read = grant('gmail-read', { guard: wish('minimal'), policy })
    expect(read.rules).toEqual(policy.rules)
    const again = grant('gmail-send', { guard: wish('minimal'), policy: read })
    expect(again.rules?.[0]).toEqual(own)
    expect(again.rules?.some(({ preset }) => preset?.endsWith('@strict'))).toBe(false)
    expect(again.response).toEqual(read.response)
    const twice = grant('gmail-send', { guard: wish('minimal'), policy: again })
    expect(twice.rules).toEqual(again.rules)
  })

  it('keeps the rules of a guard where the action is granted anew without one', () => {
    const before = grant('gmail-send', { guard: wish('strict') })
    expect(grant('gmail-send', { policy: before }).rules).toEqual(before.rules)
  })

  it('limits the entries that it grants, and no others', () => {
    const before = grant('gmail-send')
    const after = grant('gmail-read', { guard: wish('strict'), policy: before })
    const limited = after.allow.filter(({ limits }) => limits !== undefined)
    expect(new Set(limited.map(({ actionTemplateId }) => actionTemplateId))).toEqual(
      new Set(['gmail-read']),
    )
  })

  it('is refused where the policy has no room for its rules', () => {
    const rules = Array.from({ length: rulesMax }, (_, at) => ({ ...own, id: `own-${at}` }))
    const policy: PolicyDocument = { ...grant('gmail-read'), rules }
    expect(() => grant('gmail-send', { guard: wish('standard'), policy })).toThrow(Problem)
  })
})

describe('a guard that is shown', () => {
  it('names the hosts of the connection where the action leaves them open', () => {
    const open = catalog.actions.find(({ action }) =>
      action.allow.some(({ origin }) => origin.includes('*')),
    )
    if (open === undefined) throw new Error('no action of the catalog leaves hosts open')
    const [entry] = open.action.allow
    const host = entry?.origin.replaceAll('*', 'acme') ?? ''
    const { rules, response } = describeGuard(open, wish('strict'), [host])
    for (const { when } of [...rules, ...response]) expect(when?.origins).toEqual([host])
  })
})

describe('the presets', () => {
  it('have expressions that can be matched in linear time', () => {
    for (const { id, test } of guardPresets) {
      if (test?.op !== 'matches') continue
      for (const pattern of test.value) expect(expressionFault(String(pattern)), id).toBeUndefined()
    }
  })
})
