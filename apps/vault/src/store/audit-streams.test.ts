import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import type { StreamStore } from '../audit-streams/stream-store.ts'
import { createAuditStreamStore } from './audit-streams.ts'
import { auditHeads } from './audit-tables.ts'
import { workspaces } from './tables.ts'

let test: TestDatabase

beforeAll(async () => {
  test = await startTestDatabase()
  const { db } = test.database
  await db.insert(workspaces).values({ id: 'wsp_1', name: 'one' })
})
afterAll(() => test?.stop())

it('lets go of a stream that a vault held when it was killed, for the vault that follows it on its own database', async () => {
  const store = createAuditStreamStore(test.database)
  const row: Parameters<StreamStore['insert']>[0] = {
    ...{ id: 'ast_1', workspaceId: 'wsp_1', kind: 'webhook', label: 'SIEM', format: 'jsonl' },
    ...{ enabled: true, sealed: new Uint8Array([1]), version: 1, failures: 0 },
    ...{ sends: ['entries'], lastError: null, lastDeliveredAt: null, createdAt: new Date() },
  }
  await store.insert(row, { streamsMax: 10, from: 'now' })
  const bytes = new Uint8Array(32)
  await test.database.db
    .insert(auditHeads)
    .values({ workspaceId: 'wsp_1', seq: 3, hash: bytes, mac: bytes })
  const claim = async (by: string) =>
    (await store.claim({ by, leaseMs: 60_000, streamsMax: 5 })).map(({ id }) => id)
  expect(await claim('killed')).toEqual(['ast_1'])
  expect(await claim('next')).toEqual([])
  await store.expireLeases()
  expect(await claim('next')).toEqual(['ast_1'])
})
