import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.ts'

const tokenHash = (token: string) => createHmac('sha256', 'tests').update(token).digest()

describe('recovery codes', () => {
  it('are ten, each of 80 bits, and found again however they are typed', () => {
    const { codes, hashes } = newRecoveryCodes('own_1', { tokenHash, randomBytes })
    expect(new Set(codes).size).toBe(10)
    for (const [i, code] of codes.entries()) {
      expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/)
      const lookAlike = code.replaceAll('0', 'O').replaceAll('1', 'l')
      for (const typed of [code, code.toUpperCase(), code.replaceAll('-', ''), ` ${lookAlike} `]) {
        expect(recoveryCodeHash('own_1', typed, tokenHash)).toEqual(hashes[i])
      }
      expect(recoveryCodeHash('own_2', code, tokenHash)).not.toEqual(hashes[i])
    }
  })

  it('use all of what is drawn: every character comes from five bits of its own', () => {
    const { codes } = newRecoveryCodes('own_1', {
      tokenHash,
      randomBytes: (size) => Uint8Array.from({ length: size }, (_, i) => i + 224),
    })
    expect(codes[0]).toBe('0123-4567-89ab-cdef')
  })

  it('are nothing that has another form', () => {
    for (const typed of [
      '',
      '123456',
      'a'.repeat(15),
      'a'.repeat(17),
      'u'.repeat(16),
      '\u0000',
      '💥',
    ]) {
      expect(recoveryCodeHash('own_1', typed, tokenHash)).toBeUndefined()
    }
  })
})
