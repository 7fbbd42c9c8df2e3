import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../../test/fixtures/database.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { copyIn } from './copy-in.ts'

describe('a restore into a database that a vault has come into meanwhile', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await startTestDatabase()
  })
  afterAll(() => test?.stop())

  it('reads no table, and leaves that vault every trigger', async () => {
    verifies('S-37', 'S-43')
    const { sql } = test.owner
    await sql`insert into installation (id, key_check) values (1, ${Buffer.alloc(32)})`
    const triggers = async () => [
      ...(await sql`
        select tgrelid::regclass::text as of, tgname, tgenabled from pg_trigger
        where not tgisinternal order by 1, 2`),
    ]
    const before = await triggers()
    expect(before.map(({ tgenabled }) => tgenabled)).toContain('A')
    const tables = (async function* () {
      yield* []
      throw new Error('the tables were read')
    })()
    const done = copyIn(test.urls.owner, { tables, freezes: false, onTable: () => {} })
    expect(await done).toBeUndefined()
    expect(await triggers()).toEqual(before)
  })
})
