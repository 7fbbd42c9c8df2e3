import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createPasswords } from './passwords.ts'

const passwords = createPasswords({ randomBytes })

describe('passwords', () => {
  it('are hashed by argon2id with at least what OWASP asks for, salted each time', async () => {
    verifies('S-42')
    const [one, two] = [
      await passwords.hash('a long password'),
      await passwords.hash('a long password'),
    ]
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(two)
    expect(await passwords.verify('a long password', one)).toBe(true)
    for (const wrong of [
      'A long password',
      'a long password ',
      '',
      'a long password\u0000',
      '\ud800',
    ]) {
      expect(await passwords.verify(wrong, one)).toBe(false)
    }
  })

  it('are the same however a keyboard composes their characters', async () => {
    const stored = await passwords.hash('caf\u00e9 au lait 12')
    expect(await passwords.verify('cafe\u0301 au lait 12', stored)).toBe(true)
  })

  it('are never right where there is no account', async () => {
    for (const tried of ['', 'x', 'a long password']) {
      expect(await passwords.verify(tried, undefined)).toBe(false)
    }
  })

  it('are hashed a few at a time: too many at once are refused, and later ones are served again', async () => {
    verifies('S-42')
    const tries = await Promise.allSettled(
      Array.from({ length: 60 }, () => passwords.verify('x', undefined)),
    )
    const refused = tries.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(60 - 34)
    expect(refused[0]).toMatchObject({ reason: { type: 'overloaded', retryAfterSeconds: 2 } })
    expect(await passwords.verify('x', undefined)).toBe(false)
  })
})
