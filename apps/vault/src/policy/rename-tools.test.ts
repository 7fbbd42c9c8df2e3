import type { PolicyDocument, RequestRule } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { renameInRules, type ToolRenames } from './rename-tools.ts'
import { compileTools, matchesTool } from './tool-pattern.ts'

const ruled = (tools: string[], then: RequestRule['then'] = 'deny'): PolicyDocument => ({
  ...{ allow: [], approval: 'writes', limits: {}, windows: [] },
  rules: [{ id: 'r', when: { tools }, then }],
})
const renames = (tools: Record<string, string>, toolset?: ToolRenames['toolset']): ToolRenames => ({
  tools: new Map(Object.entries(tools)),
  toolset,
})
const after = (tools: string[], by: ToolRenames, then: RequestRule['then'] = 'deny') =>
  renameInRules(ruled(tools, then), by).document.rules?.[0]?.when.tools

describe('a rule about a tool that gets another name', () => {
  it.each([
    ['by its name', ['a.b'], ['a.c']],
    ['by a pattern that fits no more', ['a.b*'], ['a.b*', 'a.c']],
    ['by a pattern that fits still', ['a.*'], ['a.*']],
    ['of all tools', ['*'], ['*']],
    ['of another one', ['a.x'], ['a.x']],
    ['by its name and a pattern', ['a.*', 'a.b'], ['a.*', 'a.c']],
  ])('goes on keeping it back: %s', (_, before, expected) => {
    verifies('S-24')
    expect(after(before, renames({ 'a.b': 'a.c' }))).toEqual(expected)
  })

  it('does not follow it by a pattern where it allows, and says so', () => {
    const { document, turns } = renameInRules(ruled(['a.b*'], 'allow'), renames({ 'a.b': 'a.c' }))
    expect(document).toEqual(ruled(['a.b*'], 'allow'))
    expect(turns).toEqual([{ ruleId: 'r', then: 'allow', tool: 'a.c', turn: 'ceases' }])
  })

  it('says where it speaks of a tool only now', () => {
    const widened = renameInRules(ruled(['a.read*'], 'allow'), renames({ 'a.wipe': 'a.read_x' }))
    expect(widened.turns).toEqual([
      { ruleId: 'r', then: 'allow', tool: 'a.read_x', turn: 'begins' },
    ])
    expect(renameInRules(ruled(['a.b']), renames({ 'a.b': 'a.c' })).turns).toEqual([])
  })

  it('keeps two apart that change names with each other', () => {
    const swapped = renames({ 'a.b': 'a.c', 'a.c': 'a.b' })
    expect(after(['a.b'], swapped)).toEqual(['a.c'])
    expect(after(['a.b'], swapped, 'allow')).toEqual(['a.c'])
  })

  it('follows a toolset by its names, its patterns, and one that begins before its tools do', () => {
    const whole = renames({ 'old.b': 'new.b' }, { from: 'old', to: 'new' })
    expect(after(['old.b', 'old.gone', 'old.*', 'old.b*'], whole)).toEqual([
      ...['new.b', 'new.gone', 'new.*', 'new.b*'],
    ])
    expect(after(['ol*'], whole)).toEqual(['ol*', 'new.*'])
    expect(after(['*'], whole)).toEqual(['*'])
    expect(after(['older.b'], whole)).toEqual(['older.b'])
  })

  it('is about a whole toolset where its names are more than a rule can have', () => {
    const many = Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [`a.b${at}`, `a.c${at}`]),
    )
    expect(after(['a.b*'], renames(many))).toEqual(['a.*'])
  })

  it('never has more patterns than a rule may', () => {
    verifies('S-24')
    const others = Array.from({ length: 99 }, (_, at) => `x${at}.y`)
    expect(after([...others, 'a.b*'], renames({ 'a.b1': 'a.c', 'a.b2': 'a.d' }))).toEqual([
      ...[...others, 'a.*'],
    ])
    expect(after([...others, 'z*'], renames({ 'z.b': 'a.c' }))).toEqual(['*'])
    const whole = renames({}, { from: 'old', to: 'new' })
    expect(after([...others, 'ol*'], whole)).toEqual(['*'])
  })

  it('never lets go of a tool that it kept back, whatever the names', () => {
    verifies('S-24')
    const name = fc.constantFrom('a.b', 'a.bc', 'a.c', 'ab.c', 'x.y')
    const pattern = fc.constantFrom('a.b', 'a.b*', 'a*', 'ab.*', 'x.y', '*', 'a.bc', 'x*')
    const then = fc.constantFrom('deny', 'require_approval')
    const names = fc.uniqueArray(fc.tuple(name, name), { selector: ([from]) => from })
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1 }), names, then, (tools, pairs, effect) => {
        const by = { tools: new Map(pairs) }
        const kept = after(tools, by, effect) ?? []
        const isAbout = (patterns: readonly string[], one: string) =>
          matchesTool(compileTools(patterns, { byAnyName: true }), { name: one })
        for (const [from, to] of pairs) {
          if (isAbout(tools, from)) expect(isAbout(kept, to)).toBe(true)
        }
      }),
    )
  })
})

it('writes rules on answers anew and leaves everything else as it is', () => {
  const document: PolicyDocument = {
    ...ruled(['z.z']),
    response: [
      { id: 'a', when: { tools: ['a.b'], statuses: [200] }, drop: ['x'] },
      { id: 'b', keep: ['y'] },
    ],
  }
  expect(renameInRules(document, renames({ 'a.b': 'a.c' })).document).toEqual({
    ...document,
    response: [
      { id: 'a', when: { tools: ['a.c'], statuses: [200] }, drop: ['x'] },
      { id: 'b', keep: ['y'] },
    ],
  })
  expect(renameInRules(document, renames({ 'q.b': 'q.c' })).document).toBe(document)
})
