import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileExpression, expressionFault } from './compile-expression.ts'

describe('compileExpression', () => {
  const found = (pattern: string, text: string) =>
    compileExpression(pattern)
      .find(text)
      .map(({ start, end }) => text.slice(start, end))

  it('finds what RE2 finds, in order and without overlap', () => {
    expect(found('EMP-\\d{4,6}', 'EMP-1234, EMP-12, EMP-123456789')).toEqual([
      'EMP-1234',
      'EMP-123456',
    ])
    expect(found('\\bcat\\b', 'cat concat cat')).toEqual(['cat', 'cat'])
    expect(found('^a', 'aaa')).toEqual(['a'])
    expect(found('(?m)^\\w', 'ab\ncd')).toEqual(['a', 'c'])
    expect(found('x*', 'axxb')).toEqual(['xx'])
    expect(compileExpression('geheim', { ignoreCase: true }).test('GEHEIM')).toBe(true)
    expect(compileExpression('geheim').test('GEHEIM')).toBe(false)
  })

  it('finds the same wherever in a long text it stands', () => {
    fc.assert(
      fc.property(fc.nat(9000), fc.constantFrom('a', '💩', ' ', '1'), (at, filler) => {
        const text = `${filler.repeat(at)}-EMP-123456-${filler.repeat(3000)}`
        expect(found('EMP-\\d{6}\\b', text)).toEqual(['EMP-123456'])
      }),
      { numRuns: 50 },
    )
  })

  it('covers a match that is longer than what it sees in one go, in pieces', () => {
    const text = `${'<'.repeat(700)}${'k'.repeat(10_000)}>`
    const spans = compileExpression('k+').find(text)
    expect(spans[0]?.start).toBe(700)
    expect(spans.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(10_000)
  })

  it('hides the rest of a text in which it matches nearly everywhere', () => {
    const text = '1,'.repeat(5000)
    const spans = compileExpression('\\d').find(text)
    expect(spans.length).toBeLessThan(2000)
    expect(spans.at(-1)?.end).toBe(text.length)
  })

  it('says what is wrong with an expression', () => {
    expect(expressionFault('[a-z]{2,5}-\\d+')).toBe(undefined)
    expect(expressionFault('(?=a)b')).toBe('The expression looks around ((?=), which RE2 cannot.')
    expect(expressionFault('(?<!a)b')).toContain('looks around')
    expect(expressionFault('(a)\\1')).toBe(
      'The expression refers back to a group (\\1), which RE2 cannot.',
    )
    expect(expressionFault('(?<n>a)\\k<n>')).toContain('refers back')
    expect(expressionFault('(a')).toContain('missing closing )')
    expect(expressionFault('[z-a]')).toContain('range')
    expect(expressionFault('a{1001}')).toContain('repeats too often')
    expect(expressionFault('(a{30}){30}')).toContain('too large')
    expect(() => compileExpression('(')).toThrow('cannot be read')
  })

  it.each([
    ...['a{3,2}', '((a{100}){100}){100}', '(((a{10}){10}){10}){10}', 'a{1000}'.repeat(70)],
    ...['(?:(?:){1000}){1000}', '(?:(?:(?:|a){0,30}){0,30}){0,30}', '[\\pL]{600}', '(a|b|c){400}'],
    ...[`${'('.repeat(160)}a${')*'.repeat(160)}`, `${'('.repeat(120)}a${'){2}'.repeat(95)}`],
    ...['(', ')', '[', '[]', '[^]', '*', '+a', '?', 'a**', 'a++', 'a{2}{3}', '\\', '[a\\'],
    ...['(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(?>a)', '(?#x)a', '(?(1)a|b)', '(?R)', '(?z)a'],
    ...['(a)\\1', '\\k<n>', '(?P=n)', '(?P<n>a)(?P<n>b)', '(?<>a)', '[b-a]', '\\p{Nope}'],
    ...['\\u0041', '\\x{110000}', '\\C', '\\Z', '\\G'],
  ])('refuses %s in a sentence, and builds nothing large for it', (pattern) => {
    expect(expressionFault(pattern)).toMatch(/^The expression .+\.$/s)
    expect(() => compileExpression(pattern)).toThrow('The expression')
  })

  it('never throws for what an owner types', () => {
    const any = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 60 })
    const signs = fc.array(fc.constantFrom(...'()[]{}|*+?\\^$.-,:<>=!PkpLdwbQE019az'), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(
        fc.oneof(
          any.map((codes) => String.fromCodePoint(...codes)),
          signs.map((parts) => parts.join('')),
        ),
        (pattern) => {
          const fault = expressionFault(pattern)
          if (fault === undefined) compileExpression(pattern).find('aA1 é')
          else expect(() => compileExpression(pattern)).toThrow(fault)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('answers for any pattern either with a fault or with matches inside of the text', () => {
    const piece = fc.constantFrom(
      'a',
      '\\d',
      '[x-z]',
      '(',
      ')',
      '|',
      '*',
      '+',
      '?',
      '{2,3}',
      '.',
      '^',
      '$',
      '\\b',
      '(?i)',
      '💩',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 40 }),
        (pieces, codes) => {
          const pattern = pieces.join('')
          const text = String.fromCodePoint(...codes)
          if (expressionFault(pattern) !== undefined) return
          let at = 0
          for (const { start, end } of compileExpression(pattern).find(text)) {
            expect(start).toBeGreaterThanOrEqual(at)
            expect(end).toBeGreaterThan(start)
            at = end
          }
          expect(at).toBeLessThanOrEqual(text.length)
        },
      ),
    )
  })
})
