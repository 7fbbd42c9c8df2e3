import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  aPolicy,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'

const rootKey = new Uint8Array(32).fill(5)
const leaseMs = 60_000
const windowsMs = { perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 } as const

/** What a request asks of a policy's limits. */
function asking(
  policyId: string,
  limits: Partial<Record<keyof typeof windowsMs | 'concurrent', number>>,
) {
  const { concurrent, ...rates } = limits
  const names = Object.keys(windowsMs) as (keyof typeof windowsMs)[]
  const windows = names.flatMap((name) => {
    const limit = rates[name]
    return limit === undefined ? [] : [{ name, limit, windowMs: windowsMs[name] }]
  })
  return { policyId, windows, concurrent, leaseMs }
}

describe('limits', () => {
  let test: TestDatabase
  let one: TestAuditLog
  let two: TestAuditLog
  let nowMs = 1_900_000_000_000

  beforeAll(async () => {
    test = await startTestDatabase()
    const limitNow = () => nowMs
    one = openAuditLog({ url: test.urls.app, rootKey, limitNow })
    two = openAuditLog({ url: test.urls.app, rootKey, limitNow })
  })
  afterAll(async () => {
    await one.close()
    await two.close()
    await test.stop()
  })

  const policy = () => aPolicy(test.database.sql)

  it('grants never one more than the limit, whatever two replicas do at once', async () => {
    verifies('S-29')
    const { workspaceId, policyId } = await policy()
    const limits = { perMinute: 37, perHour: 1000 }
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        (i % 2 === 0 ? one : two).log.begin(
          anIntent(workspaceId, { policyId }),
          asking(policyId, limits),
        ),
      ),
    )
    expect(answers.filter((answer) => answer.granted)).toHaveLength(37)
    const refused = answers.find((answer) => !answer.granted)
    expect(refused).toEqual({ granted: false, limit: 'perMinute', retryAfterSeconds: 60 })
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 200 })
  })

  it('records a refused attempt as a refusal under its own id, and no intent', async () => {
    verifies('S-36')
    const { workspaceId, policyId } = await policy()
    const reservation = asking(policyId, { perDay: 1 })
    await one.log.begin(anIntent(workspaceId, { policyId }), reservation)
    const intent = anIntent(workspaceId, { policyId })
    expect(await one.log.begin(intent, reservation)).toEqual({
      granted: false,
      limit: 'perDay',
      retryAfterSeconds: 86_400,
    })
    const { entries } = await one.log.list(workspaceId, { limit: 5 })
    expect(entries[0]).toMatchObject({
      id: intent.auditId,
      decision: 'deny',
      outcome: 'refused',
      problem: 'limit-exceeded',
      reason: 'The limit perDay is used up.',
    })
    const open = await test.database
      .sql`select 1 from audit_open where audit_id = ${intent.auditId}`
    expect(open).toHaveLength(0)
  })

  it('spends nothing of the other limits when one refuses', async () => {
    const { workspaceId, policyId } = await policy()
    const begin = (limits: { perMinute: number; perHour: number }) =>
      one.log.begin(anIntent(workspaceId, { policyId }), asking(policyId, limits))
    const limits = { perMinute: 2, perHour: 4 }
    await begin(limits)
    await begin(limits)
    for (let i = 0; i < 20; i += 1) {
      expect(await begin(limits)).toMatchObject({ granted: false, limit: 'perMinute' })
    }
    nowMs += 60_000
    expect(await begin(limits)).toEqual({ granted: true })
    expect(await begin(limits)).toEqual({ granted: true })
    nowMs += 60_000
    expect(await begin(limits)).toMatchObject({ granted: false, limit: 'perHour' })
  })

  it('counts calls in flight, and gives the place back at once when a call ends', async () => {
    const { workspaceId, policyId } = await policy()
    const reservation = asking(policyId, { concurrent: 2 })
    const intents = Array.from({ length: 6 }, () => anIntent(workspaceId, { policyId }))
    const answers = await Promise.all(
      intents.map((intent, i) => (i % 2 === 0 ? one : two).log.begin(intent, reservation)),
    )
    expect(answers.filter((answer) => answer.granted)).toHaveLength(2)
    expect(answers.filter((answer) => !answer.granted)[0]).toEqual({
      granted: false,
      limit: 'concurrent',
      retryAfterSeconds: 1,
    })
    const running = intents.filter((_, i) => answers[i]?.granted)
    for (let i = 0; i < 10; i += 1) {
      const ended = running.shift()
      one.log.end({ auditId: ended?.auditId ?? '', workspaceId, outcome: 'sent' })
      const next = anIntent(workspaceId, { policyId })
      expect(await one.log.begin(next, reservation)).toEqual({ granted: true })
      running.push(next)
    }
  })

  it('frees the place of a call that never ended when its lease is over, and not before', async () => {
    const { workspaceId, policyId } = await policy()
    const reservation = asking(policyId, { concurrent: 1 })
    const begin = (log: TestAuditLog) =>
      log.log.begin(anIntent(workspaceId, { policyId }), reservation)
    expect(await begin(one)).toEqual({ granted: true })
    nowMs += leaseMs - 1
    expect(await begin(two)).toMatchObject({ granted: false, limit: 'concurrent' })
    nowMs += 1
    expect(await begin(two)).toEqual({ granted: true })
  })

  it('is shared by replicas and outlives them', async () => {
    verifies('S-29')
    const { workspaceId, policyId } = await policy()
    const reservation = asking(policyId, { perHour: 3 })
    const begin = (log: TestAuditLog) =>
      log.log.begin(anIntent(workspaceId, { policyId }), reservation)
    await begin(one)
    await begin(two)
    await begin(one)
    const third = openAuditLog({ url: test.urls.app, rootKey, limitNow: () => nowMs })
    expect(await begin(third)).toMatchObject({ granted: false, limit: 'perHour' })
    await third.close()
  })

  it('grants in no window more than the limit, of several limits at once, whichever replica is asked when', async () => {
    verifies('S-29')
    const { workspaceId, policyId } = await policy()
    const limits = { perMinute: 7, perHour: 90, perDay: 100 }
    const windows = { perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 }
    const granted: number[] = []
    for (let round = 0; round < 120; round += 1) {
      nowMs += [0, 1, 500, 9_000, 30_000, 59_999, 60_000, 200_000][(round * round + 3) % 8] ?? 0
      const answers = await Promise.all(
        Array.from({ length: 1 + (round % 6) }, (_, i) =>
          (i % 2 === 0 ? one : two).log.begin(
            anIntent(workspaceId, { policyId }),
            asking(policyId, limits),
          ),
        ),
      )
      for (const answer of answers) if (answer.granted) granted.push(nowMs)
      for (const [name, windowMs] of Object.entries(windows)) {
        const within = granted.filter((ms) => ms > nowMs - windowMs).length
        const limit = limits[name as keyof typeof limits]
        expect(within).toBeLessThanOrEqual(limit)
        const refused = answers.some((answer) => 'limit' in answer && answer.limit === name)
        if (refused && limit <= 60) expect(within).toBe(limit)
      }
    }
    expect(granted.length).toBeGreaterThan(90)
    expect([...one.failures, ...two.failures]).toEqual([])
  })

  it('obeys a limit that was lowered or raised from the next attempt on', async () => {
    verifies('S-29')
    const { workspaceId, policyId } = await policy()
    const begin = (perMinute: number) =>
      one.log.begin(anIntent(workspaceId, { policyId }), asking(policyId, { perMinute }))
    for (let i = 0; i < 20; i += 1) expect(await begin(300)).toEqual({ granted: true })
    expect(await begin(20)).toEqual({ granted: false, limit: 'perMinute', retryAfterSeconds: 60 })
    expect(await begin(5)).toEqual({ granted: false, limit: 'perMinute', retryAfterSeconds: 60 })
    expect(await begin(21)).toEqual({ granted: true })
    expect(await begin(21)).toMatchObject({ granted: false })
  })

  it('is not opened by a clock that goes back, and stays closed for one window at most', async () => {
    verifies('S-30')
    const { workspaceId, policyId } = await policy()
    const reservation = asking(policyId, { perMinute: 1 })
    const begin = (log: TestAuditLog) =>
      log.log.begin(anIntent(workspaceId, { policyId }), reservation)
    await begin(two)
    nowMs -= 86_400_000
    expect(await begin(one)).toMatchObject({ granted: false, retryAfterSeconds: 60 })
    // Started anew after the clock was set right again.
    nowMs += 86_400_000
    const restarted = openAuditLog({ url: test.urls.app, rootKey, limitNow: () => nowMs })
    expect(await begin(restarted)).toMatchObject({ granted: false, retryAfterSeconds: 60 })
    await restarted.close()
    nowMs -= 86_400_000
    expect(await begin(one)).toMatchObject({ granted: false })
    nowMs += 59_999
    expect(await begin(one)).toMatchObject({ granted: false, retryAfterSeconds: 1 })
    nowMs += 1
    expect(await begin(one)).toEqual({ granted: true })
    nowMs += 86_400_000
  })

  it('refuses what a policy allowed that was deleted meanwhile, and disturbs nobody else', async () => {
    const { workspaceId, policyId } = await policy()
    const gone = newId('policy')
    const answers = await Promise.all(
      [policyId, gone, policyId].map((id) =>
        one.log.begin(
          anIntent(workspaceId, { policyId: id }),
          asking(id, { perMinute: 5, concurrent: 5 }),
        ),
      ),
    )
    expect(answers.map((answer) => answer.granted)).toEqual([true, false, true])
    expect(answers[1]).toMatchObject({ limit: 'policy-gone' })
    const { entries } = await one.log.list(workspaceId, { limit: 5, decision: 'deny' })
    expect(entries).toMatchObject([{ problem: 'policy-denied', outcome: 'refused' }])
  })

  it('survives policies being deleted while reservations run', async () => {
    const { workspaceId, policyId } = await policy()
    const reservation = asking(policyId, { perMinute: 1000, concurrent: 1000 })
    const begins = Array.from({ length: 60 }, async (_, i) => {
      if (i === 30) await test.database.sql`delete from policies where id = ${policyId}`
      return (i % 2 === 0 ? one : two).log.begin(anIntent(workspaceId, { policyId }), reservation)
    })
    const answers = await Promise.all(begins)
    expect(answers).toHaveLength(60)
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true, checked: 60 })
    expect([...one.failures, ...two.failures]).toEqual([])
  })

  it('costs a request without limits no transaction of its own', async () => {
    const { workspaceId } = await policy()
    await one.log.begin(anIntent(workspaceId))
    const rows = await test.database.sql`
      select 1 from limit_windows w join policies p on p.id = w.policy_id
      where p.workspace_id = ${workspaceId}`
    expect(rows).toHaveLength(0)
  })
})
