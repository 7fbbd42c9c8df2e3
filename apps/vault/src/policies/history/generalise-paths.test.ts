import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compilePathPattern,
  coversPath,
  matchesPath,
  splitPath,
} from '../../policy/path-pattern.ts'
import { generalisePaths } from './generalise-paths.ts'

const all = [compilePathPattern('/**')]

describe('patterns made of the paths that were used', () => {
  it('put a star where an id stands, and keep names', () => {
    const patterns = (...paths: string[]) => generalisePaths(paths, all)
    expect(patterns('/v1/users/17/posts', '/v1/users/18/posts', '/v1/me')).toEqual([
      '/v1/me',
      '/v1/users/*/posts',
    ])
    for (const id of [
      '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      '18c1f2a9b0d3e4f5',
      'da39a3ee5e6b4b0d3255bfef95601890afd80709',
      '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      'cus_NffrFeUfNV2Hib',
      'C0123ABCD',
      'a.person@example.com',
      'a.person%40example.com',
      '2026-11-21',
      '1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms',
    ]) {
      expect(patterns(`/v1/x/${id}/send`), id).toEqual(['/v1/x/*/send'])
    }
    for (const name of [
      'messages',
      'v1',
      'me',
      'drafts',
      'calendars',
      'chat.postMessage',
      'INBOX',
    ]) {
      expect(patterns(`/${name}/list`), name).toEqual([`/${name}/list`])
    }
  })

  it('put a star where many siblings stand, and not where there are few', () => {
    const names = 'alpha beta gamma delta epsilon zeta eta theta iota kappa'.split(' ')
    expect(
      generalisePaths(
        names.map((name) => `/repos/${name}/issues`),
        all,
      ),
    ).toEqual(['/repos/*/issues'])
    expect(
      generalisePaths(
        names.slice(0, 4).map((name) => `/repos/${name}`),
        all,
      ),
    ).toHaveLength(4)
  })

  it('take a star of a path for itself alone', () => {
    const [pattern = ''] = generalisePaths(['/v1/a*b'], all) ?? []
    expect(matchesPath(compilePathPattern(pattern), splitPath('/v1/a*b'))).toBe(true)
    expect(matchesPath(compilePathPattern(pattern), splitPath('/v1/aXb'))).toBe(false)
    expect(generalisePaths(['/v1/**'], all)).toEqual(['/v1/%2A%2A'])
  })

  it('never reach further than the patterns that are there, and fit every path that was used', () => {
    const segment = fc.constantFrom(
      'a',
      'b',
      'users',
      '7',
      '42',
      '18c1f2a9b0d3e4f5',
      'x*y',
      '',
      'p%2Fq',
      '%41',
    )
    const path = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`)
    const star = fc.constantFrom('a', '*', 'u*', 'users', '7', '*y')
    const pattern = fc
      .tuple(fc.array(star, { maxLength: 3 }), fc.constantFrom('', '/**'))
      .map(([parts, end]) => (parts.length === 0 ? '/**' : `/${parts.join('/')}${end}`))
    fc.assert(
      fc.property(
        fc.array(path, { maxLength: 40 }),
        fc.array(pattern, { minLength: 1, maxLength: 4 }),
        (paths, wide) => {
          const compiled = wide.map(compilePathPattern)
          const used = paths.filter((one) =>
            compiled.some((each) => matchesPath(each, splitPath(one))),
          )
          const found = generalisePaths(used, compiled)
          if (found === undefined) return
          for (const one of found) {
            expect(compiled.some((each) => coversPath(each, one))).toBe(true)
          }
          for (const one of used) {
            const fits = found.some((each) => matchesPath(compilePathPattern(each), splitPath(one)))
            expect(fits, `${one} of ${found}`).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
