import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { problemOf } from './fixtures/approval-scene.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two processes on one database: an approval is one approval over both.

let replicas: Replicas
let upstream: RawServer
let agent: TestAgent
let clients: TestAgent['client'][]
let connectionId: string
let policyId: string

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok'
const atOnce = 20
const rounds = 6

beforeAll(async () => {
  upstream = await startRawServer({ answer: (socket) => void socket.write(answer) })
  replicas = await startReplicas()
  const { first, second } = replicas
  agent = await first.createAgentWithKey('racer')
  clients = [agent.client, second.clientOf(agent)]
  connectionId = await first.addConnection({ origins: [upstream.origin] })
  policyId = await first.addPolicy({
    agentId: agent.agentId,
    connectionId,
    approval: 'always',
    limits: { perHour: 1000, concurrent: 50 },
  })
})
afterAll(async () => {
  await replicas?.stop()
  await upstream?.close()
})

let number = 0
const request = () => ({
  connectionId,
  method: 'GET',
  url: `${upstream.origin}/once/${++number}`,
})
const at = (index: number) => clients[index % 2] ?? agent.client
const hits = ({ url }: { url: string }) =>
  upstream.requests.filter(({ target }) => `${upstream.origin}${target}` === url).length

async function approved(input: ReturnType<typeof request>): Promise<string> {
  const asked = await agent.client.call('execute', input)
  const approvalId = 'approvalRequestId' in asked ? asked.approvalRequestId : ''
  await replicas.first.owner.call('approveRequest', { approvalId })
  return approvalId
}

async function countAsked(approvalId: string): Promise<number> {
  const { entries } = await replicas.first.owner.call('listAudit', { limit: 100 })
  return entries.filter(
    ({ detail, decision }) => detail?.approvalId === approvalId && decision === 'require_approval',
  ).length
}

describe('two replicas', () => {
  it('send an approved request once between them, however it is redeemed at once', async () => {
    verifies('S-25')
    for (let round = 0; round < rounds; round += 1) {
      const input = request()
      const approvalId = await approved(input)
      const calls = Array.from({ length: atOnce }, (_, index) =>
        [
          () => at(index).call('execute', { ...input, approvalId }),
          () => at(index).call('executeApproval', { approvalId }),
          () => at(index).call('execute', { ...input, approvalId, waitSeconds: 2 }),
        ][(index >> 1) % 3]?.(),
      )
      const ends = await Promise.all(calls.map((call) => problemOf(call ?? Promise.resolve())))
      expect(ends.filter((end) => end === 'no problem')).toHaveLength(1)
      expect(new Set(ends)).toEqual(new Set(['no problem', 'approval-consumed']))
      expect(hits(input)).toBe(1)
      const { entries } = await replicas.first.owner.call('listAudit', { limit: 100 })
      const attempts = entries.filter(({ detail }) => detail?.approvalId === approvalId)
      expect(attempts.filter(({ decision }) => decision === 'allow')).toHaveLength(1)
      expect(attempts.filter(({ problem }) => problem === 'approval-consumed')).toHaveLength(
        atOnce - 1,
      )
    }
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('let one of those go out who wait on both for the same answer', async () => {
    verifies('S-25')
    const input = request()
    const waiting = Array.from({ length: 8 }, (_, index) =>
      problemOf(at(index).call('execute', { ...input, waitSeconds: 30 }, { timeoutMs: 60_000 })),
    )
    const approvalId = await onlyPending()
    // Whoever asks once it was used asks for something else.
    await vi.waitFor(async () => expect(await countAsked(approvalId)).toBe(waiting.length), {
      timeout: 20_000,
      interval: 200,
    })
    const startedAt = performance.now()
    // At the replica that nobody asked.
    const elsewhere = createClient({
      baseUrl: replicas.second.url,
      auth: { kind: 'bearer', token: replicas.first.ownerToken },
    })
    await elsewhere.call('approveRequest', { approvalId })
    const ends = await Promise.all(waiting)
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    expect(ends.filter((end) => end === 'no problem')).toHaveLength(1)
    expect(hits(input)).toBe(1)
  })

  it('ask an owner once about what is asked on both at once, and for twenty things at most', async () => {
    const input = request()
    const asked = await Promise.all(
      Array.from({ length: 12 }, (_, index) => at(index).call('execute', input)),
    )
    const ids = asked.map((one) => ('approvalRequestId' in one ? one.approvalRequestId : 'sent'))
    expect(new Set(ids).size).toBe(1)
    const many = await Promise.all(
      Array.from({ length: 40 }, (_, index) => problemOf(at(index).call('execute', request()))),
    )
    expect(many.filter((end) => end === 'no problem')).toHaveLength(19)
    expect(new Set(many)).toEqual(new Set(['no problem', 'too-many-approvals']))
    await replicas.first.owner.call('resetAgent', { agentId: agent.agentId })
  })

  it('redeem nothing on one of them that was taken away on the other a moment ago', async () => {
    verifies('S-27', 'S-25')
    const admin = openSuperuser(replicas.database.urls.owner)
    try {
      for (let round = 0; round < rounds; round += 1) {
        const input = request()
        const approvalId = await approved(input)
        const document = (paths: string[]) => ({
          policyId,
          approval: 'always' as const,
          allow: [{ origin: upstream.origin, methods: ['GET' as const], paths }],
        })
        await replicas.first.owner.call('replacePolicy', document(['/elsewhere/**']))
        // At once, before the other replica has heard of it.
        const end = await problemOf(at(1).call('executeApproval', { approvalId }))
        expect(['policy-denied', 'request-stopped']).toContain(end)
        expect(hits(input)).toBe(0)
        const [row] = await admin`select status from approvals where id = ${approvalId}`
        expect(row).toEqual({ status: 'approved' })
        await replicas.first.owner.call('replacePolicy', document(['/**']))
        await until(async () => {
          const again = await problemOf(at(1).call('executeApproval', { approvalId }))
          return again === 'no problem'
        })
        expect(hits(input)).toBe(1)
      }
    } finally {
      await admin.end({ timeout: 1 })
    }
  })

  it('keep an approval over the end of either, answered or not', async () => {
    verifies('S-25', 'S-43')
    const open = request()
    const asked = await at(1).call('execute', open)
    const pendingId = 'approvalRequestId' in asked ? asked.approvalRequestId : ''
    const yes = request()
    const approvedId = await approved(yes)
    await replicas.second.kill()
    await replicas.first.kill()
    await replicas.first.restart()
    await replicas.first.owner.call('approveRequest', { approvalId: pendingId })
    for (const [approvalId, input] of [
      [pendingId, open],
      [approvedId, yes],
    ] as const) {
      expect(await agent.client.call('executeApproval', { approvalId })).toMatchObject({
        status: 200,
      })
      expect(await problemOf(agent.client.call('executeApproval', { approvalId }))).toBe(
        'approval-consumed',
      )
      expect(hits(input)).toBe(1)
    }
  })
})

async function onlyPending(): Promise<string> {
  let found: string | undefined
  await until(async () => {
    const list = await replicas.first.owner.call('listApprovals', { status: 'pending' })
    found = list.approvals[0]?.id
    return found !== undefined
  })
  return found ?? ''
}

async function until(isTrue: () => Promise<boolean>, msMax = 15_000): Promise<void> {
  const startedAt = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - startedAt > msMax) throw new Error(`not so within ${msMax} ms`)
    await sleep(20)
  }
}
