import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { type ClaimRules, needsUserinfo, readPerson } from './single-sign-on-claims.ts'

const issuer = 'https://id.example'
const rules: ClaimRules = {
  groupsClaim: 'groups',
  allowedGroups: [],
  roleMapping: [],
  assumeEmailVerified: false,
}
const whole = { sub: 'ada', email: 'Ada@Example.com', email_verified: true }
const read = (
  idToken: Record<string, unknown>,
  userinfo?: Record<string, unknown>,
  more: Partial<ClaimRules> = {},
) => readPerson(issuer, { idToken, userinfo }, { ...rules, ...more })

describe('an e-mail address', () => {
  it('counts in lower case where the provider says that it verified it', () => {
    expect(read(whole)?.email).toBe('ada@example.com')
    expect(read({ ...whole, email_verified: 'true' })?.email).toBe('ada@example.com')
  })

  it('counts for nothing where it was not verified, or is none', () => {
    verifies('S-42')
    for (const email_verified of [undefined, null, false, 'false', 1, 0, '', 'TRUE', [true], {}]) {
      expect(read({ ...whole, email_verified })?.email).toBeUndefined()
    }
    for (const email of ['ada', 'ada@', '@example.com', 'a@b@example.com', 'ada@exämple.com', '']) {
      expect([email, read({ ...whole, email })?.email]).toEqual([email, undefined])
    }
    expect(read({ ...whole, email: ['ada@example.com'] })).toBeUndefined()
  })

  it('is believed without a word on it only where an owner said so, and never against the word', () => {
    verifies('S-42')
    const { email_verified, ...unsaid } = whole
    const believing = { assumeEmailVerified: true }
    expect(read(unsaid, undefined, believing)?.email).toBe('ada@example.com')
    expect(read({ ...whole, email_verified: false }, undefined, believing)?.email).toBeUndefined()
    expect(read({ ...whole, email_verified: null }, undefined, believing)?.email).toBeUndefined()
  })

  it('is believed against no word that stands anywhere, however it is written', () => {
    verifies('S-42')
    const { email_verified, ...unsaid } = whole
    const believing = { assumeEmailVerified: true }
    for (const no of [false, 'false', 0, null, 'no']) {
      const denied = { email: 'ada@example.com', email_verified: no }
      expect(read(unsaid, denied, believing)?.email).toBeUndefined()
      expect(read({ ...whole, email_verified: no }, unsaid, believing)?.email).toBeUndefined()
      expect(read({ ...whole, email_verified: no }, whole)?.email).toBeUndefined()
      expect(needsUserinfo({ ...whole, email_verified: no }, rules)).toBe(false)
    }
    expect(read(unsaid, unsaid, believing)?.email).toBe('ada@example.com')
  })

  it('never has its verification from elsewhere', () => {
    verifies('S-42')
    const { email_verified, ...unsaid } = whole
    expect(read(unsaid, { email_verified: true })?.email).toBeUndefined()
    expect(read({ sub: 'ada', email_verified: true }, { email: 'x@y.example' })?.email).toBe(
      undefined,
    )
    const other = { email: 'eve@example.com', email_verified: true }
    expect(read(unsaid, other)?.email).toBe('eve@example.com')
    expect(read({ ...whole, email_verified: false }, other)?.email).toBeUndefined()
  })
})

describe('groups', () => {
  it('are a list of names or one name, from the ID token or else from userinfo', () => {
    expect(read({ ...whole, groups: ['a', 'b'] })?.groups).toEqual(['a', 'b'])
    expect(read({ ...whole, groups: 'a b,c' })?.groups).toEqual(['a b,c'])
    expect(read(whole, { groups: ['c'] })?.groups).toEqual(['c'])
    expect(read({ ...whole, groups: [] }, { groups: ['c'] })?.groups).toEqual([])
    const groupsClaim = 'https://example.com/roles'
    expect(read({ ...whole, [groupsClaim]: 'x' }, undefined, { groupsClaim })?.groups).toEqual([
      'x',
    ])
  })

  it('are nothing that is no text, and nothing that only looks like a claim', () => {
    verifies('S-42')
    for (const groups of [
      [['vault-owners']],
      { 0: 'vault-owners', length: 1 },
      { 'vault-owners': true },
      [{ toString: () => 'vault-owners' }, 7, null, true, ''],
      7,
      true,
      null,
    ]) {
      expect(read({ ...whole, groups })?.groups).toEqual([])
    }
    for (const groupsClaim of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(read(whole, {}, { groupsClaim })?.groups).toEqual([])
    }
  })
})

describe('who it is', () => {
  it('is told by a subject of 1 to 255 ASCII characters alone', () => {
    verifies('S-42')
    for (const sub of [
      undefined,
      null,
      '',
      7,
      ['ada'],
      'a'.repeat(256),
      'ada\n',
      'ädä',
      '\u0000',
    ]) {
      expect(read({ ...whole, sub })).toBeUndefined()
    }
    expect(read({ ...whole, sub: 'a'.repeat(255) })?.subject).toHaveLength(255)
  })

  it('comes with the time at which they proved it, where that is a time', () => {
    expect(read({ ...whole, auth_time: 1_700_000_000 })?.authenticatedAtMs).toBe(1_700_000_000_000)
    for (const auth_time of [undefined, null, '1700000000', Number.NaN, 1e300, {}]) {
      expect(read({ ...whole, auth_time })?.authenticatedAtMs).toBeUndefined()
    }
  })

  it('is read from any JSON without a fault', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (claims, groups) => {
        const person = read({ ...claims, groups, sub: 'ada' }, { ...claims })
        expect(person?.groups.every((group) => typeof group === 'string') ?? true).toBe(true)
      }),
    )
  })
})

describe('userinfo', () => {
  it('is asked for what the ID token leaves open, and for nothing that it denies', () => {
    expect(needsUserinfo(whole, rules)).toBe(false)
    expect(needsUserinfo({ sub: 'ada' }, rules)).toBe(true)
    expect(needsUserinfo({ ...whole, email_verified: false }, rules)).toBe(false)
    const asking = { ...rules, allowedGroups: ['staff'] }
    expect(needsUserinfo(whole, asking)).toBe(true)
    expect(needsUserinfo({ ...whole, groups: [] }, asking)).toBe(false)
  })
})
