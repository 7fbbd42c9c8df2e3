import { ToolName } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { nameTools } from './name-tools.ts'

const odd = [
  ...['resolve-library-id', 'a.b', 'a_b', 'a b', 'A.B', '1st', '_x', 'ünï', 'list_prompts', ''],
  ...['x'.repeat(48), 'x'.repeat(49), `${'x'.repeat(48)}y`, '日本', '日曜'],
]

describe('names of tools', () => {
  it('are safe, each its own, and the same in every order', () => {
    const names = nameTools(odd, new Set(['list_prompts']))
    for (const name of names.values()) expect(ToolName.safeParse(name).success, name).toBe(true)
    expect(new Set(names.values()).size).toBe(odd.length)
    expect(
      new Map([...nameTools(odd.toReversed(), new Set(['list_prompts']))].toReversed()),
    ).toEqual(names)
  })

  it('are the server’s own where those can stand', () => {
    const names = nameTools(odd, new Set(['list_prompts']))
    expect(names.get('resolve-library-id')).toBe('resolve-library-id')
    expect(names.get('a_b')).toBe('a_b')
    expect(names.get('a.b')).toMatch(/^a_b_[0-9a-z]{7}$/)
    expect(names.get('1st')).toBe('t_1st')
    expect(names.get('list_prompts')).not.toBe('list_prompts')
  })
})
