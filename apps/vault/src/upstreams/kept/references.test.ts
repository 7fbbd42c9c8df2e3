import { describe, expect, it } from 'vitest'
import { namesIn, ReferenceFault, resolveReferences } from './references.ts'

const known = new Map([
  ['A', 'one'],
  ['AB', 'two'],
  ['LOOP', `$${'{'}A} $A $$`],
])
const braced = (name: string) => `$${'{'}${name}}`

describe('references', () => {
  it('stand for what their names do, braced or with as long a name as there is', () => {
    expect(resolveReferences(`x ${braced('A')}B $AB. $A-$A`, known)).toBe('x oneB two. one-one')
  })

  it('are looked for once: what they stand for is text', () => {
    expect(resolveReferences(`${braced('LOOP')}|$LOOP`, known)).toBe(
      `${known.get('LOOP')}|${known.get('LOOP')}`,
    )
  })

  it('are none where a $ is written twice, or stands before what no name begins with', () => {
    expect(resolveReferences('$$A $1 $ a$', known)).toBe('$A $1 $ a$')
    expect(namesIn('$$A $5 $')).toEqual([])
    expect(namesIn(`$A ${braced('AB')} $A`)).toEqual(['A', 'AB'])
  })

  it('to what is not there are an error that says its name, and never empty', () => {
    expect(() => resolveReferences('$HOME', known)).toThrow(/refers to HOME/)
    const unreadable = ['', 'A:-b', 'A B', '1', 'x'.repeat(101)].map(braced)
    for (const odd of [...unreadable, `$${'{'}`, `$${'{'}A`]) {
      expect(() => namesIn(odd), odd).toThrow(ReferenceFault)
    }
  })
})
