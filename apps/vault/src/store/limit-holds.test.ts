import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  aPolicy,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'

const rootKey = new Uint8Array(32).fill(6)
const leaseMs = 60_000
const dayMs = 86_400_000
const window = { name: 'tokensPerDay', limit: 1000, windowMs: dayMs }

// What is only estimated is held until the outcome is known, over two replicas on one database.

describe('what a limit holds', () => {
  let test: TestDatabase
  let one: TestAuditLog
  let two: TestAuditLog
  let nowMs = 1_900_000_000_000

  beforeAll(async () => {
    test = await startTestDatabase()
    const options = { url: test.urls.app, rootKey, limitNow: () => nowMs }
    one = openAuditLog(options)
    two = openAuditLog(options)
  })
  afterAll(async () => {
    await one.close()
    await two.close()
    await test.stop()
  })

  async function under() {
    const { workspaceId, policyId } = await aPolicy(test.database.sql)
    const begin = async ({ log }: TestAuditLog, weight: number, overdue = false) => {
      const intent = anIntent(workspaceId, {
        policyId,
        ...(overdue && { deadlineMs: Date.now() - 60_000 }),
      })
      const windows = [{ ...window, weight, isEstimate: true as const }]
      const answer = await log.begin(intent, { policyId, windows, leaseMs })
      return { auditId: intent.auditId, answer }
    }
    const end = ({ log }: TestAuditLog, auditId: string, weight: number | undefined) =>
      log.end({
        auditId,
        workspaceId,
        outcome: 'sent',
        status: 200,
        usage: { inputTokens: 1, outputTokens: weight ?? 0, usdMicros: 5, model: 'gpt-5' },
        settlement: { policyId, windows: [{ ...window, weight }] },
      })
    const used = async () => {
      await one.log.flush()
      await two.log.flush()
      return (await one.log.limitsUsed(policyId, [window]))?.windows.get('tokensPerDay')
    }
    return { workspaceId, policyId, begin, end, used }
  }

  it('is shared by replicas, and given back as far as less was taken, whoever held it', async () => {
    verifies('S-29')
    const { workspaceId, begin, end, used } = await under()
    const first = await begin(one, 900)
    expect(first.answer).toEqual({ granted: true, held: { tokensPerDay: 900 } })
    expect((await begin(two, 200)).answer).toMatchObject({
      granted: false,
      limit: 'tokensPerDay',
      retryAfterSeconds: 1,
      standing: { used: 0, held: 900, asked: 200, limit: 1000 },
    })
    // The other replica may have written meanwhile: whoever settles reads anew.
    end(one, first.auditId, 50)
    expect(await used()).toMatchObject({ used: 50, held: 0 })
    expect((await begin(two, 950)).answer.granted).toBe(true)
    const { entries } = await one.log.list(workspaceId, { limit: 5 })
    expect(entries.find(({ id }) => id === first.auditId)?.usage).toEqual({
      inputTokens: 1,
      outputTokens: 50,
      usdMicros: 5,
      model: 'gpt-5',
    })
    expect(entries.find(({ problem }) => problem === 'budget-exceeded')?.reason).toBe(
      'The limit tokensPerDay is used up. Of 1000, 0 spent, 900 held, 200 asked for.',
    )
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
  })

  it('never lets more through than the limit, whatever two replicas begin and end at once', async () => {
    verifies('S-29')
    const { workspaceId, begin, end, used } = await under()
    let took = 0
    const walk = async (log: TestAuditLog, seed: number) => {
      for (let i = 1; i <= 40; i += 1) {
        const weight = 1 + ((i * 37 + seed * 101) % 120)
        const { auditId, answer } = await begin(log, weight)
        if (!answer.granted) continue
        const actual = i % 5 === 0 ? undefined : Math.floor(weight / (1 + ((i + seed) % 4)))
        took += actual ?? weight
        end(log, auditId, actual)
      }
    }
    await Promise.all([walk(one, 0), walk(two, 1), walk(one, 2), walk(two, 3)])
    expect(took).toBeLessThanOrEqual(1000)
    expect(took).toBeGreaterThan(700)
    expect(await used()).toMatchObject({ used: took, held: 0 })
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
    expect([...one.failures, ...two.failures]).toEqual([])
  })

  it('stays held where a vault stops before it knows, though the entry is closed and its lease is over', async () => {
    verifies('S-29', 'S-43')
    const { begin, end, used } = await under()
    const crashing = openAuditLog({ url: test.urls.app, rootKey, limitNow: () => nowMs })
    const { auditId } = await begin(crashing, 700, true)
    await crashing.close()
    expect(await two.log.closeUnknown()).toBeGreaterThan(0)
    nowMs += 2 * leaseMs
    await two.log.closeUnknown()
    expect(await used()).toMatchObject({ used: 0, held: 700 })
    expect((await begin(two, 301)).answer).toMatchObject({
      granted: false,
      retryAfterSeconds: (dayMs - 2 * leaseMs) / 1000,
    })
    // It ended after all: what it took corrects what was held.
    end(two, auditId, 10)
    expect(await used()).toMatchObject({ used: 10, held: 0 })
    end(two, auditId, 500)
    expect(await used()).toMatchObject({ used: 10, held: 0 })
  })

  it('goes with its policy', async () => {
    const { policyId, workspaceId, begin, end } = await under()
    const { auditId } = await begin(one, 5)
    await test.database.sql`delete from policies where id = ${policyId}`
    end(one, auditId, 5)
    end(two, auditId, 5)
    await one.log.flush()
    await two.log.flush()
    expect(await one.log.limitsUsed(policyId, [window])).toBeUndefined()
    expect(await one.log.verify(workspaceId)).toMatchObject({ ok: true })
    expect([...one.failures, ...two.failures]).toEqual([])
  })

  it('and what was spent is removed once it can count nowhere, and not before', async () => {
    const { policyId, begin, end, used } = await under()
    const { auditId } = await begin(one, 5)
    end(one, auditId, 5)
    await used()
    const rows = async () =>
      (await test.database.sql`select 1 from limit_windows where policy_id = ${policyId}`).length
    nowMs += 30 * dayMs
    await one.log.sweepLimits()
    expect(await rows()).toBe(1)
    nowMs += dayMs
    expect(await one.log.sweepLimits()).toBeGreaterThan(0)
    expect(await rows()).toBe(0)
    expect((await begin(two, 1000)).answer.granted).toBe(true)
  })
})
