import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mayOverlap } from './path-overlap.ts'
import { compilePathPattern, matchesPath, splitPath } from './path-pattern.ts'

describe('whether two path patterns may have a path in common', () => {
  it('is said of what differs in a name or a length', () => {
    expect(mayOverlap('/v1/a', '/v1/b')).toBe(false)
    expect(mayOverlap('/v1/a', '/v1/a/b')).toBe(false)
    expect(mayOverlap('/v1/**', '/v2/a')).toBe(false)
    expect(mayOverlap('/v1/x*', '/v1/y')).toBe(false)
    expect(mayOverlap('/v1/**', '/v1/a/b')).toBe(true)
    expect(mayOverlap('/v1/*', '/v1/a')).toBe(true)
    expect(mayOverlap('/**', '/anything')).toBe(true)
    expect(mayOverlap('/%61', '/a')).toBe(true)
  })

  it('is never denied where there is one', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '%61', '', '7', 'a%2Fb')
    const open = fc.constantFrom('a', '*', 'a*', '*b', 'b', '%61', 'a%2Fb', '')
    const path = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`)
    const pattern = fc
      .tuple(fc.array(open, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([parts, rest]) => `/${parts.join('/')}${rest ? '/**' : ''}`)
    fc.assert(
      fc.property(pattern, pattern, path, (one, other, text) => {
        const fits = [one, other].every((each) =>
          matchesPath(compilePathPattern(each), splitPath(text)),
        )
        if (fits) expect(mayOverlap(one, other)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
