import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../../test/fixtures/database.ts'
import { readBackups } from '../examine.ts'
import { recordBackup } from './record-backup.ts'

const dayMs = 86_400_000

describe('what the database remembers of backups', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await startTestDatabase()
    await test.owner.sql`
      insert into installation (id, key_check) values (1, ${Buffer.alloc(32)})`
  })
  afterAll(() => test?.stop())

  it('is the newest, by no clock that is ahead of the database’s', async () => {
    const { owner } = test.urls
    const ageDays = async (afterMs: number) => {
      await recordBackup(owner, new Date(Date.now() + afterMs))
      return ((await readBackups(owner))?.ageMs ?? Number.NaN) / dayMs
    }
    expect((await readBackups(owner))?.ageMs).toBeUndefined()
    expect(await ageDays(-9 * dayMs)).toBeCloseTo(9, 2)
    expect(await ageDays(-3 * dayMs)).toBeCloseTo(3, 2)
    expect(await ageDays(-5 * dayMs)).toBeCloseTo(3, 2)
    expect(await ageDays(30 * dayMs)).toBeCloseTo(0, 2)
  })
})
