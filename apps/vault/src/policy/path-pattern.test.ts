import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { compilePathPattern, coversPath, matchesPath, splitPath } from './path-pattern.ts'

const matches = (pattern: string, path: string) =>
  matchesPath(compilePathPattern(pattern), splitPath(path))

/** The same rules written the slow and obvious way: try every way to share the text out among the stars. */
function segmentOracle(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (text === '' && pattern !== '') return false
  const tryFrom = (p: number, t: number): boolean => {
    if (p === pattern.length) return t === text.length
    if (pattern[p] !== '*') return text[t] === pattern[p] && tryFrom(p + 1, t + 1)
    for (let end = t; end <= text.length; end++) if (tryFrom(p + 1, end)) return true
    return false
  }
  return tryFrom(0, 0)
}

function pathOracle(pattern: string, path: string): boolean {
  const have = path.split('/').slice(1)
  const want = pattern.split('/').slice(1)
  if (want.at(-1) === '**') {
    want.pop()
    return have.length > want.length && want.every((one, at) => segmentOracle(one, have[at] ?? ''))
  }
  return have.length === want.length && want.every((one, at) => segmentOracle(one, have[at] ?? ''))
}

describe('path patterns', () => {
  it('treats every character but * as itself', () => {
    verifies('S-13')
    for (const special of [
      '.',
      '+',
      '(',
      ')',
      '[a]',
      '{a}',
      '|',
      '^',
      '$',
      '\\d',
      '?:',
      '!a',
      '@(a)',
    ]) {
      expect(matches(`/${special}`, `/${special}`)).toBe(true)
      expect(matches(`/${special}`, '/a')).toBe(false)
    }
    expect(matches('/a.c', '/abc')).toBe(false)
    expect(matches('/%2A', '/anything')).toBe(false)
  })

  it('is anchored at both ends and bound to segments', () => {
    verifies('S-13')
    expect(matches('/v1/**', '/v1x')).toBe(false)
    expect(matches('/v1/**', '/v1')).toBe(false)
    expect(matches('/v1/**', '/xv1/a')).toBe(false)
    expect(matches('/v1/**', '/a/v1/a')).toBe(false)
    expect(matches('/v1', '/v1/')).toBe(false)
    expect(matches('/v1/*', '/v1/a/b')).toBe(false)
    expect(matches('/v1/*', '/v1/')).toBe(false)
    expect(matches('/v1/*/c', '/v1//c')).toBe(false)
    expect(matches('/a*', '/a/b')).toBe(false)
    expect(matches('/*', '/')).toBe(false)
  })

  it('lets a last /** stand for the rest, an empty last segment included', () => {
    verifies('S-13')
    for (const path of ['/', '/a', '/a/', '/a/b/c']) expect(matches('/**', path)).toBe(true)
    for (const path of ['/v1/', '/v1/a', '/v1/a/']) expect(matches('/v1/**', path)).toBe(true)
  })

  it('compares decoded segments, and takes an encoded slash for neither data nor a slash', () => {
    verifies('S-13', 'S-14')
    expect(matches('/u/a@b', '/u/a%40b')).toBe(true)
    expect(matches('/u/a%40b', '/u/a@b')).toBe(true)
    expect(matches('/admin', '/%61dmin')).toBe(true)
    expect(matches('/u/*', '/u/a%2Fdelete')).toBe(false)
    expect(matches('/u/*/delete', '/u/a%2fdelete')).toBe(false)
    expect(matches('/u/*%2F*', '/u/a%2fdelete')).toBe(true)
    expect(matches('/u/*%2F*', '/u/a/delete')).toBe(false)
    expect(matches('/u/**', '/u%2Fa')).toBe(false)
    expect(matches('/u/**', '/u/a%2Fb')).toBe(true)
  })

  it('agrees with an oracle that tries everything', () => {
    verifies('S-13')
    const text = (letters: string) => fc.string({ unit: fc.constantFrom(...letters), maxLength: 9 })
    const rest = fc.constantFrom('', '/**')
    fc.assert(
      fc.property(text('ab/*'), rest, text('ab/'), (body, tail, path) => {
        const pattern = `/${body}`.replaceAll(/\*+/g, '*') + tail
        expect(matches(pattern, `/${path}`)).toBe(pathOracle(pattern, `/${path}`))
      }),
      { numRuns: 20_000 },
    )
  })

  it('takes linear time where backtracking would take hours', () => {
    verifies('S-13')
    const many = 'a'.repeat(1 << 21)
    const piece = `${'a'.repeat(1 << 17)}b`
    expect(matches(`/*${piece}*`, `/${many}`)).toBe(false)
    expect(matches(`/${'*a'.repeat(400)}*b`, `/${many}`)).toBe(false)
    expect(matches(`/*${piece}*c*`, `/${many}bc`)).toBe(true)
  })

  it('never throws, whatever the pattern or the path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (pattern, path) => {
        expect(typeof matches(`/${pattern}`, `/${path}`)).toBe('boolean')
      }),
    )
    expect(matches('/%zz', '/%zz')).toBe(true)
    expect(matches('/%c0%ae', '/.')).toBe(false)
  })
})

