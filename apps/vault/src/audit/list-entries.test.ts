import type { AuditEntry } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { createAuditEndingStore } from '../store/audit-endings.ts'
import { createAuditReadStore } from '../store/audit-read.ts'
import type { EntryQuery, FoundRecord } from './audit-store.ts'
import { createEntryReader, type EntryFilters } from './list-entries.ts'
import { findEnded, sift } from './sift-entries.ts'

const workspaceId = 'wsp_listed'
const operations = ['execute', 'testConnection', 'createPolicy', 'executeMore']
const outcomes = ['pending', 'sent', 'failed', 'refused', 'unknown', 'done']

let database: TestDatabase
let audit: TestAuditLog
let all: AuditEntry[]

beforeAll(async () => {
  database = await startTestDatabase()
  audit = openAuditLog({ url: database.urls.app })
  const { log } = audit
  for (let i = 0; i < 120; i += 1) {
    const auditId = newId('audit')
    const operation = operations[i % 4] ?? ''
    // What would look like other members if it were not written as JSON.
    const reason = `","outcome":"done","operation":"execute" ${i}`
    const subject = { auditId, workspaceId, operation, reason }
    const agentId = i % 3 === 0 ? 'agt_1' : 'agt_2'
    if (i % 5 === 0) {
      await log.refuse({ ...subject, agentId, decision: 'deny', problem: 'policy-denied' })
    } else if (i % 5 === 1) {
      const outcome = i % 2 === 0 ? 'done' : 'refused'
      await log.record({ ...subject, ownerId: 'own_1', outcome, detail: { outcome: 'sent' } })
    } else {
      const deadlineMs = i % 7 === 0 ? 0 : Date.now() + 60_000
      await log.begin(anIntent(workspaceId, { ...subject, agentId, deadlineMs }))
      if (i % 7 === 1 || i % 7 === 0) continue
      log.end({ auditId, workspaceId, outcome: i % 2 === 0 ? 'sent' : 'failed', reason })
    }
  }
  await log.begin(anIntent('wsp_other'))
  await log.flush()
  await log.closeUnknown()
  all = await pages({})
})
afterAll(async () => {
  await audit?.close()
  await database?.stop()
})

async function pages(filters: Omit<EntryFilters, 'limit'>, limit = 7): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  let cursor: string | undefined
  do {
    const page = await audit.log.list(workspaceId, { ...filters, limit, cursor })
    expect(page.entries.length).toBeLessThanOrEqual(limit)
    found.push(...page.entries)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return found
}

describe('the list of audit entries', () => {
  it('is narrowed by outcome and operation, together and with all else, to what the entries show', async () => {
    expect(all).toHaveLength(120)
    expect(new Set(all.map(({ outcome }) => outcome))).toEqual(new Set(outcomes))
    for (const outcome of [undefined, ...outcomes]) {
      for (const operation of [undefined, ...operations, 'nothing', 'execut']) {
        for (const agentId of [undefined, 'agt_1']) {
          const expected = all.filter(
            (entry) =>
              (outcome === undefined || entry.outcome === outcome) &&
              (operation === undefined || entry.operation === operation) &&
              (agentId === undefined || entry.agentId === agentId),
          )
          expect(await pages({ outcome, operation, agentId })).toEqual(expected)
        }
      }
    }
  })

  it('is narrowed by time as well', async () => {
    const [from, to] = [all[90]?.at ?? '', all[30]?.at ?? '']
    const expected = all.filter(({ at, outcome }) => at >= from && at <= to && outcome === 'sent')
    expect(expected.length).toBeGreaterThan(0)
    expect(await pages({ outcome: 'sent', from, to })).toEqual(expected)
    expect(await pages({ outcome: 'done', from: '2031-01-01T00:00:00Z' })).toEqual([])
    expect(await pages({ outcome: 'pending', to: '2001-01-01T00:00:00Z' })).toEqual([])
  })
})

