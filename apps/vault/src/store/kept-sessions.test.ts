import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  migrationsFolder,
  startTestDatabase,
  type TestDatabase,
} from '../../../../test/fixtures/database.ts'
import { migrate } from './migrate.ts'
import { withRotationLock } from './root-rotation.ts'

const hoursMs = 3 * 3_600_000

describe('a lock that a session holds', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await startTestDatabase()
  })
  afterAll(() => test.stop())
  // What a connection may last is told by a timer of the driver: it is this process that grows old, not the database.
  beforeEach(
    () =>
      void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true }),
  )
  afterEach(() => void vi.useRealTimers())

  const growOld = async () => {
    vi.advanceTimersByTime(hoursMs)
    // Until an end that was begun has come to the server.
    for (let looks = 0; looks < 20; looks += 1) await test.owner.sql`select pg_sleep(0.01)`
    const held = await test.owner.sql`
      select from pg_locks where locktype = 'advisory' and database = (
        select oid from pg_database where datname = current_database())`
    return held.length
  }

  it('is held by a rotation of the root key for as long as it takes', async () => {
    const url = test.urls.owner
    const done = await withRotationLock(url, async () => {
      const held = await growOld()
      return { held, another: await withRotationLock(url, () => Promise.resolve('ran')) }
    })
    expect(done).toEqual({ value: { held: 1, another: undefined } })
  })

  it('is held by migrations for as long as they take', async () => {
    let held = 0
    const furtherSchema = {
      ...{ name: 'further', ledger: 'further' },
      migrate: async () => {
        held = await growOld()
      },
    }
    await migrate({ url: test.urls.owner, migrationsFolder, furtherSchema })
    expect(held).toBe(1)
  })
})
