import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../../test/verifies.ts'
import { readShellWords } from './shell-words.ts'

const wordsOf = (text: string) => readShellWords(text).map(({ words }) => words)

/** The words as a real shell hands them on. */
function heard(shell: string, words: string): string[] {
  const said = execFileSync(shell, ['-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' })
  return said.split('\0').slice(0, -1)
}

const text = fc.string({
  unit: fc.constantFrom(...`abc $"'\\\`;&|<>(){}[]*?!#=~%\n\t-é`),
  maxLength: 12,
})
const single = (one: string) => `'${one.replaceAll("'", `'\\''`)}'`
const double = (one: string) => `"${one.replaceAll(/[$`"\\]/g, '\\$&')}"`
const escaped = (one: string) =>
  one === '' ? `''` : one.replaceAll(/[^A-Za-z0-9\n]/g, '\\$&').replaceAll('\n', `'\n'`)
const quoted = fc
  .array(fc.tuple(text, fc.constantFrom(single, double, escaped)), { minLength: 1, maxLength: 3 })
  .map((parts) => ({
    word: parts.map(([one]) => one).join(''),
    written: parts.map(([one, quote]) => quote(one)).join(''),
  }))

describe('the words of a command', () => {
  it('go on behind a backslash with blanks behind it, and end with a text that ends so', () => {
    const text = 'curl https://a.example/x \\  \n  -H a:b \\\t\n -d c\\ d \\\n'
    expect(wordsOf(text)).toEqual([['curl', 'https://a.example/x', '-H', 'a:b', '-d', 'c d']])
    expect(wordsOf('curl a \\')).toEqual([['curl', 'a']])
    expect(wordsOf('curl a\\  \n b')).toEqual([['curl', 'a', 'b']])
  })

  it('are counted line by line, however many lines there are', () => {
    verifies('S-41')
    const commands = readShellWords('curl a\n'.repeat(60_000))
    expect(commands.at(-1)?.line).toBe(60_000)
    const [, third] = readShellWords('# no\ncurl a \\\n b\n\ncurl c\n')
    expect(third?.line).toBe(5)
  })

  it('are refused where variables of variables come to more than a document', () => {
    verifies('S-41')
    const text = `A=${'x'.repeat(1_000_000)}\nB="${'$A'.repeat(400)}"\ncurl $B`
    expect(() => readShellWords(text)).toThrow(/too many characters/)
  })

  it.skipIf(!existsSync('/bin/sh'))(
    'are those that sh makes of it, however they are quoted',
    () => {
      fc.assert(
        fc.property(fc.array(quoted, { minLength: 1, maxLength: 4 }), (all) => {
          const line = all.map(({ written }) => written).join(' \\\n  ')
          const words = all.map(({ word }) => word)
          expect(heard('/bin/sh', line)).toEqual(words)
          expect(wordsOf(`curl ${line}`)).toEqual([['curl', ...words]])
        }),
        { numRuns: 60 },
      )
    },
  )

  it.skipIf(!existsSync('/bin/bash'))('know the escapes of $ with quotes as bash does', () => {
    const line = String.raw`$'a\tb\n\'\"\\ \x41\x7a \u00e9 \101 \q\e' $'x'y"z" a$'\n'b`
    expect(wordsOf(`curl ${line}`)).toEqual([['curl', ...heard('/bin/bash', line)]])
  })

  it('are no more than a shell would have to work out', () => {
    verifies('S-41')
    for (const line of [
      'a;b',
      'a&b',
      'a<b',
      '(a)',
      '`a`',
      '$(a)',
      '"$(a)"',
      '"`a`"',
      '$1',
      '"$@"',
      '$' + '{a#b}',
      "'a",
      '"a',
      "$'a",
    ]) {
      expect(() => wordsOf(`curl ${line}`), line).toThrow(Problem)
    }
    expect(wordsOf(`curl '$(a)' "\\$(a)" a\\;b 'a|b'`)).toEqual([
      ['curl', '$(a)', '$(a)', 'a;b', 'a|b'],
    ])
  })

  it('stay within their bound, however variables are folded into each other', () => {
    verifies('S-41')
    const lines = Array.from({ length: 60 }, (_, index) => `A${index + 1}=$A${index}$A${index}`)
    const document = ['A0=0123456789', ...lines, 'curl $A60'].join('\n')
    expect(() => wordsOf(document)).toThrow(expect.objectContaining({ type: 'document-refused' }))
  })

  it('are read in time that grows with them', () => {
    verifies('S-41')
    const many = `curl ${'"a" '.repeat(60_000)}`
    expect(wordsOf(many)[0]).toHaveLength(60_001)
    const long = `curl "${'\\"'.repeat(200_000)}" '${'x'.repeat(500_000)}' ${'y'.repeat(500_000)} ${'\\z'.repeat(100_000)}`
    expect(wordsOf(long)[0]).toHaveLength(5)
    expect(() => wordsOf(`curl ${'"'.repeat(100_001)}`)).toThrow(Problem)
  })
})
