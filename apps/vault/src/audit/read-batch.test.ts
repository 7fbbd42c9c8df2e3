import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { Batch, BatchRequest } from './read-batch.ts'
import { verifyExport } from './verify-export.ts'

describe('a part of the log', () => {
  let database: TestDatabase
  let audit: TestAuditLog
  const workspaceId = newId('workspace')
  const auditIds: string[] = []

  beforeAll(async () => {
    database = await startTestDatabase()
    audit = openAuditLog({ url: database.urls.app })
    for (let i = 0; i < 7; i += 1) {
      const intent = anIntent(workspaceId)
      auditIds.push(intent.auditId)
      await audit.log.begin(intent)
      if (i === 3) await audit.log.checkpoint()
    }
    for (const auditId of auditIds) {
      audit.log.end({ auditId, workspaceId, outcome: 'sent', status: 200 })
      await audit.log.flush()
    }
    await audit.log.checkpoint()
  })
  afterAll(async () => {
    await audit?.close()
    await database?.stop()
  })

  async function readAll(request: Partial<BatchRequest>): Promise<Batch[]> {
    const batches: Batch[] = []
    let last = { lastSeq: 0, lastCheckpointSeq: 0, isFull: true }
    while (last.isFull) {
      const batch = await audit.log.readBatch({
        ...{ workspaceId, sends: ['entries', 'checkpoints'], format: 'jsonl', rowsMax: 3 },
        ...{ bytesMax: 100_000, afterSeq: last.lastSeq },
        afterCheckpointSeq: last.lastCheckpointSeq,
        ...request,
      })
      batches.push(batch)
      last = batch
    }
    return batches
  }

  it('and the next ones are the whole chain, which verifies as an export does', async () => {
    verifies('S-37')
    const batches = await readAll({})
    const lines = batches.flatMap((batch) => batch.lines)
    expect(lines.filter(({ kind }) => kind === 'entry').map(({ seq }) => seq)).toEqual(
      Array.from({ length: 14 }, (_, i) => i + 1),
    )
    const counts = { records: 14, checkpoints: 2 }
    const header = {
      type: 'header',
      format: 'sallyport-audit-v1',
      workspaceId,
      publicKey: audit.keys.publicKeyJwk,
    }
    async function* exported() {
      yield JSON.stringify(header)
      for (const { json } of lines) yield json
      yield JSON.stringify({ type: 'end', ...counts })
    }
    const options = { macKeys: audit.macKeys, publicKey: audit.keys.publicKey }
    expect(await verifyExport(exported(), options)).toMatchObject({ ok: true, checked: 14 })
  })

  it('is bounded in bytes, and one line at least', async () => {
    const batches = await readAll({ bytesMax: 1 })
    expect(batches.map(({ lastSeq }) => lastSeq).slice(0, 3)).toEqual([1, 2, 3])
  })

  it('has one event for each entry that has ended, though its intent came long before', async () => {
    const batches = await readAll({ format: 'ocsf', sends: ['entries'] })
    expect(batches[0]).toMatchObject({ lines: [], lastSeq: 3, isFull: true })
    const events = batches.flatMap(({ lines }) => lines.map(({ json }) => JSON.parse(json)))
    expect(events.map((event) => event.metadata.uid)).toEqual(auditIds)
    for (const event of events) {
      expect(event).toMatchObject({ status_id: 1, api: { operation: 'execute' } })
    }
    expect(events.map((event) => event.metadata.sequence)).toEqual([8, 9, 10, 11, 12, 13, 14])
  })

  it('is of checkpoints alone where nothing else is wanted', async () => {
    const batches = await readAll({ sends: ['checkpoints'] })
    expect(batches.flatMap(({ lines }) => lines.map(({ seq }) => seq))).toEqual([4, 14])
  })
})
