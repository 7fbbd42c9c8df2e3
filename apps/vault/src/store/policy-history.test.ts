import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { openSuperuser } from '../../../../test/fixtures/superuser.ts'
import { createTurns } from '../execute/take-turns.ts'
import type { Attempt } from '../policies/history/read-attempt.ts'
import { readHistory, type Whose } from '../policies/history/read-history.ts'
import type { Sql } from './database.ts'
import { createPolicyHistoryStore } from './policy-history.ts'

const many = 120_000
const startMs = Date.parse('2026-10-01T00:00:00Z')
const stepMs = 10_000

/** Records of two workspaces, three agents, each at three connections in turn; every tenth is a refusal, every fifth an event. */
async function fill(sql: Sql): Promise<void> {
  await sql`
    insert into audit_records
      (workspace_id, seq, audit_id, kind, at, agent_id, connection_id, decision, entry, hash, mac)
    select 'wsp_' || n % 2, n, 'aud_' || n, k.kind,
      to_timestamp((${startMs}::float8 + n * ${stepMs}::float8) / 1000),
      'agt_' || n % 2 || '_' || n % 3, 'con_' || n / 6 % 3, 'allow',
      '{"v":1,"kind":"' || k.kind || '","id":"aud_' || n || '","at":"2026-11-01T00:00:00.000Z","operation":"execute","method":"GET",'
        || '"host":"api.example.com","path":"/v1/' || n || '","requestBytes":0,"problem":"policy-denied"}',
      '\\x00', '\\x00'
    from generate_series(1, ${many}) n,
      lateral (select case when n % 10 = 9 then 'refusal' when n % 5 = 3 then 'event' else 'intent' end as kind) k`
  await sql`analyze audit_records`
}

describe('the attempts of an agent at a connection', () => {
  let test: TestDatabase
  let admin: ReturnType<typeof openSuperuser>
  const whose: Whose = {
    workspaceId: 'wsp_1',
    agentId: 'agt_1_1',
    connectionId: 'con_2',
    fromMs: startMs,
  }

  beforeAll(async () => {
    test = await startTestDatabase()
    admin = openSuperuser(test.urls.owner)
    await fill(admin)
  })
  afterAll(async () => {
    await admin.end({ timeout: 1 })
    await test.stop()
  })

  async function read(over: Partial<Whose> = {}) {
    const found: Attempt[] = []
    const statements: number[] = []
    const store = createPolicyHistoryStore(test.database)
    const end = await readHistory(
      {
        store: {
          async listOpenings(one, part) {
            const records = await store.listOpenings(one, part)
            statements.push(records.length)
            return records
          },
        },
        takeTurn: createTurns(),
        monotonicMs: () => performance.now(),
      },
      { ...whose, ...over },
      (attempt) => void found.push(attempt),
    )
    return { found, statements, ...end }
  }

  it('are read in order, newest first, each once, and those of nobody else', async () => {
    const { found, looked, truncated } = await read()
    const wanted = await admin<{ id: string }[]>`
      select audit_id as id from audit_records where workspace_id = ${whose.workspaceId}
        and agent_id = ${whose.agentId} and connection_id = ${whose.connectionId}
        and kind in ('intent', 'refusal') order by seq desc`
    expect(wanted.length).toBeGreaterThan(5_000)
    expect(found.map(({ auditId }) => auditId)).toEqual(wanted.map(({ id }) => id))
    expect({ looked, truncated }).toEqual({ looked: wanted.length, truncated: false })
    // What is of another workspace has the same ids of agents and connections, and is not seen.
    expect((await read({ workspaceId: 'wsp_0' })).looked).toBe(0)
    expect((await read({ connectionId: 'con_9' })).looked).toBe(0)
  })

  it('are read no further back than is asked for, however much there is', async () => {
    const fromMs = startMs + stepMs * (many - 1_000)
    const { found, statements } = await read({ fromMs })
    expect(found.length).toBeGreaterThan(10)
    expect(statements).toHaveLength(1)
  })

  it('are found by an index that is walked from its end, a bounded part at a time', async () => {
    const { statements } = await read()
    expect(Math.max(...statements)).toBeLessThanOrEqual(1_000)
    const plan = await admin.begin(async (tx) => {
      const rows = await tx<Record<string, string>[]>`
        explain (analyze, costs off, timing off, summary off)
        select audit_records.seq::float8 as seq,
          case when connection_id = 'con_2' and kind in ('intent', 'refusal') then entry end as text
        from audit_records
        where workspace_id = 'wsp_1' and agent_id = 'agt_1_1' and kind <> 'outcome'
          and audit_records.seq < ${many}::bigint
        order by audit_records.seq desc limit 1000`
      return rows.map((row) => Object.values(row).join('')).join('\n')
    })
    expect(plan).toContain('audit_records_by_agent')
    expect(plan).toMatch(/Scan Backward/)
    expect(plan).not.toMatch(/Seq Scan|Sort|Rows Removed/)
  })
})
