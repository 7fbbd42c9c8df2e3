import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { createInstallationStore } from './installation.ts'
import { readKeyCheck } from './migrate.ts'

const bytes = (fill: number) => new Uint8Array(32).fill(fill)

describe('installation', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await startTestDatabase()
  })
  afterAll(() => test.stop())

  it('binds the database to the first key and never to another', async () => {
    const store = createInstallationStore(test.database)
    expect(await store.find()).toBeUndefined()
    expect(await readKeyCheck(test.urls.owner)).toBeUndefined()
    const stands = await Promise.all([store.insert(bytes(1)), store.insert(bytes(1))])
    expect(stands.map((check) => check[0])).toEqual([1, 1])
    expect(Buffer.from(await store.insert(bytes(2)))).toEqual(Buffer.from(bytes(1)))
    expect(await readKeyCheck(test.urls.app)).toEqual(Buffer.from(bytes(1)))
  })

  it('spends the setup token once, however many try at once, and only the right one', async () => {
    const store = createInstallationStore(test.database)
    await store.insert(bytes(1))
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
    await store.insert(bytes(1))
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
