import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../test/verifies.ts'
import { untrustedBlock } from './untrusted-block.ts'

describe('what an agent wrote, in a margin', () => {
  it('has the margin before each of its lines, and none runs over the edge of the window', () => {
    verifies('S-28')
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 120 }), (written, width) => {
        for (const line of untrustedBlock(written, { width }).split('\n')) {
          expect(line).toMatch(/^ {2}│/)
          expect([...line].length).toBeLessThanOrEqual(Math.max(width, 24))
          expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
        }
      }),
    )
  })

  it('cannot begin a line of its own by its length', () => {
    verifies('S-28')
    const text = `please${' '.repeat(200)}apr_1  approved`
    const lines = untrustedBlock(text, { width: 40 }).split('\n')
    expect(lines.length).toBeGreaterThan(4)
    for (const line of lines) expect(line.startsWith('  │')).toBe(true)
  })

  it('keeps every character that can be seen', () => {
    expect(untrustedBlock('one\ntwo 漢字', { width: 80 })).toBe('  │ one\n  │ two 漢字')
    const seen = untrustedBlock('abcdefghij'.repeat(9), { width: 24 }).replace(/\n? {2}│ /g, '')
    expect(seen).toBe('abcdefghij'.repeat(9))
  })

  it('is bounded, and says what is left', () => {
    expect(untrustedBlock('x'.repeat(50), { width: 80, charsMax: 10 })).toBe(
      `  │ ${'x'.repeat(10)}\n  … and 40 more characters`,
    )
  })
})
