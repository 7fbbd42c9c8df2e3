import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { openSuperuser } from '../../../../test/fixtures/superuser.ts'
import { type ActivityNeeds, createActivity } from '../activity/activity.ts'
import { type CountKeepingStore, createKeepCounts } from '../activity/keep-counts.ts'
import { dayMs, quarterMs } from '../activity/kept-time.ts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { createActivityStore } from './activity.ts'
import { createCountKeepingStore } from './activity-keeping.ts'
import { type Database, openDatabase } from './database.ts'

const nowMs = Date.UTC(2026, 10, 20, 13, 22, 7, 345)
const keptFromMs = Date.UTC(2026, 9, 19)
const minuteMs = 60_000

/** One record as the log would have it, with what the counts look at in its text. */
interface LogRecord {
  readonly auditId: string
  readonly kind: 'intent' | 'refusal' | 'outcome' | 'event'
  readonly atMs: number
  readonly agentId?: string
  readonly connectionId?: string
  readonly decision?: string
  readonly entry: string
}

const openedAs = (operation: string) => `{"v":1,"operation":"${operation}","path":"/x"}`
const endedAs = (outcome: string, durationMs?: number) =>
  `{"v":1,"outcome":"${outcome}"${durationMs === undefined ? '' : `,"durationMs":${durationMs}`}}`

