import {
  createCipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hkdfSync,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { encodeVersion, type SealContext } from './associated-data.ts'
import { createAuditKeys } from './audit-keys.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { createKeyring } from './keyring.ts'
import { createRootKey, rootKeyCheck } from './root-key.ts'
import { onlyRootKey } from './root-keys.ts'
import { createTokenHasher } from './token-hasher.ts'

// The published vectors, recomputed by an implementation of docs/envelope.md that shares no line with the room's own.

interface Vectors {
  rootKey: string
  derived: {
    rootKeyId: string
    keyCheck: string
    wrappingKey: string
    token: { text: string; hash: string }
    auditMacKey: string
    auditPublicKey: { x: string }
  }
  workspaceId: string
  workspaceKeys: { version: number; key: string; nonce: string; wrapped: string }[]
  sealed: {
    name: string
    keyVersion: number
    context: SealContext
    plaintext: string
    nonce: string
    sealed: string
  }[]
}

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'),
)
const bytes = (hex: string) => Buffer.from(hex, 'hex')
const u32 = (n: number) => bytes(n.toString(16).padStart(8, '0'))
const u64 = (n: number) => bytes(n.toString(16).padStart(16, '0'))
const lp = (x: Uint8Array | string) => Buffer.concat([u32(Buffer.from(x).length), Buffer.from(x)])

function hkdf(key: Uint8Array, salt: Uint8Array | string, [info, length]: [Buffer, number]) {
  return Buffer.from(hkdfSync('sha256', key, salt, info, length))
}

function fromRoot(purpose: string, narrowed: Uint8Array = Buffer.alloc(0), length = 32) {
  const info = Buffer.concat([Buffer.from(`sallyport/v1/${purpose}`), narrowed])
  return hkdf(bytes(vectors.rootKey), 'sallyport/v1', [info, length])
}

interface ByHand {
  parent: Uint8Array
  keyId: Uint8Array
  context: SealContext
  plaintext: Uint8Array
  nonce: Uint8Array
}

function sealByHand({ parent, keyId, context, plaintext, nonce }: ByHand): string {
  const salt = Buffer.concat([lp(context.rowId), lp(u64(context.rowVersion))])
  const key = hkdf(parent, salt, [Buffer.from('sallyport/v1/record-key'), 32])
  const origins = [...new Set(context.origins)].sort() // ASCII here, so any order of characters will do.
  const aad = [
    lp('sallyport/v1/sealed'),
    lp(context.table),
    lp(context.column),
    lp(context.workspaceId),
    lp(context.rowId),
    lp(u64(context.rowVersion)),
    lp(keyId),
    context.origins === undefined
      ? bytes('00')
      : Buffer.concat([bytes('01'), u32(origins.length), ...origins.map(lp)]),
  ]
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat(aad))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([bytes('01'), keyId, nonce, ciphertext, cipher.getAuthTag()]).toString('hex')
}

const rootKey = createRootKey(bytes(vectors.rootKey))
const keyOf = (version: number) =>
  bytes(vectors.workspaceKeys.find((key) => key.version === version)?.key ?? '')

describe('the published vectors', () => {
  it('hold the keys that docs/envelope.md derives from the root key, and so does the vault', () => {
    const { derived, workspaceId } = vectors
    expect(fromRoot('root-key-id', undefined, 8).toString('hex')).toBe(derived.rootKeyId)
    expect(fromRoot('workspace-key-wrapping').toString('hex')).toBe(derived.wrappingKey)
    expect(fromRoot('key-check').toString('hex')).toBe(derived.keyCheck)
    expect(Buffer.from(rootKeyCheck(rootKey)).toString('hex')).toBe(derived.keyCheck)

    const hash = createHmac('sha256', fromRoot('token-hash'))
      .update(derived.token.text)
      .digest('hex')
    expect(hash).toBe(derived.token.hash)
    expect(Buffer.from(createTokenHasher(rootKey)(derived.token.text)).toString('hex')).toBe(hash)

    expect(fromRoot('audit-mac', lp(workspaceId)).toString('hex')).toBe(derived.auditMacKey)
    const macKey = createAuditKeys(rootKey).macKey(workspaceId)
    expect(macKey.export().toString('hex')).toBe(derived.auditMacKey)

    const seed = fromRoot('audit-signing')
    const d = seed.toString('base64url')
    const { x } = derived.auditPublicKey
    const jwk = createPublicKey(
      createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x }, format: 'jwk' }),
    ).export({ format: 'jwk' })
    expect(jwk).toEqual(derived.auditPublicKey)
    expect(createAuditKeys(rootKey).publicKeyJwk).toEqual(jwk)
  })

  it.each(vectors.workspaceKeys)('hold the wrapped workspace key, version $version', (vector) => {
    const { workspaceId } = vectors
    const wrapped = sealByHand({
      parent: fromRoot('workspace-key-wrapping'),
      keyId: fromRoot('root-key-id', undefined, 8),
      context: {
        table: 'workspace_keys',
        column: 'wrapped',
        workspaceId,
        rowId: workspaceId,
        rowVersion: vector.version,
      },
      plaintext: bytes(vector.key),
      nonce: bytes(vector.nonce),
    })
    expect(wrapped).toBe(vector.wrapped)
  })

  it.each(vectors.sealed)('hold $name', (vector) => {
    const { context, keyVersion } = vector
    const plaintext = Buffer.from(vector.plaintext, 'utf8')
    const nonce = bytes(vector.nonce)
    const byHand = sealByHand({
      parent: keyOf(keyVersion),
      keyId: u64(keyVersion),
      context,
      plaintext,
      nonce,
    })
    expect(byHand).toBe(vector.sealed)

    const parent = { id: encodeVersion(keyVersion), key: createSecretKey(keyOf(keyVersion)) }
    const sealed = sealEnvelope({ parent, context, plaintext, nonce })
    expect(Buffer.from(sealed).toString('hex')).toBe(vector.sealed)
    expect(Buffer.from(openEnvelope(parent, context, sealed)).toString('utf8')).toBe(
      vector.plaintext,
    )
  })

  it('open through the keyring with the root key and the wrapped keys alone', async () => {
    verifies('S-33')
    const keyring = createKeyring({
      rootKeys: onlyRootKey(rootKey),
      workspaceKeys: {
        list: async () =>
          vectors.workspaceKeys.map(({ version, wrapped }) => ({
            version,
            wrapped: bytes(wrapped),
          })),
        insert: () => Promise.reject(new Error('there are keys')),
      },
      randomBytes: () => {
        throw new Error('opening needs no randomness')
      },
    })
    for (const vector of vectors.sealed) {
      const opened = await keyring.open(vector.context, bytes(vector.sealed))
      expect(Buffer.from(opened).toString('utf8')).toBe(vector.plaintext)
    }
  })
})
