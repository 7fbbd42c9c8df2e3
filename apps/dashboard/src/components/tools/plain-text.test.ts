import { describe, expect, it } from 'vitest'
import { plainText } from './plain-text.ts'

describe('untrusted text where only plain text can stand', () => {
  it('names what turns or hides, so that it can do neither', () => {
    expect(plainText('prod\u202etset', 40)).toBe('prod‹U+202E›tset')
    expect(plainText('one\ntwo', 40)).toBe('one two')
  })

  it('is cut at its bound', () => {
    expect(plainText('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)}…`)
  })
})