describe('kept counts', () => {
  let test: TestDatabase
  let admin: ReturnType<typeof openSuperuser>
  beforeAll(async () => {
    test = await startTestDatabase()
    admin = openSuperuser(test.urls.owner)
  })
  afterAll(async () => {
    await admin?.end({ timeout: 1 })
    await test?.stop()
  })

  const made = { workspaces: 0, calls: 0 }

  /** A log of its own, and both ways to count it. */
  function aLog() {
    made.workspaces += 1
    const workspaceId = `wsp_${made.workspaces}`
    const head = { seq: 0 }
    const store = createActivityStore(test.database)
    const fromLog: ActivityNeeds['store'] = {
      ...store,
      atOneMoment: (work) =>
        store.atOneMoment((moment) => work({ ...moment, keptFromMs: async () => undefined })),
    }
    const ask = (from: ActivityNeeds['store'], input: object) =>
      createActivity({ store: from, now: () => 0 })(
        { workspaceId } as AuthenticatedOwner,
        input as never,
      )
    const steps = createCountKeepingStore(test.database)
    return {
      ...{ workspaceId, steps },
      async append(records: readonly LogRecord[]) {
        if (records.length === 0) return
        const rows = records.map((record, at) => ({
          ...{ agentId: null, connectionId: null, decision: null, ...record },
          ...{ seq: head.seq + at + 1, at: new Date(record.atMs).toISOString() },
        }))
        head.seq += records.length
        await admin`
          with added as (
            insert into audit_records (workspace_id, seq, audit_id, kind, at, agent_id, connection_id,
              decision, entry, hash, mac)
            select ${workspaceId}, seq, "auditId", kind, at, "agentId", "connectionId", decision, entry, '', ''
            from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (seq bigint, "auditId" text,
              kind text, at timestamptz, "agentId" text, "connectionId" text, decision text, entry text))
          insert into audit_heads (workspace_id, seq, hash, mac) values (${workspaceId}, ${head.seq}, '', '')
          on conflict (workspace_id) do update set seq = excluded.seq`
      },
      /** As retention does. */
      async prune(upTo: number) {
        const seq = Math.floor(upTo * head.seq)
        if (seq === 0) return
        await admin.begin(async (tx) => {
          await tx`alter table audit_records disable trigger user`
          await tx`delete from audit_records where workspace_id = ${workspaceId} and seq <= ${seq}`
          await tx`alter table audit_records enable always trigger append_only`
          await tx`
            insert into audit_starts (workspace_id, seq, hash, mac, at, signature)
            values (${workspaceId}, ${seq}, '', '', now(), '')
            on conflict (workspace_id) do update set seq = greatest(audit_starts.seq, excluded.seq)`
        })
      },
      async expectSame(input: object) {
        expect(await ask(store, input)).toEqual(await ask(fromLog, input))
      },
      keptFrom: () => store.atOneMoment((moment) => moment.keptFromMs(workspaceId)),
      kept: async () => [
        ...(await admin`
          select * from activity_counts where workspace_id = ${workspaceId} order by 1, 2, 3, 4, 5`),
      ],
      unsettled: async () => [
        ...(await admin`
          select ended from activity_unsettled where workspace_id = ${workspaceId} order by seq`),
      ],
    }
  }
  type Log = ReturnType<typeof aLog>

  const jobOn = (database: Database, store: Partial<CountKeepingStore> = {}, atMs = nowMs) =>
    createKeepCounts({
      store: { ...createCountKeepingStore(database), ...store },
      now: () => atMs,
      monotonicMs: () => 0,
      onFailure: (error) => {
        throw error
      },
    }).run
  /** As though its counts were behind, whatever they are. */
  const jobFor = ({ workspaceId }: Log) =>
    jobOn(test.database, { workspacesBehind: async () => [workspaceId] })
  const behind = { recordsMin: 1_000, waitMs: 60_000, keptFromMs }

  const newAuditId = () => {
    made.calls += 1
    return `aud_${made.calls}`
  }
  const aCall = (atMs: number, outcome = 'sent', over: Partial<LogRecord> = {}): LogRecord[] => {
    const auditId = newAuditId()
    const opening = { agentId: 'agt_1', connectionId: 'con_1', decision: 'allow', ...over }
    return [
      { auditId, kind: 'intent', atMs, entry: openedAs('execute'), ...opening },
      { auditId, kind: 'outcome', atMs: atMs + 40, entry: endedAs(outcome, 40) },
    ]
  }
  const days = (from: number, to = 0) => ({
    from: new Date(Date.UTC(2026, 10, 21) - from * dayMs).toISOString(),
    to: new Date(Date.UTC(2026, 10, 21) - to * dayMs).toISOString(),
    bucketMinutes: 240,
  })

  const pick = <const T>(...from: T[]) => fc.constantFrom(...from)
  const anAge = fc.oneof(
    fc.integer({ min: 0, max: 40 * minuteMs }),
    fc.integer({ min: 0, max: 3 * dayMs }),
    fc.integer({ min: -quarterMs, max: 40 * dayMs }),
    // On the edge of a quarter and of a day.
    fc.integer({ min: 0, max: 300 }).map((n) => (nowMs % quarterMs) + n * quarterMs),
    fc.integer({ min: 0, max: 3 }).map((n) => (nowMs % dayMs) + n * dayMs),
  )
  const anOpening = fc.record({
    what: fc.constant('open' as const),
    kind: pick('intent', 'intent', 'intent', 'refusal', 'event'),
    operation: pick('execute', 'executeApproved', 'callMyTool', 'replacePolicy'),
    age: anAge,
    agentId: pick('agt_1', 'agt_2', 'agt_3', undefined),
    connectionId: pick('con_1', 'con_2', undefined),
    decision: pick('allow', 'deny', 'require_approval', undefined),
  })
  const anEnding = fc.record({
    what: fc.constant('end' as const),
    // Which of the calls that are open, or of which nobody knew the end.
    which: fc.nat(),
    outcome: pick('sent', 'sent', 'failed', 'refused', 'unknown', 'odd'),
    durationMs: fc.option(
      fc.double({ min: 0, max: 50_000, noNaN: true, noDefaultInfinity: true }),
      {
        nil: undefined,
      },
    ),
  })
  const aStep = fc.oneof(
    fc.record({
      what: fc.constant('countOn' as const),
      recordsMax: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      what: fc.constant('fillBack' as const),
      partMs: pick(minuteMs, quarterMs, 5 * quarterMs, dayMs, 9 * dayMs),
      downToMs: pick(keptFromMs, nowMs - (nowMs % dayMs) - dayMs),
    }),
    fc.record({
      what: fc.constant('removeOld' as const),
      rowsMax: fc.integer({ min: 1, max: 20 }),
    }),
    fc.record({ what: fc.constant('run' as const) }),
    fc.record({
      what: fc.constant('prune' as const),
      upTo: fc.double({ min: 0, max: 0.6, noNaN: true }),
    }),
  )
  const aPart = fc.record({
    records: fc.array(fc.oneof(anOpening, anEnding), { maxLength: 14 }),
    steps: fc.array(aStep, { maxLength: 4 }),
    question: fc.record({
      toAge: fc.oneof(
        fc.constant(nowMs % quarterMs),
        fc.integer({ min: -quarterMs, max: 2 * dayMs }),
      ),
      lengthMs: fc.oneof(
        pick(dayMs, 3 * dayMs, 31 * dayMs, quarterMs),
        fc.integer({ min: 1, max: 31 * dayMs }),
      ),
      bucket: pick('least', 'quarters', 'day'),
      agentId: pick(undefined, undefined, 'agt_1', 'agt_9'),
      connectionId: pick(undefined, undefined, 'con_1'),
    }),
  })
  type Part = typeof aPart extends fc.Arbitrary<infer T> ? T : never

  /** Calls that are not settled, as the log goes on. */
  function recordsOf(part: Part, open: string[]): LogRecord[] {
    return part.records.flatMap((one): LogRecord[] => {
      if (one.what === 'end') {
        const [auditId] = open.splice(one.which % Math.max(1, open.length), 1)
        if (auditId === undefined) return []
        if (one.outcome === 'unknown' || one.outcome === 'odd') open.push(auditId)
        return [
          {
            ...({ auditId, kind: 'outcome', atMs: nowMs } as const),
            entry: endedAs(one.outcome, one.durationMs),
          },
        ]
      }
      const { kind, age, operation, agentId, connectionId, decision } = one
      const auditId = newAuditId()
      if (kind === 'intent') open.push(auditId)
      return [
        {
          ...{ auditId, kind, atMs: nowMs - age, entry: openedAs(operation) },
          ...(agentId !== undefined && { agentId }),
          ...(connectionId !== undefined && { connectionId }),
          ...(decision !== undefined && { decision }),
        },
      ]
    })
  }

  async function take(log: Log, step: Part['steps'][number]): Promise<void> {
    const { workspaceId, steps } = log
    if (step.what === 'run') await jobOn(test.database)()
    if (step.what === 'prune') await log.prune(step.upTo)
    if (step.what === 'countOn') await steps.countOn(workspaceId, step.recordsMax)
    if (step.what === 'fillBack') await steps.fillBack(workspaceId, step)
    if (step.what === 'removeOld') {
      await steps.removeOld(workspaceId, { beforeMs: keptFromMs, rowsMax: step.rowsMax })
    }
  }

  function inputOf({ toAge, lengthMs, bucket, ...ids }: Part['question']): object {
    const toMs = nowMs - toAge
    const least = Math.ceil(lengthMs / 200 / minuteMs)
    const quarters = Math.ceil(least / 15) * 15
    const bucketMinutes = { least: Math.min(1440, least), quarters, day: 1440 }[bucket]
    return {
      ...{ from: new Date(toMs - lengthMs).toISOString(), to: new Date(toMs).toISOString() },
      ...{ bucketMinutes, ...ids },
    }
  }

  it('come to what the log comes to, whatever was written, counted and removed in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aPart, { minLength: 2, maxLength: 6 }), async (parts) => {
        const log = aLog()
        const open: string[] = []
        for (const [nth, part] of parts.entries()) {
          await log.append(recordsOf(part, open))
          if (nth === 1) await log.steps.begin(log.workspaceId)
          for (const step of part.steps) {
            await take(log, step)
            await log.expectSame(inputOf(part.question))
          }
          await log.expectSame(inputOf(part.question))
          await log.expectSame(days(31))
        }
        // A job does what it has time for, and goes on when its time comes again.
        for (let runs = 0; runs < 20 && (await log.keptFrom()) !== keptFromMs; runs += 1) {
          await jobFor(log)()
        }
        await log.expectSame(days(31))
        expect(await log.keptFrom()).toBe(keptFromMs)
      }),
      // A busy machine makes as many as it can in that time.
      { numRuns: 25, endOnFailure: true, interruptAfterTimeLimit: 20_000 },
    )
  }, 120_000)

  it('count a call once and move it when its outcome comes, and again when that was not the last', async () => {
    const log = aLog()
    const job = jobOn(test.database)
    const [opening, sent] = aCall(nowMs - 3 * quarterMs)
    if (opening === undefined || sent === undefined) throw new Error('there is no call')
    await log.append([opening, ...aCall(nowMs - 2 * quarterMs, 'failed')])
    await job()
    expect(await log.unsettled()).toEqual([{ ended: '' }])
    await log.expectSame(days(1))
    await log.append([{ ...sent, entry: endedAs('unknown') }])
    await log.expectSame(days(1))
    await log.steps.countOn(log.workspaceId, 9)
    expect(await log.unsettled()).toEqual([{ ended: 'unknown' }])
    await log.append([sent])
    await log.expectSame(days(1))
    await log.steps.countOn(log.workspaceId, 9)
    expect(await log.unsettled()).toEqual([])
    await log.expectSame(days(1))
    const all = (await log.kept()).filter((row) => row.of === 'all')
    expect(all.map(({ sent, failed, open }) => [sent, failed, open])).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ])
  })

  it('are the same whoever counts at once, and wherever they are interrupted', async () => {
    const log = aLog()
    const calls = (count: number) =>
      Array.from({ length: count }, (_, n) =>
        aCall(nowMs - (n % 90) * 7 * minuteMs, n % 9 === 0 ? 'failed' : 'sent', {
          agentId: `agt_${n % 5}`,
        }),
      ).flat()
    await log.append(calls(400))
    const applicationName = 'counting'
    const open = () => openDatabase({ url: test.urls.app, maxConnections: 2, applicationName })
    const replicas = [open(), open()]
    const runs = replicas.map((database) => async () => {
      for (let n = 0; n < 3; n += 1) await jobOn(database)().catch(() => undefined)
    })
    const killing = (async () => {
      for (let n = 0; n < 8; n += 1) {
        await admin`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = ${applicationName} and state = 'active'`
        await log.append(calls(20))
      }
    })()
    await Promise.all([...runs.map((run) => run()), killing])
    await jobOn(test.database)()
    await log.steps.countOn(log.workspaceId, 100_000)
    await log.expectSame(days(31))
    await log.expectSame({ ...days(2), bucketMinutes: 17 })
    expect(await log.keptFrom()).toBe(keptFromMs)
    await Promise.all(replicas.map((database) => database.close()))
  }, 60_000)

  it('are not used for a quarter of which retention has removed something, and are made anew', async () => {
    const log = aLog()
    const { workspaceId } = log
    await log.append([1, 2, 3, 4].flatMap((n) => aCall(nowMs - (5 - n) * dayMs)))
    await jobFor(log)()
    // One more of the first one's quarter, which stays when that one goes.
    await log.append(aCall(nowMs - 4 * dayMs))
    await jobFor(log)()
    await log.prune(0.2)
    await log.expectSame(days(31))
    await log.prune(0.4)
    await log.expectSame(days(31))
    expect(await log.keptFrom()).toBeGreaterThan(nowMs - 3 * dayMs - quarterMs)
    expect(await log.steps.workspacesBehind(behind)).not.toContain(workspaceId)
    const nextDay = { ...behind, keptFromMs: keptFromMs + dayMs }
    expect(await log.steps.workspacesBehind(nextDay)).toContain(workspaceId)
    await jobOn(test.database, { workspacesBehind: async () => [workspaceId] }, nowMs + dayMs)()
    expect(await log.keptFrom()).toBe(nextDay.keptFromMs)
    await log.expectSame(days(31))
  })

  it('are made anew where somebody has emptied their tables', async () => {
    const log = aLog()
    await log.append([1, 2, 3].flatMap((n) => aCall(nowMs - n * dayMs, 'unknown')))
    await jobFor(log)()
    const before = await log.kept()
    expect(before).not.toEqual([])
    await test.owner.sql`truncate activity_counts, activity_unsettled, activity_progress`
    expect(await log.keptFrom()).toBeUndefined()
    await log.expectSame(days(31))
    await jobFor(log)()
    expect(await log.kept()).toEqual(before)
    expect(await log.unsettled()).toHaveLength(3)
    await log.expectSame(days(31))
  })

  it('are made for no workspace before the same others each time', async () => {
    const logs = Array.from({ length: 9 }, aLog)
    for (const log of logs) await log.append(aCall(nowMs))
    const first = new Set<string | undefined>()
    for (let n = 0; n < 20; n += 1) first.add((await logs[0]?.steps.workspacesBehind(behind))?.[0])
    expect(first.size).toBeGreaterThan(1)
  })

  it('leave the log to be walked where they are far behind it, or are none', async () => {
    const log = aLog()
    await log.append(aCall(nowMs - quarterMs))
    expect(await log.keptFrom()).toBeUndefined()
    await jobOn(test.database)()
    expect(await log.keptFrom()).toBe(keptFromMs)
    await admin`
      update audit_heads set seq = seq + 30000 where workspace_id = ${log.workspaceId}`
    expect(await log.keptFrom()).toBeUndefined()
    await log.expectSame(days(31))
  })
})