describe('one entry by its id', () => {
  it('is found however old it is, whatever became of it, and in its own workspace alone', async () => {
    for (const entry of all) expect(await pages({ auditId: entry.id })).toEqual([entry])
    expect(await pages({ auditId: newId('audit') })).toEqual([])
    const auditId = all[60]?.id
    const elsewhere = await audit.log.list('wsp_other', { auditId, limit: 1 })
    expect(elsewhere).toEqual({ entries: [] })
  })

  it('is found where its record was written long after its id was made', async () => {
    const { log } = audit
    const late = openAuditLog({ url: database.urls.app, now: () => Date.now() + 1_800_000 })
    const auditId = newId('audit')
    const subject = { auditId, workspaceId: 'wsp_late', operation: 'execute' }
    await late.log.refuse({ ...subject, decision: 'deny', problem: 'policy-denied' })
    await late.close()
    const { entries } = await log.list('wsp_late', { auditId, limit: 1 })
    expect(entries).toMatchObject([{ id: auditId }])
  })

  it('is left out where another filter does not fit it', async () => {
    const auditId = all[60]?.id
    const { decision, outcome, operation, at } = all[60] ?? {}
    expect(await pages({ auditId, decision, outcome, operation, from: at, to: at })).toHaveLength(1)
    expect(await pages({ auditId, from: '2031-01-01T00:00:00Z' })).toEqual([])
    expect(await pages({ auditId, operation: 'nothing' })).toEqual([])
    for (const odd of ['', 'aud_', 'aud_unreadable', `aud_${'z'.repeat(26)}`]) {
      expect(await pages({ auditId: odd })).toEqual([])
    }
  })
})

