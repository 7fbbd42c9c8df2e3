import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import {
  type FakeKms,
  type KmsFault,
  startAwsKms,
  startTransit,
} from '../../../../test/fixtures/kms.ts'
import { verifies } from '../../../../test/verifies.ts'
import { readConfig } from '../config.ts'
import { createTokenHasher } from '../credentials/token-hasher.ts'
import { type OpenedStore, openKeySource, openStore } from './open-store.ts'

// Replicas that start at once on a database that holds nothing, and root keys that cannot be had.

const newKey = () => randomBytes(32).toString('base64')
const transitToken = `hvs.${randomBytes(8).toString('hex')}`
const aws = {
  key: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  region: 'eu-central-1',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: `secret-${randomBytes(8).toString('hex')}`,
}

let folder: string
let transit: FakeKms
let amazon: FakeKms
let test: TestDatabase
const opened: OpenedStore[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'open-store-'))
  transit = await startTransit({ token: transitToken, key: 'sallyport' })
  amazon = await startAwsKms(aws)
})
afterEach(async () => {
  transit.recover()
  amazon.recover()
  await closeAll()
  await test?.stop()
})
afterAll(async () => {
  await transit?.close()
  await amazon?.close()
  rmSync(folder, { recursive: true, force: true })
})

const closeAll = async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
}

function configOf(keys: Record<string, string>) {
  const dataDir = mkdtempSync(join(folder, 'data-'))
  return readConfig({
    ...{ SALLYPORT_DATA_DIR: dataDir, SALLYPORT_PUBLIC_URL: 'https://vault.example.com' },
    ...{ DATABASE_URL: test.urls.app, DATABASE_MIGRATION_URL: test.urls.owner },
    ...keys,
  })
}
const log = { info: () => {}, warn: () => {} }
/** As a replica does it at its start. */
async function start(keys: Record<string, string>): Promise<OpenedStore> {
  const store = await openStore({
    config: configOf(keys),
    migrationsFolder,
    log,
    randomBytes,
  })
  opened.push(store)
  return store
}
/** All that binds the database, as text. */
async function bound(): Promise<string> {
  const tables = ['installation', 'root_keys', 'installation_secrets', 'workspace_keys']
  const rows = await Promise.all(
    tables.map((table) =>
      test.database.sql.unsafe(`select t::text as row from ${table} t order by 1`),
    ),
  )
  return JSON.stringify(rows)
}
/** What a replica makes of its secrets. */
const madeOf = ({ secrets, auditKeys }: OpenedStore) => ({
  token: Buffer.from(createTokenHasher(secrets['token-hash'])('token')).toString('hex'),
  audit: auditKeys.epochs().map(({ publicKeyJwk, macKey, version }) => ({
    ...{ version, x: publicKeyJwk.x, mac: macKey('wsp_1').export().toString('hex') },
  })),
})

const given = newKey()
const ofTransit = () => ({
  ...{ SALLYPORT_KMS: 'transit', SALLYPORT_KMS_URL: transit.url, SALLYPORT_KMS_KEY: 'sallyport' },
  SALLYPORT_KMS_TOKEN: transitToken,
})
const ofAws = () => ({
  ...{ SALLYPORT_KMS: 'aws-kms', SALLYPORT_KMS_URL: amazon.url, SALLYPORT_KMS_KEY: aws.key },
  ...{ AWS_ACCESS_KEY_ID: aws.accessKeyId, AWS_SECRET_ACCESS_KEY: aws.secretAccessKey },
})
const file = () => {
  const path = join(folder, 'given-key')
  writeFileSync(path, given, { mode: 0o600 })
  return { SALLYPORT_ROOT_KEY_FILE: path }
}

describe('three replicas that start at once on a database that holds nothing', () => {
  it.each([
    ['a file', file],
    ['the environment', () => ({ SALLYPORT_ROOT_KEY: given })],
    ['transit', ofTransit],
    ['AWS KMS', ofAws],
  ])(
    'agree on one root key and one set of secrets: %s',
    async (_name, keys) => {
      verifies('S-34', 'S-43')
      test = await startTestDatabase()
      const stores = await Promise.all([1, 2, 3].map(() => start(keys())))
      const [first, ...others] = stores.map(madeOf)
      for (const other of others) expect(other).toEqual(first)
      const [counted] = await test.database.sql`
      select (select count(*)::int from root_keys) as keys, (select count(*)::int from installation_secrets) as secrets`
      expect(counted).toEqual({ keys: 1, secrets: 4 })
      const before = await bound()
      await closeAll()
      expect(madeOf(await start(keys()))).toEqual(first)
      expect(await bound()).toBe(before)
      expect([...transit.refused, ...amazon.refused]).toEqual([])
    },
    60_000,
  )

  it('with keys that differ: one is the vault’s, and the others refuse and have changed nothing', async () => {
    verifies('S-34')
    test = await startTestDatabase()
    const settled = await Promise.allSettled(
      [1, 2, 3].map(() => start({ SALLYPORT_ROOT_KEY: newKey() })),
    )
    const refused = settled.filter((one) => one.status === 'rejected')
    expect(refused).toHaveLength(2)
    for (const { reason } of refused) {
      expect(reason).toMatchObject({
        exitCode: 78,
        message: expect.stringContaining('not the one'),
      })
    }
    const [counted] = await test.database.sql`
      select (select count(*)::int from root_keys) as keys, (select count(*)::int from installation_secrets) as secrets`
    expect(counted).toEqual({ keys: 1, secrets: 4 })
    const before = await bound()
    await expect(start({ SALLYPORT_ROOT_KEY: newKey() })).rejects.toThrow('not the one')
    expect(await bound()).toBe(before)
  }, 60_000)
})

const faults: readonly KmsFault[] = ['denied', 'disabled', 'garbage', 'lying', 'hanging']

describe.each([
  ['transit', () => transit, ofTransit],
  ['AWS KMS', () => amazon, ofAws],
] as const)('a start with %s that does not do its part', (_name, fake, keys) => {
  it('ends within ten seconds with a sentence, has changed nothing, and goes through once it is back', async () => {
    verifies('S-34', 'S-38', 'S-44')
    test = await startTestDatabase()
    const nothing = await bound()
    const refuse = async (fault: KmsFault) => {
      fake().fail(fault)
      const startedMs = performance.now()
      const error: unknown = await start(keys()).catch((thrown: unknown) => thrown)
      expect(performance.now() - startedMs).toBeLessThan(10_000)
      fake().recover()
      expect([fault, error]).toMatchObject([fault, { exitCode: 78 }])
      const said = String(error)
      expect(said).toContain('Nothing was changed.')
      for (const secret of [transitToken, aws.secretAccessKey]) expect(said).not.toContain(secret)
    }
    for (const fault of faults) {
      await refuse(fault)
      expect([fault, await bound()]).toEqual([fault, nothing])
    }
    const first = madeOf(await start(keys()))
    const before = await bound()
    // A vault that runs needs it no more; a successor cannot be made without it.
    fake().fail('disabled')
    const source = await openKeySource({ config: configOf(keys()), randomBytes })
    await expect(source.next()).rejects.toThrow('Nothing was changed.')
    fake().recover()
    await closeAll()
    for (const fault of faults.slice(0, 4)) {
      await refuse(fault)
      expect([fault, await bound()]).toEqual([fault, before])
    }
    expect(madeOf(await start(keys()))).toEqual(first)
  }, 90_000)
})
