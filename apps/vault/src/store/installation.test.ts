import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { createInstallationStore } from './installation.ts'
import { readKeyBinding } from './key-binding.ts'
import { type Binding, createRootKeyStore } from './root-keys.ts'

const bytes = (fill: number) => new Uint8Array(32).fill(fill)

/** A root key that wraps one secret; nothing of it is a key. */
const binding = (fill: number): Binding => {
  const id = bytes(fill).subarray(0, 8)
  const wrapped = Buffer.concat([Buffer.from([1]), id, Buffer.alloc(60)])
  return {
    rootKey: { id, keyCheck: bytes(fill), ciphertext: null, kms: null },
    secrets: [{ purpose: 'test', version: 1, wrapped }],
  }
}
const none = () => undefined
const bind = (database: TestDatabase['database'], fill: number) =>
  createRootKeyStore(database).bind(binding(fill), none)

describe('installation', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await startTestDatabase()
  })
  afterAll(() => test.stop())

  it('binds the database to the first key and never to another', async () => {
    const store = createInstallationStore(test.database)
    expect(await store.find()).toBeUndefined()
    expect((await readKeyBinding(test.urls.owner)).keyCheck).toBeUndefined()
    const stands = await Promise.all([bind(test.owner, 1), bind(test.owner, 1)])
    expect(stands.map((check) => check?.[0])).toEqual([1, 1])
    expect(Buffer.from((await bind(test.owner, 2)) ?? [])).toEqual(Buffer.from(bytes(1)))
    const { keyCheck, rootKeys } = await readKeyBinding(test.urls.app)
    expect(keyCheck).toEqual(Buffer.from(bytes(1)))
    expect(rootKeys).toMatchObject([{ isInUse: true }])
    expect(await createRootKeyStore(test.database).listSecrets()).toHaveLength(1)
  })

  it('gives a database of an older build its secrets, once, and leaves its key check as it is', async () => {
    const other = await startTestDatabase()
    const older = createRootKeyStore(other.owner)
    await other.owner
      .sql`INSERT INTO installation (id, key_check) VALUES (1, ${Buffer.from(bytes(5))})`
    const asked: Uint8Array[] = []
    const upgrade = () =>
      older.bind(undefined, (check) => {
        asked.push(check)
        return binding(5)
      })
    const stands = await Promise.all([upgrade(), upgrade()])
    expect(stands.map((check) => check?.[0])).toEqual([5, 5])
    expect(asked).toHaveLength(1)
    expect(await older.listSecrets()).toHaveLength(1)
    await other.stop()
  })

  it('keeps a root key that something is wrapped under, and takes nothing under another one', async () => {
    verifies('S-35')
    const { sql } = test.owner
    await expect(sql`DELETE FROM root_keys`).rejects.toThrow('still in use')
    const { secrets } = binding(9)
    const strange = Buffer.from(secrets[0]?.wrapped ?? [])
    await expect(
      sql`INSERT INTO installation_secrets (purpose, version, wrapped) VALUES ('x', 1, ${strange})`,
    ).rejects.toThrow('not in use')
  })

  it('spends the setup token once, however many try at once, and only the right one', async () => {
    const store = createInstallationStore(test.database)
    await bind(test.owner, 1)
    expect(await store.setSetupTokenHash(bytes(7))).toBe(true)
    expect(await store.setSetupTokenHash(bytes(8))).toBe(true)
    expect(await store.consumeSetupToken(bytes(7))).toBe(false)
    const spent = await Promise.all(
      Array.from({ length: 8 }, () => store.consumeSetupToken(bytes(8))),
    )
    expect(spent.filter(Boolean)).toHaveLength(1)
    expect(await store.setSetupTokenHash(bytes(9))).toBe(false)
    expect((await store.find())?.setUpAt).toBeInstanceOf(Date)
  })

  it('gives the setup token back when what it paid for fails', async () => {
    const other = await startTestDatabase()
    const store = createInstallationStore(other.database)
    await bind(other.owner, 1)
    await store.setSetupTokenHash(bytes(7))
    const failing = other.database.transaction(async (tx) => {
      expect(await store.consumeSetupToken(bytes(7), tx)).toBe(true)
      throw new Error('the owner could not be made')
    })
    await expect(failing).rejects.toThrow('could not be made')
    expect(await store.consumeSetupToken(bytes(7))).toBe(true)
    await other.stop()
  })
})