describe('a pattern covers another one', () => {
  const covers = (wide: string, narrow: string) => coversPath(compilePathPattern(wide), narrow)

  it.each([
    ['/v1/**', '/**'],
    ['/v1/**', '/v1'],
    ['/v1/*', '/v1/**'],
    ['/v1/*/**', '/v1/**'],
    ['/v1/a', '/v1/*'],
    ['/v1/a*', '/v1/*'],
    ['/v1/a*b', '/v1/a*'],
    ['/v1/*', '/v1/*/x'],
    ['/v1/*', '/v1/'],
    ['/v1/*', '/v2/*'],
    ['/v1/a', '/v1%2Fa'],
    ['/v1/%2541*', '/v1/%41*%4'],
  ])('never where it is not so: %s and %s', (wide, narrow) => {
    expect(covers(wide, narrow)).toBe(false)
  })

  it.each([
    ['/**', '/**'],
    ['/**', '/v1/**'],
    ['/v1/**', '/v1/'],
    ['/v1/**', '/v1/*/a*'],
    ['/v1/*/**', '/v1/a/**'],
    ['/v1/*', '/v1/a'],
    ['/v1/*', '/v1/a*'],
    ['/v1/a*', '/v1/a*b*'],
    ['/v1/%61', '/v1/a'],
    ['/v1/%41*%4', '/v1/%41*%4'],
  ])('where it is so: %s and %s', (wide, narrow) => {
    expect(covers(wide, narrow)).toBe(true)
  })

  it('only where it matches all that the other one matches', () => {
    const segment = fc
      .array(fc.constantFrom('a', 'b', '*'), { maxLength: 3 })
      .map((parts) => parts.join('').replaceAll(/\*+/g, '*'))
    const pattern = fc
      .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([segments, open]) => `/${segments.join('/')}${open ? '/**' : ''}`)
    // A letter that no pattern has stands for all the others.
    const texts = [
      '',
      'a',
      'b',
      'c',
      'aa',
      'ab',
      'ba',
      'bb',
      'ac',
      'ca',
      'abc',
      'aab',
      'aba',
      'aca',
    ]
    const paths = texts.flatMap((one) => [
      `/${one}`,
      ...texts.flatMap((two) => [`/${one}/${two}`, `/${one}/${two}/a`, `/${one}/${two}/c/c`]),
    ])
    fc.assert(
      fc.property(pattern, pattern, (wide, narrow) => {
        const wider = compilePathPattern(wide)
        const narrower = compilePathPattern(narrow)
        const escapes = paths
          .map(splitPath)
          .some((path) => matchesPath(narrower, path) && !matchesPath(wider, path))
        if (coversPath(wider, narrow)) expect(escapes).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('itself, and is covered through what covers it', () => {
    const letters = fc.array(fc.constantFrom('a', '%41', '%4', '/', '*', '%2F'), { maxLength: 8 })
    const pattern = letters.map((parts) => `/${parts.join('').replaceAll(/\*+/g, '*')}`)
    fc.assert(
      fc.property(pattern, pattern, pattern, (a, b, c) => {
        expect(covers(a, a)).toBe(true)
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
