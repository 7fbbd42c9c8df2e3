import fc from 'fast-check'
import { expect, it } from 'vitest'
import { originsMeet, pathsMeet } from './overlap.ts'

it.each([
  ['https://a.example', 'https://a.example', true],
  ['https://a.example', 'https://b.example', false],
  ['https://*.example.com', 'https://a.example.com', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://a.b.example.com', false],
  ['https://*.example.com', 'http://a.example.com', false],
  ['https://*.example.com', 'https://a.example.com:8443', false],
  ['https://a*.example.com', 'https://*b.example.com', true],
  ['https://a*.example.com', 'https://b*.example.com', false],
  ['https://s3.*.amazonaws.com', 'https://*.*.amazonaws.com', true],
  ['https://s3.*.amazonaws.com', 'https://email.*.amazonaws.com', false],
])('says of %s and %s that one origin can fit both: %s', (one, other, expected) => {
  expect(originsMeet(one, other)).toBe(expected)
  expect(originsMeet(other, one)).toBe(expected)
})

it.each([
  ['/a', '/a', true],
  ['/a', '/b', false],
  ['/a/*', '/a/b', true],
  ['/a/*', '/a/', false],
  ['/a/*', '/a/b/c', false],
  ['/a/**', '/a', false],
  ['/a/**', '/a/', true],
  ['/a/**', '/a/b/c', true],
  ['/a/**', '/a/b/**', true],
  ['/a/**', '/b/**', false],
  ['/**', '/', true],
  ['/*/b', '/a/*', true],
  ['/*/b/**', '/a/c/*', false],
  ['/bot*/get*', '/bot1/*Me', true],
  ['/root(path=*)', '/root(path=*)/x', false],
])('says of %s and %s that one path can fit both: %s', (one, other, expected) => {
  expect(pathsMeet(one, other)).toBe(expected)
  expect(pathsMeet(other, one)).toBe(expected)
})

const pattern = fc
  .array(fc.constantFrom('a', 'b', '*'), { maxLength: 6 })
  .map((all) => all.join(''))
const fill = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 })

it('finds what a pattern and any text that fits it have in common', () => {
  fc.assert(
    fc.property(pattern, fill, (text, run) => {
      fc.pre(text !== '')
      expect(pathsMeet(`/${text}`, `/${text.replaceAll('*', run.join(''))}`)).toBe(true)
    }),
  )
})

it('finds a text for two patterns exactly where there is one', () => {
  const texts: string[] = ['a', 'b']
  for (const text of texts) if (text.length < 6) texts.push(`${text}a`, `${text}b`)
  const fits = (text: string, each: string) =>
    new RegExp(`^${each.replaceAll('*', '.*')}$`).test(text)
  const short = fc.array(fc.constantFrom('a', 'b', '*'), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(short, short, (one, other) => {
      const [a, b] = [one.join(''), other.join('')]
      const exists = texts.some((text) => fits(text, a) && fits(text, b))
      expect(pathsMeet(`/${a}`, `/${b}`)).toBe(exists)
    }),
  )
})
