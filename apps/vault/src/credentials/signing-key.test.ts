import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { faultOfPrivateKey, readSigningKey } from './signing-key.ts'

const pem = { type: 'pkcs8', format: 'pem' } as const
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const ed = generateKeyPairSync('ed25519').privateKey
const jwk = (key: typeof rsa, more: object = {}) =>
  JSON.stringify({ ...key.export({ format: 'jwk' }), ...more })

describe('a private key that signs assertions', () => {
  it.each([
    ['nothing', ''],
    ['a word', 'x'.repeat(60)],
    [
      'a public key',
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    ],
    ['a public JWK', JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' })],
    ['a symmetric JWK', JSON.stringify({ kty: 'oct', k: 'AAAAAAAAAAAAAAAA' })],
    ['half a JWK', '{"kty":"EC","d":'],
    ['a list', '[]'],
    [
      'an RSA key that is too short',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pem),
    ],
    ['a key on another curve', ec('secp256k1').export(pem)],
    ['a key that signs nothing', generateKeyPairSync('x25519').privateKey.export(pem)],
    ['an encrypted key', rsa.export({ ...pem, cipher: 'aes-256-cbc', passphrase: 'secret' })],
  ])('is not %s, and the sentence quotes nothing of it', async (_, given) => {
    const text = String(given)
    const message = faultOfPrivateKey(text)
    expect(message).toMatch(/^must /)
    if (text.length > 20) expect(message).not.toContain(text.slice(30, 50))
    await expect(readSigningKey(text)).rejects.toMatchObject({ type: 'provider-refused' })
  })

  it.each([
    ['RSA', rsa.export(pem), 'RS256'],
    ['RSA as a JSON file writes it', String(rsa.export(pem)).replaceAll('\n', '\\n'), 'RS256'],
    ['RSA in PKCS #1', rsa.export({ type: 'pkcs1', format: 'pem' }), 'RS256'],
    ['an RSA JWK', jwk(rsa), 'RS256'],
    ['an RSA JWK that says PS256', jwk(rsa, { alg: 'PS256' }), 'PS256'],
    ['P-256', ec('P-256').export(pem), 'ES256'],
    ['P-256 in SEC 1', ec('P-256').export({ type: 'sec1', format: 'pem' }), 'ES256'],
    ['P-384', ec('P-384').export(pem), 'ES384'],
    ['P-521', ec('P-521').export(pem), 'ES512'],
    ['Ed25519', ed.export(pem), 'EdDSA'],
    ['an Ed25519 JWK', jwk(ed), 'EdDSA'],
  ])('may be %s', async (_, given, alg) => {
    expect(faultOfPrivateKey(String(given))).toBeUndefined()
    const { key, alg: read } = await readSigningKey(String(given))
    expect([read, key.type, key.extractable]).toEqual([alg, 'private', false])
  })

  it('is called what its JWK says', async () => {
    expect((await readSigningKey(jwk(ed, { kid: 'k1' }))).kid).toBe('k1')
    expect(await readSigningKey(jwk(ed))).not.toHaveProperty('kid')
  })
})
