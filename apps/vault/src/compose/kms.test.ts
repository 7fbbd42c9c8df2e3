import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type FakeKms,
  type KmsFault,
  startAwsKms,
  startTransit,
} from '../../../../test/fixtures/kms.ts'
import { makeCertificates } from '../../../../test/fixtures/tls.ts'
import { verifies } from '../../../../test/verifies.ts'
import { readConfig } from '../config.ts'
import type { Kms } from '../credentials/kms.ts'
import { composeKms } from './kms.ts'

const plaintext = randomBytes(32)
const context = { 'sallyport:purpose': 'root-key', 'sallyport:root-key-id': '0011223344556677' }
const region = 'eu-central-1'
const aws = {
  key: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  region,
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: `secret-${randomBytes(8).toString('hex')}`,
  sessionToken: 'session-token',
}
const token = `hvs.${randomBytes(8).toString('hex')}`

let transit: FakeKms
let amazon: FakeKms
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kms-'))
  transit = await startTransit({
    token,
    key: 'sallyport',
    mount: 'keys/transit',
    namespace: 'team',
  })
  amazon = await startAwsKms(aws)
})
afterEach(() => {
  transit.recover()
  amazon.recover()
})
afterAll(async () => {
  await transit?.close()
  await amazon?.close()
})

/** As the environment says it. */
function kmsOf(environment: Record<string, string>): Kms {
  const { kms } = readConfig(environment).keys
  if (kms === undefined) throw new Error('no KMS was read')
  return composeKms(kms)
}
const transitEnvironment = () => ({
  SALLYPORT_KMS: 'transit',
  SALLYPORT_KMS_URL: `${transit.url}/`,
  SALLYPORT_KMS_KEY: 'sallyport',
  SALLYPORT_KMS_MOUNT: 'keys/transit',
  SALLYPORT_KMS_NAMESPACE: 'team',
})
const withToken = () => ({ ...transitEnvironment(), SALLYPORT_KMS_TOKEN: token })
const awsEnvironment = () => ({
  SALLYPORT_KMS: 'aws-kms',
  SALLYPORT_KMS_URL: amazon.url,
  SALLYPORT_KMS_KEY: aws.key,
})
const withKeys = () => ({
  ...awsEnvironment(),
  AWS_ACCESS_KEY_ID: aws.accessKeyId,
  AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
  AWS_SESSION_TOKEN: aws.sessionToken,
})
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), `${text}\n`)
  return join(folder, name)
}

const kinds = [
  ['transit with a token', () => transit, withToken],
  [
    'transit with a token in a file',
    () => transit,
    () => ({ ...transitEnvironment(), SALLYPORT_KMS_TOKEN_FILE: file('token', token) }),
  ],
  ['AWS KMS with keys', () => amazon, withKeys],
  [
    'AWS KMS with a container’s credentials',
    () => amazon,
    () => ({
      ...awsEnvironment(),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${amazon.url}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file('container', 'container-token'),
    }),
  ],
] as const

describe.each(kinds)('%s', (_name, fake, environment) => {
  it('encrypts a key so that only it, with the same context, gives it back', async () => {
    const kms = kmsOf(environment())
    const ciphertext = await kms.encrypt(plaintext, context)
    expect(Buffer.from(ciphertext).includes(plaintext)).toBe(false)
    expect(Buffer.from(await kms.decrypt(ciphertext, context))).toEqual(plaintext)
    expect(fake().refused).toEqual([])
    const other = { ...context, 'sallyport:root-key-id': 'ffffffffffffffff' }
    await expect(kms.decrypt(ciphertext, other)).rejects.toThrow('status 400')
    fake().refused.length = 0
  })
})

it('names the setting of a token’s file that is gone, and says what to do', async () => {
  const path = join(folder, 'token-that-goes')
  writeFileSync(path, token)
  const kms = kmsOf({ ...transitEnvironment(), SALLYPORT_KMS_TOKEN_FILE: path })
  await kms.encrypt(plaintext, context)
  rmSync(path)
  const error: unknown = await kms.encrypt(plaintext, context).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'RootKeyError' })
  expect(String(error)).toMatch(
    /SALLYPORT_KMS_TOKEN_FILE names, cannot be read \(ENOENT\).*Put it back/,
  )
})

const faults: readonly [KmsFault, RegExp][] = [
  ['denied', /status 403/],
  ['disabled', /status 400/],
  ['missing', /status 404/],
  ['failing', /status 503/],
  ['redirect', /status 307/],
  ['garbage', /cannot be read/],
  ['cut', /cannot be reached/],
  ['hanging', /cannot be reached/],
]

