import { GuardPart, guardLevels, RequestRules, ResponseRules } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { createCatalog } from '../catalog.ts'
import { guardBindings } from './bindings.ts'
import { expandGuard, guardRulePrefix } from './expand-guard.ts'
import { guardRoles } from './guard-preset.ts'
import { guardUses } from './guard-uses.ts'
import { guardPresets } from './presets.ts'

const catalog = createCatalog()
const domains = ['example.com', 'example.org']
const casePaths = (id: string) => {
  const { also = {}, deletionsWhen = [], unseen } = guardBindings[id] ?? {}
  const cases = [...Object.values(also).flat(), ...deletionsWhen, ...(unseen?.when ?? [])]
  return cases.flatMap(({ paths = [] }) => paths)
}
const all = catalog.actions.flatMap((of) =>
  guardLevels.map((level) => ({ ...of, level, guard: expandGuard(of, { level, domains }) })),
)

describe('a guard', () => {
  it('comes to rules that a policy takes, for each action and level', () => {
    for (const { action, level, guard } of all) {
      const where = `${action.id}@${level}`
      expect(RequestRules.safeParse(guard.rules).error, where).toBeUndefined()
      expect(ResponseRules.safeParse(guard.response).error, where).toBeUndefined()
      for (const part of guard.parts) expect(GuardPart.safeParse(part).error).toBeUndefined()
    }
  })

  it('leaves room for others: no action takes more than a third of a policy’s rules', () => {
    for (const { action, guard } of all) {
      expect(guard.rules.length, action.id).toBeLessThanOrEqual(33)
    }
  })

  it('has rules that each name their preset and level, under ids of their action', () => {
    for (const { action, level, guard } of all) {
      for (const rule of [...guard.rules, ...guard.response]) {
        expect(rule.preset).toMatch(new RegExp(`@${level}$`))
        expect(guard.parts.map(({ preset }) => `${preset}@${level}`)).toContain(rule.preset)
        expect(rule.id.startsWith(guardRulePrefix(action))).toBe(true)
      }
    }
  })

  it('concerns the requests of its action alone', () => {
    for (const { action, guard } of all) {
      const paths = new Set([
        ...action.allow.flatMap((entry) => entry.paths),
        ...(guardBindings[action.id]?.deletions ?? []),
        ...casePaths(action.id),
      ])
      const origins = new Set(action.allow.map(({ origin }) => origin))
      for (const { when } of [...guard.rules, ...guard.response]) {
        expect(when?.origins?.every((origin) => origins.has(origin))).toBe(true)
        expect(
          when?.paths?.every((path) => paths.has(path)),
          `${action.id}`,
        ).toBe(true)
      }
    }
  })

  it('never lets anything through that the policy would ask about or refuse', () => {
    for (const { guard } of all) {
      expect(guard.rules.map((rule) => rule.then)).not.toContain('allow')
    }
  })

  it('keeps back at least as much at each stricter level', () => {
    const strength = { deny: 2, require_approval: 1, redact: 1, allow: 0 } as const
    for (const { service, action } of catalog.actions) {
      const weigh = (level: (typeof guardLevels)[number]) =>
        guardUses(service, action, level)
          .map((id) => guardPresets.find((preset) => preset.id === id))
          .reduce((sum, preset) => sum + (preset?.effect ? strength[preset.effect] : 1), 0)
      expect(weigh('standard'), action.id).toBeGreaterThanOrEqual(weigh('minimal'))
      expect(weigh('strict'), action.id).toBeGreaterThanOrEqual(weigh('standard'))
    }
  })

  it('says nothing of outsiders where nobody said who is inside, and says so', () => {
    for (const { service, action } of catalog.actions) {
      const guard = expandGuard({ service, action }, { level: 'strict', domains: [] })
      expect(JSON.stringify(guard.rules)).not.toContain('not_ends_with')
      const outside = guard.parts.filter(({ needsDomains }) => needsDomains)
      for (const { preset } of outside) {
        expect(guard.rules.some((rule) => rule.preset?.startsWith(`${preset}@`))).toBe(false)
      }
    }
  })

  it('holds for the hosts that are granted, where an action leaves them open', () => {
    const found = catalog.findAction('airtable-read')
    if (found === undefined) throw new Error('the catalog has no airtable-read')
    const allow = found.action.allow.map((entry) => ({ ...entry, origin: 'https://one.example' }))
    const guard = expandGuard({ ...found, allow }, { level: 'strict', domains })
    for (const { when } of guard.response) expect(when?.origins).toEqual(['https://one.example'])
  })
})

describe('the data of guards', () => {
  it('binds actions that the catalog has', () => {
    for (const id of Object.keys(guardBindings)) expect(catalog.findAction(id), id).toBeDefined()
  })

  it('names deletions and links that the action’s entries allow', () => {
    for (const [id, binding] of Object.entries(guardBindings)) {
      const allowed = catalog.findAction(id)?.action.allow.flatMap(({ paths }) => paths)
      const named = [...(binding.deletions ?? []), ...casePaths(id), ...(binding.uploads ?? [])]
      for (const path of named) expect(allowed, id).toContain(path)
    }
  })

  it('has each preset once, used by some action, about a role that is known', () => {
    const ids = guardPresets.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const used = new Set(all.flatMap(({ guard }) => guard.parts.map(({ preset }) => preset)))
    expect([...ids].filter((id) => !used.has(id))).toEqual([])
    for (const { role } of guardPresets) {
      if (role !== undefined) expect(guardRoles).toContain(role)
    }
  })
})
