import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { totpCode } from '../../../../test/fixtures/totp.ts'
import { isTotpCode, newTotpSecret, totpStep } from './totp.ts'

const stepMs = 30_000

describe('one-time codes', () => {
  // RFC 6238, appendix B: the last six of its eight digits.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('are those of RFC 6238 at %i s', (seconds, code) => {
    const secret = Buffer.from('12345678901234567890')
    expect(totpStep(secret, code, seconds * 1000)).toBe(Math.floor(seconds / 30))
  })

  it('count one step before and after their own, and tell the step they belong to', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.integer({ min: 100, max: 100_000_000 }),
        (bytes, step) => {
          const { text } = newTotpSecret('a@example.com', () => bytes)
          const code = totpCode(text, step * stepMs)
          const near = [-1, 0, 1].map((off) => totpStep(bytes, code, (step + off) * stepMs))
          // Two of three codes in a row are the same once in a million times.
          for (const found of near) expect(Math.abs((found ?? Number.NaN) - step)).toBeLessThan(3)
          const far = [-40, -2, 2, 40].map((off) => totpStep(bytes, code, (step + off) * stepMs))
          expect(far.filter((found) => found === step)).toEqual([])
        },
      ),
    )
  })

  it('are six digits and nothing else', () => {
    for (const text of [
      '',
      '12345',
      '1234567',
      '12345a',
      '１２３４５６',
      '-12345',
      ' 12345',
      '12345\n',
    ]) {
      expect([text, isTotpCode(text), totpStep(randomBytes(20), text, 0)]).toEqual([
        text,
        false,
        undefined,
      ])
    }
  })

  it('have a secret of 160 bits and a link that apps read', () => {
    const { bytes, text, uri } = newTotpSecret('ada+x@example.com', randomBytes)
    expect(bytes).toHaveLength(20)
    expect(text).toMatch(/^[A-Z2-7]{32}$/)
    const url = new URL(uri)
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Sallyport:ada+x@example.com',
    ])
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'Sallyport',
      secret: text,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    })
  })
})
