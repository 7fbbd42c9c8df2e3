import { ToolName } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definition } from '../../../../../test/fixtures/toolset-room.ts'
import { planTools } from './plan-tools.ts'

const name = fc.oneof(fc.constantFrom('a', 'a_2', 'a_3', 'b'), fc.stringMatching(/^[a-z]{48}$/))
const tools = fc.uniqueArray(fc.record({ key: fc.string({ minLength: 1 }), name }), {
  ...{ selector: ({ key }) => key, minLength: 1, maxLength: 12 },
})

describe('planning tools', () => {
  it('gives every tool a name of its own, keeps those that owners gave, and plans the same again', () => {
    fc.assert(
      fc.property(tools, fc.option(name, { nil: undefined }), (given, chosen) => {
        const imported = given.map((tool) => ({
          outcome: 'taken' as const,
          definition: definition(tool),
        }))
        const [first] = given
        const choices =
          chosen === undefined || first === undefined
            ? []
            : [{ key: first.key, take: true, name: chosen }]
        const planned = planTools(imported, choices)
        const names = planned.map((tool) => tool.name)
        expect(new Set(names).size).toBe(given.length)
        for (const one of names) expect(ToolName.safeParse(one).success, one).toBe(true)
        if (chosen !== undefined) expect(names[0]).toBe(chosen)
        const standing = new Map(planned.map((tool) => [tool.definition.key, tool]))
        expect(planTools(imported, [], { standing }).map((tool) => tool.name)).toEqual(names)
      }),
    )
  })
})