describe.each([
  ['transit', () => transit, withToken],
  ['AWS KMS', () => amazon, withKeys],
] as const)('%s that does not do its part', (_name, fake, environment) => {
  it.each(faults)(
    'says so in a sentence, within ten seconds, without a secret: %s',
    async (fault, said) => {
      verifies('S-38', 'S-44')
      const kms = kmsOf(environment())
      fake().fail(fault)
      const startedMs = performance.now()
      const error: unknown = await kms
        .encrypt(plaintext, context)
        .catch((thrown: unknown) => thrown)
      expect(performance.now() - startedMs).toBeLessThan(10_000)
      expect(error).toMatchObject({ name: 'RootKeyError', exitCode: 78 })
      const text = String(error)
      expect(text).toMatch(said)
      expect(text).toContain('Nothing was changed.')
      for (const secret of [token, aws.secretAccessKey, plaintext.toString('base64')]) {
        expect(text).not.toContain(secret)
      }
    },
    15_000,
  )

  it('is asked again after a fault that passes', async () => {
    const kms = kmsOf(environment())
    fake().fail('failing', 2)
    const ciphertext = await kms.encrypt(plaintext, context)
    fake().fail('cut', 1)
    expect(Buffer.from(await kms.decrypt(ciphertext, context))).toEqual(plaintext)
  })
})

describe('a KMS that is not asked as it wants', () => {
  it('refuses another token, another key and another secret', async () => {
    const wrong = [
      { ...withToken(), SALLYPORT_KMS_TOKEN: 'hvs.other' },
      { ...withToken(), SALLYPORT_KMS_KEY: 'other' },
      { ...withKeys(), AWS_SECRET_ACCESS_KEY: 'other' },
      { ...withKeys(), SALLYPORT_KMS_KEY: 'alias/other', AWS_REGION: region },
    ]
    for (const environment of wrong) {
      await expect(kmsOf(environment).encrypt(plaintext, context)).rejects.toThrow(/status 40\d/)
    }
  })
})

it('is believed to be who it is by its certificate alone, whatever the environment says', async () => {
  verifies('S-38')
  const { key, cert } = makeCertificates({ names: ['localhost'] })
  const asked: string[] = []
  const impostor = createServer({ key, cert }, (request, response) => {
    asked.push(String(request.headers['x-vault-token']))
    response.end('{}')
  })
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
  const { port } = impostor.address() as AddressInfo
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    const environment = { ...withToken(), SALLYPORT_KMS_URL: `https://localhost:${port}` }
    await expect(kmsOf(environment).encrypt(plaintext, context)).rejects.toThrow(
      'cannot be reached',
    )
    expect(asked).toEqual([])
  } finally {
    vi.unstubAllEnvs()
    impostor.close()
  }
})

describe('the environment', () => {
  it.each([
    ['no key', { SALLYPORT_KMS: 'transit', SALLYPORT_KMS_URL: 'https://kms' }, 'SALLYPORT_KMS_KEY'],
    [
      'no address',
      { SALLYPORT_KMS: 'transit', SALLYPORT_KMS_KEY: 'k', SALLYPORT_KMS_TOKEN: 't' },
      'SALLYPORT_KMS_URL',
    ],
    [
      'no way to sign in',
      { SALLYPORT_KMS: 'transit', SALLYPORT_KMS_KEY: 'k', SALLYPORT_KMS_URL: 'https://kms' },
      'SALLYPORT_KMS_TOKEN',
    ],
    ['no region', { SALLYPORT_KMS: 'aws-kms', SALLYPORT_KMS_KEY: 'alias/k' }, 'AWS_REGION'],
    [
      'no credentials',
      { SALLYPORT_KMS: 'aws-kms', SALLYPORT_KMS_KEY: aws.key },
      'AWS_ACCESS_KEY_ID',
    ],
    ['another KMS', { SALLYPORT_KMS: 'gcp' }, 'SALLYPORT_KMS'],
    // The token and the root key would pass in the clear.
    ['a KMS elsewhere without TLS', { SALLYPORT_KMS_URL: 'http://kms:8200' }, 'must be https'],
    [
      'a KMS that only looks near',
      { SALLYPORT_KMS_URL: 'http://127.0.0.1.example.com' },
      'must be https',
    ],
  ])('is refused with %s', (_name, environment, named) => {
    expect(() => readConfig(environment)).toThrow(named)
  })

  it('of a machine in AWS is no matter of a vault that keeps its key elsewhere', () => {
    expect(readConfig({ AWS_REGION: '?', AWS_ACCESS_KEY_ID: '?' }).keys.kms).toBeUndefined()
  })
})
