import { randomBytes, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createAuditKeys } from './audit-keys.ts'
import { createRootKey, isRootKeyOf, parseRootKey, rootKeyCheck } from './root-key.ts'
import { createTokenHasher } from './token-hasher.ts'

const root = (fill: number) => createRootKey(Buffer.alloc(32, fill))

describe('a root key', () => {
  it.each([
    ['nothing', ''],
    ['31 bytes', Buffer.alloc(31, 1).toString('base64')],
    ['33 bytes', Buffer.alloc(33, 1).toString('base64')],
    ['hexadecimal', Buffer.alloc(32, 1).toString('hex')],
    ['a passphrase of 44 characters', 'correct horse battery staple, and so on, ok.'],
    ['something after its end', `${Buffer.alloc(32, 1).toString('base64')}x`],
    ['white space inside', `AQEB AQEB${Buffer.alloc(26, 1).toString('base64')}`],
    ['bits that base64 does not use', `${Buffer.alloc(32, 1).toString('base64').slice(0, 42)}F=`],
  ])('is not read from %s, and the message does not repeat the text', (_, text) => {
    expect(() => parseRootKey(text)).toThrow(RangeError)
    try {
      parseRootKey(text)
    } catch (error) {
      if (text !== '') expect(String(error)).not.toContain(text)
    }
  })

  it('is read from base64 and base64url, padded or not, with a newline after it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        const forms = [
          text,
          `${text}\n`,
          text.slice(0, -1),
          Buffer.from(bytes).toString('base64url'),
        ]
        for (const form of forms) expect(parseRootKey(form)).toEqual(bytes)
      }),
    )
  })

  it('has 32 bytes', () => {
    expect(() => createRootKey(randomBytes(16))).toThrow(RangeError)
  })

  it('is told from another by its check value', () => {
    verifies('S-34')
    expect(isRootKeyOf(root(1), rootKeyCheck(root(1)))).toBe(true)
    expect(isRootKeyOf(root(2), rootKeyCheck(root(1)))).toBe(false)
    expect(isRootKeyOf(root(1), rootKeyCheck(root(1)).subarray(1))).toBe(false)
    expect(isRootKeyOf(root(1), new Uint8Array())).toBe(false)
  })
})

describe('the token hasher', () => {
  it('gives 32 bytes that depend on the token and on the root key', () => {
    const hash = createTokenHasher(root(1))
    expect(hash('spt_a')).toHaveLength(32)
    expect(hash('spt_a')).toEqual(createTokenHasher(root(1))('spt_a'))
    expect(hash('spt_a')).not.toEqual(hash('spt_b'))
    expect(hash('spt_a')).not.toEqual(createTokenHasher(root(2))('spt_a'))
  })
})

describe('the audit keys', () => {
  it('are another key for each workspace and each root key', () => {
    const keys = createAuditKeys(root(1))
    expect(keys.macKey('wsp_1').equals(keys.macKey('wsp_1'))).toBe(true)
    expect(keys.macKey('wsp_1').equals(keys.macKey('wsp_2'))).toBe(false)
    expect(keys.macKey('wsp_1').equals(createAuditKeys(root(2)).macKey('wsp_1'))).toBe(false)
  })

  it('sign what their public key verifies, and nothing else', () => {
    const keys = createAuditKeys(root(1))
    const signature = keys.sign(Buffer.from('checkpoint'))
    expect(verify(null, Buffer.from('checkpoint'), keys.publicKey, signature)).toBe(true)
    expect(verify(null, Buffer.from('checkpoinT'), keys.publicKey, signature)).toBe(false)
    const other = createAuditKeys(root(2))
    expect(verify(null, Buffer.from('checkpoint'), other.publicKey, signature)).toBe(false)
  })
})