describe('looking for what is rare', () => {
  const lastSeq = 10_000_000
  /** A long log in which few records fit. */
  function rare(seqs: readonly number[], isOften = false) {
    const asked: { from: number; to: number }[] = []
    const fitting = ({ beforeSeq = 0, sinceSeq = 0, limit }: EntryQuery) =>
      seqs
        .filter((seq) => seq < beforeSeq && seq >= sinceSeq)
        .toSorted((a, b) => b - a)
        .slice(0, limit)
        .map(
          (seq) =>
            ({ seq, auditId: `aud_${seq}`, kind: 'refusal', entry: '', atMs: 0 }) as FoundRecord,
        )
    const reader = createEntryReader({
      openingsRange: async () => ({ first: 1, last: lastSeq }),
      listOutcomes: async () => [],
      async listOpenings(query: EntryQuery) {
        asked.push({ from: query.sinceSeq ?? 0, to: query.beforeSeq ?? 0 })
        return fitting(query)
      },
      listEndings: async (query) => fitting(query),
      openingsOfEndings: async (query, endings) =>
        fitting({ ...query, limit: lastSeq }).filter(({ seq }) =>
          endings.some((ending) => ending.seq === seq),
        ),
      seqOfNth: async ({ beforeSeq = 0 }, nth) =>
        isOften ? Math.max(1, beforeSeq - nth) : undefined,
    })
    return { asked, reader }
  }

  it('looks through a bounded part for a page, and finds everything in the end, once', async () => {
    const seqs = [
      1,
      2,
      299_999,
      300_000,
      300_001,
      4_000_000,
      9_699_999,
      9_700_000,
      9_999_999,
      lastSeq,
    ]
    const { asked, reader } = rare(seqs)
    const found: number[] = []
    let cursor: string | undefined
    let pagesRead = 0
    do {
      const before = asked.length
      const page = await reader('wsp_1', { limit: 2, operation: 'execute', cursor })
      const parts = asked.slice(before)
      expect(parts.reduce((sum, { from, to }) => sum + to - from, 0)).toBeLessThanOrEqual(300_000)
      found.push(...page.entries.map(({ seq }) => seq))
      cursor = page.nextCursor
      pagesRead += 1
    } while (cursor !== undefined && pagesRead < 100)
    expect(found).toEqual(seqs.toSorted((a, b) => b - a))
  })

  it.each([
    { agentId: 'agt_1', decision: 'deny' },
    { agentId: 'agt_1', connectionId: 'con_1' },
    { tool: 'tol_1', agentId: 'agt_1' },
    { tool: 'a.tool', decision: 'deny' },
    { operation: 'createPolicy', decision: 'allow' },
  ])('looks through a bounded part for a page of two filters: %o', async (filters) => {
    const { asked, reader } = rare([17], true)
    const found: number[] = []
    let cursor: string | undefined
    for (let pagesRead = 0; pagesRead === 0 || cursor !== undefined; pagesRead += 1) {
      const before = asked.length
      const page = await reader('wsp_1', { limit: 10, ...filters, cursor })
      const lookedAt = asked.slice(before).reduce((sum, { from, to }) => sum + to - from, 0)
      expect(lookedAt).toBeLessThanOrEqual(300_000)
      found.push(...page.entries.map(({ seq }) => seq))
      cursor = page.nextCursor
    }
    expect(found).toEqual([17])
  })

  it('walks by the rarer of two filters', async () => {
    const store = {
      ...createAuditReadStore(audit.database),
      ...createAuditEndingStore(audit.database),
    }
    const query = { workspaceId, limit: 300, beforeSeq: 10_000, sinceSeq: 1 }
    const seqOfNth = async ({ agentId }: EntryQuery, nth: number) =>
      10_000 - nth * (agentId ? 1 : 9)
    const filters = { agentId: 'agt_1', connectionId: 'con_rare' }
    const found = await sift({ ...store, seqOfNth }, { ...query, ...filters }, 1_000)
    expect(found.downTo).toBe(1_000)
  })

  it('finds the few that did not end well on one page, however far apart they are', async () => {
    const seqs = [1, 299_999, 4_000_000, 9_999_999]
    const { asked, reader } = rare(seqs)
    const page = await reader('wsp_1', { limit: 50, outcome: 'failed' })
    expect(page.entries.map(({ seq }) => seq)).toEqual(seqs.toReversed())
    expect(page.nextCursor).toBeUndefined()
    const walked = asked.filter(({ from }) => from > 0)
    expect(walked.reduce((sum, { from, to }) => sum + to - from, 0)).toBeLessThanOrEqual(5_000)
  })

  it('finds the same by the index of outcomes as by looking at every entry', async () => {
    const store = {
      ...createAuditReadStore(audit.database),
      ...createAuditEndingStore(audit.database),
    }
    const beforeSeq = Math.max(...all.map(({ seq }) => seq)) + 1
    for (const outcome of ['failed', 'refused', 'unknown', 'done']) {
      for (const agentId of [undefined, 'agt_1']) {
        for (const before of [beforeSeq, Math.floor(beforeSeq / 2)]) {
          const query = {
            workspaceId,
            outcome,
            agentId,
            sinceSeq: 1,
            beforeSeq: before,
            limit: 300,
          }
          const found = await findEnded(store, query)
          const expected = all.filter(
            (entry) =>
              entry.outcome === outcome &&
              entry.seq < before &&
              (agentId === undefined || entry.agentId === agentId),
          )
          expect(found.openings.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq))
          expect(found.downTo).toBe(1)
        }
      }
    }
  })

  it('walks an agent’s entries by the agent alone, however few of them fit what else is asked', async () => {
    const store = {
      ...createAuditReadStore(audit.database),
      ...createAuditEndingStore(audit.database),
    }
    const walked: EntryQuery[] = []
    const seqOfNth = (query: EntryQuery, nth: number) => {
      walked.push(query)
      return store.seqOfNth(query, nth)
    }
    const beforeSeq = Math.max(...all.map(({ seq }) => seq)) + 1
    const range = { workspaceId, limit: 300, beforeSeq, sinceSeq: 1 }
    const filters = { agentId: 'agt_1', decision: 'deny', outcome: 'refused', fromMs: 0 }
    const found = await sift({ ...store, seqOfNth }, { ...range, ...filters }, 1)
    expect(walked).toEqual([{ workspaceId, limit: 300, beforeSeq, agentId: 'agt_1' }])
    const last = all.find(({ agentId }) => agentId === 'agt_1')
    expect(found.downTo).toBe(last?.seq)
    const whole = await sift({ ...store, seqOfNth }, { ...range, ...filters })
    expect(whole.openings.map(({ seq }) => seq)).toEqual(
      all
        .filter((entry) => entry.agentId === 'agt_1' && entry.decision === 'deny')
        .map(({ seq }) => seq),
    )
  })

  it('finds an entry whose outcome came when much else had been recorded', async () => {
    const { log } = audit
    const slow = anIntent('wsp_slow')
    await log.begin(slow)
    const others = Array.from({ length: 1_200 }, () => ({
      ...{ auditId: newId('audit'), workspaceId: 'wsp_slow', operation: 'execute' },
      ...({ decision: 'deny', problem: 'policy-denied' } as const),
    }))
    await Promise.all(others.map((refusal) => log.refuse(refusal)))
    log.end({ auditId: slow.auditId, workspaceId: 'wsp_slow', outcome: 'failed' })
    await log.flush()
    const page = await log.list('wsp_slow', { limit: 10, outcome: 'failed' })
    expect(page).toEqual({ entries: [expect.objectContaining({ id: slow.auditId, seq: 1 })] })
  })

  it('goes straight to what an index leads to', async () => {
    for (const filters of [
      { operation: 'createPolicy' },
      { outcome: 'done' },
      { outcome: 'pending' },
    ]) {
      const { asked, reader } = rare([17])
      const page = await reader('wsp_1', { limit: 50, ...filters })
      expect(asked).toEqual([{ from: 1, to: lastSeq + 1 }])
      expect(page.entries.map(({ seq }) => seq)).toEqual([17])
      expect(page.nextCursor).toBeUndefined()
    }
  })
})
