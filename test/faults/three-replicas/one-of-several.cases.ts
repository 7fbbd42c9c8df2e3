import { readFileSync } from 'node:fs'
import type { OutputOf, operations } from '@sallyport/contracts'
import { expect, it } from 'vitest'
import type { Fault } from '../../fixtures/fault-proxy.ts'
import { redisMissing } from '../../fixtures/redis.ts'
import { eventually } from '../../fixtures/scene.ts'
import { aPath, doorLimit, type End, type Subject } from '../../fixtures/trio.ts'
import { verifies } from '../../verifies.ts'
import { type GivenTrio, many, sleep } from './shared-state.cases.ts'

type Ready = OutputOf<typeof operations.getReadiness>

/** What a replica has locked that is cut off amid a transaction, such as the head of the log, the database lets go after five seconds. */
const otherMsMax = 8_000
const callMsMax = 20_000
const recoveryMsMax = 15_000

const faults: readonly Fault[] = [
  { kind: 'cut' },
  { kind: 'blackhole' },
  { kind: 'delay', delayMs: 1_500 },
]

/** What happens to one replica, or to what all of them stand on, while the others go on. */
export function oneOfSeveral({ trio }: GivenTrio): void {
  const ready = (url: string) =>
    fetch(`${url}/readyz`).then(
      async (answer) => {
        await answer.arrayBuffer()
        return answer.status
      },
      () => 0,
    )
  const timed = async (call: Promise<End>) => {
    const startedMs = performance.now()
    const end = await call
    return { end, tookMs: performance.now() - startedMs }
  }
  const isServingAt = (subject: Subject, at: number) =>
    eventually(async () => (await subject.send(aPath(), at)) === 200, recoveryMsMax)
  /** Each was sent once at most, and nothing without an intent on record. */
  async function expectRecorded({ connectionId }: Subject, prefix: string): Promise<void> {
    const rows = await trio().admin`
      select entry::json ->> 'path' as path from audit_records
      where kind = 'intent' and entry::json ->> 'connectionId' = ${connectionId}`
    const intents = new Set(rows.map(({ path }) => String(path)))
    for (const [path, count] of trio().upstream.hits) {
      if (!path.startsWith(prefix)) continue
      expect(count, path).toBe(1)
      expect(intents.has(path), `${path} has its intent`).toBe(true)
    }
    const { owner } = trio().replicas.first
    expect(await owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  }

  it.each(faults)(
    'that has no good way to the database ($kind) fails closed, holds up no other, and comes back by itself',
    async (fault) => {
      verifies('S-44', 'S-36')
      const { third, proxy, replicas } = trio()
      const subject = await trio().subject()
      await many(3, (at) => subject.send(aPath(), at))
      const prefix = aPath('one')
      proxy.set(fault)
      const atThird = many(4, (at) => timed(subject.send(`${prefix}/third/${at}`, 2)))
      for (const { end, tookMs } of await many(20, (at) =>
        timed(subject.send(`${prefix}/other/${at}`, at % 2)),
      )) {
        expect(end).toBe(200)
        expect(tookMs).toBeLessThan(otherMsMax)
      }
      for (const { end, tookMs } of await atThird) {
        expect(tookMs).toBeLessThan(callMsMax)
        if (fault.kind !== 'delay') {
          expect(['store-unavailable', 'audit-unavailable', 'request-stopped']).toContain(end)
        }
      }
      if (fault.kind !== 'delay') {
        expect(trio().hits(`${prefix}/third/`)).toBe(0)
        expect(await ready(third.url)).toBe(503)
      }
      expect(await ready(replicas.first.url)).toBe(200)
      proxy.set({ kind: 'pass' })
      proxy.cutNow()
      expect(await isServingAt(subject, 2)).toBe(true)
      expect(await eventually(async () => (await ready(third.url)) === 200, recoveryMsMax)).toBe(
        true,
      )
      await expectRecorded(subject, prefix)
    },
  )

  it('and the others survive that PostgreSQL is killed and comes back', async () => {
    verifies('S-44', 'S-43', 'S-36')
    const subject = await trio().subject()
    const prefix = aPath('restarted')
    const [backend] = await trio().admin`select pg_backend_pid() as pid`
    const status = readFileSync(`/proc/${backend?.pid}/status`, 'utf8')
    const postmaster = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1])
    expect(postmaster).toBeGreaterThan(1)
    const state = { stopped: false, ends: [] as End[] }
    const callers = many(6, async (caller) => {
      for (let sent = 0; !state.stopped; sent += 1) {
        state.ends.push(await subject.send(`${prefix}/${caller}/${sent}`, caller))
        await sleep(20)
      }
    })
    await sleep(300)
    process.kill(postmaster, 'SIGKILL')
    await sleep(1_500)
    for (const at of [0, 1, 2]) expect(await isServingAt(subject, at)).toBe(true)
    state.stopped = true
    await callers
    const allowed = [200, 'store-unavailable', 'audit-unavailable', 'request-stopped']
    expect(state.ends.filter((end) => !allowed.includes(end))).toEqual([])
    await expectRecorded(subject, prefix)
  })

  it('that is told to stop lets its calls end and takes no new ones, while the others serve and redeem what was asked there', async () => {
    verifies('S-43')
    const { third, upstream } = trio()
    const subject = await trio().subject()
    const asker = await trio().subject({ approval: 'always' })
    const path = aPath()
    const approvalId = await asker.ask(path, 2)
    const held = subject.send(aPath('hold'), 2)
    expect(await eventually(() => upstream.holding() === 1, 20_000)).toBe(true)
    const stopped = third.terminate()
    expect(await eventually(async () => [0, 503].includes(await ready(third.url)), 20_000)).toBe(
      true,
    )
    await trio().approve(approvalId)
    expect(['vault-unreachable', 'draining']).toContain(await subject.send(aPath('late'), 2))
    expect(trio().hits('/late/')).toBe(0)
    const others = await many(20, (at) => subject.send(aPath(), at % 2))
    expect(new Set(others)).toEqual(new Set([200]))
    upstream.release()
    expect([await held, await stopped]).toEqual([200, 0])
    expect(await asker.redeem(approvalId, 1)).toBe(200)
    expect(trio().hits(path)).toBe(1)
    await third.restart()
    expect(await isServingAt(subject, 2)).toBe(true)
  })

  it.skipIf(redisMissing !== undefined)(
    'and the others limit, decide and work on while Redis is gone, and when it is back empty',
    async () => {
      verifies('S-30', 'S-44')
      const { admin, redis, replicas } = trio()
      const { owner } = replicas.first
      const areReachable = async (isReachable: boolean) => {
        const all = await many(
          3,
          async (at) => (await (await fetch(`${replicas.urls[at]}/readyz`)).json()) as Ready,
        )
        return all.every(({ requestLimit }) => requestLimit?.reachable === isReachable)
      }
      const limited = await trio().subject({ limits: { perHour: 5 } })
      const asker = await trio().subject({ approval: 'always' })
      const approvalId = await asker.ask(aPath())
      await many(3, (at) => limited.send(aPath(), at))
      const { consumerToken } = await owner.call('createConsumerToken', {
        agentId: asker.agent.agentId,
      })

      await redis?.kill()
      expect(await eventually(() => areReachable(false), recoveryMsMax)).toBe(true)
      await expectBoundedAtDoor(consumerToken)
      await many(12, (at) => limited.send(aPath('lost'), at))
      const [used] = (await owner.call('getPolicyUsage', { policyId: limited.policyId })).usage
      expect(used).toMatchObject({ used: 5, limit: 5 })
      await admin`update approvals set expires_at = now() where id = ${approvalId}`
      const isForgotten = async () => {
        const [row] = await admin`select status, sealed from approvals where id = ${approvalId}`
        return row?.status === 'expired' && row.sealed === null
      }
      expect(await eventually(isForgotten, recoveryMsMax)).toBe(true)

      await redis?.restart()
      expect(await eventually(() => areReachable(true), recoveryMsMax)).toBe(true)
      await expectBoundedAtDoor(consumerToken)
      for (const at of [0, 1, 2]) expect(await limited.send(aPath(), at)).toBe('limit-exceeded')
    },
  )

  /** However many ask at all three at once, no more get in than the burst and the rate. */
  async function expectBoundedAtDoor(consumerToken: string): Promise<void> {
    const messages = 20
    const body = JSON.stringify(
      Array.from({ length: messages }, (_, id) => ({ jsonrpc: '2.0', id, method: 'ping' })),
    )
    const startedMs = performance.now()
    const statuses: number[] = []
    await many(6, async (caller) => {
      for (let sent = 0; sent < 15; sent += 1) {
        const answer = await fetch(`${trio().replicas.urls[caller % 3]}/mcp`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${consumerToken}`,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
          },
          body,
        })
        await answer.arrayBuffer()
        statuses.push(answer.status)
      }
    })
    const seconds = (performance.now() - startedMs) / 1_000
    const admitted = statuses.filter((status) => status !== 429).length * messages
    expect(statuses).toContain(429)
    expect(admitted).toBeLessThanOrEqual(doorLimit.burst + doorLimit.perSecond * (seconds + 1))
  }
}
