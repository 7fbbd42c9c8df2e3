import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../test/verifies.ts'
import { revealCharacters } from './reveal-characters.ts'

const marksMax = 3

const shown = (text: string) =>
  revealCharacters(text)
    .map((piece) => (piece.kind === 'hidden' ? `‹${piece.label}›` : piece.source))
    .join('')

/** Any text, rich in what is to be found: any code point at all, halves of surrogate pairs included. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.integer({ min: 0x2000, max: 0x206f }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0xe0000, max: 0xe01ef }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0x300, max: 0x36f }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('\u00ad', '\u3164', '\u115f', '\ufeff', '\u2800', '\u00a0', '\r', '\n', '\t'),
    ),
  )
  .map((parts) => parts.join(''))

describe('what an agent wrote', () => {
  it('is shown whole: the pieces joined are the text', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(
          revealCharacters(text)
            .map(({ source }) => source)
            .join(''),
        ).toBe(text)
      }),
    )
  })

  it('shows no character that cannot be seen or that moves others', () => {
    verifies('S-28')
    fc.assert(
      fc.property(nasty, (text) => {
        for (const piece of revealCharacters(text)) {
          if (piece.kind !== 'text') continue
          expect(piece.source).not.toMatch(
            /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u,
          )
          expect(piece.source).not.toMatch(/(?! )\p{Z}/u)
        }
      }),
    )
  })

  it('stacks no more than a few marks on a letter, and none on what is before it', () => {
    verifies('S-28')
    fc.assert(
      fc.property(nasty, (text) => {
        for (const piece of revealCharacters(text)) {
          if (piece.kind !== 'text') continue
          expect(piece.source).not.toMatch(new RegExp(`\\p{M}{${marksMax + 1}}`, 'u'))
          expect(piece.source).not.toMatch(/^\p{M}/u)
        }
      }),
    )
  })

  it('has no label that could be taken for text of its own', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        for (const piece of revealCharacters(text)) {
          if (piece.kind === 'hidden')
            expect(piece.label).toMatch(/^(U\+[0-9A-F]{4,6}( ×\d+)?|\d+ marks)$/)
        }
      }),
    )
  })

  it.each([
    ['plain text', 'Read my mail, please.', 'Read my mail, please.'],
    ['a turned file name', 'invoice\u202egpj.exe', 'invoice‹U+202E›gpj.exe'],
    ['a zero width space', 'pay\u200bpal', 'pay‹U+200B›pal'],
    ['letters as tags', 'ok\u{e0041}', 'ok‹U+E0041›'],
    ['a no-break space', 'a\u00a0b', 'a‹U+00A0›b'],
    ['a carriage return', 'safe\rDANGER', 'safe‹U+000D›DANGER'],
    ['a lone half of a character', 'a\ud800b', 'a‹U+D800›b'],
    ['an enclosing mark', 'a\u20dd', 'a‹U+20DD›'],
    ['a flood of marks', `a${'\u0301'.repeat(40)}b`, `a${'\u0301'.repeat(3)}‹37 marks›b`],
    ['a flood of one hidden character', `a${'\u200b'.repeat(900)}b`, 'a‹U+200B ×900›b'],
    ['a few of one hidden character', 'a\u200b\u200bb', 'a‹U+200B›‹U+200B›b'],
    ['a mark on nothing', '\u0301a', '‹U+0301›a'],
    ['accents that people write', 'Việt e\u0301', 'Việt e\u0301'],
  ])('shows %s', (_, text, expected) => {
    expect(shown(text)).toBe(expected)
  })
})
