import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemOf } from './fixtures/approval-scene.ts'
import { addPerson, type Person, signIn } from './fixtures/people.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Two things that happen to one approval at once, on two replicas. Whoever wins, the approval ends in one state, its bytes
// are kept only while it can be sent, and what went out went out once and stands in the log.

let replicas: Replicas
let upstream: RawServer
let admin: ReturnType<typeof openSuperuser>
let owner: Person

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok'
const rounds = 3
const spreadMs = 12

beforeAll(async () => {
  upstream = await startRawServer({ answer: (socket) => void socket.write(answer) })
  replicas = await startReplicas()
  admin = openSuperuser(replicas.database.urls.owner)
  owner = await signIn(replicas.first)
})
afterAll(async () => {
  await replicas?.stop()
  await admin?.end({ timeout: 1 })
  await upstream?.close()
})

interface Case {
  readonly agent: TestAgent
  /** The agent at either replica. */
  readonly at: (index: number) => TestAgent['client']
  readonly connectionId: string
  readonly policyId: string
  readonly ask: (path?: string) => Promise<string>
}

async function newCase(policy: object = {}): Promise<Case> {
  const { first, second } = replicas
  const agent = await first.createAgentWithKey('racer')
  const connectionId = await first.addConnection({ origins: [upstream.origin] })
  const policyId = await first.addPolicy({
    ...{ agentId: agent.agentId, connectionId, approval: 'always' },
    ...policy,
  })
  const clients = [agent.client, second.clientOf(agent)]
  const at = (index: number) => clients[index % 2] ?? agent.client
  let number = 0
  return {
    ...{ agent, at, connectionId, policyId },
    async ask(path = `/${agent.agentId}/${++number}`) {
      const asked = await at(0).call('execute', {
        ...{ connectionId, method: 'GET', url: `${upstream.origin}${path}` },
      })
      if ('approvalRequestId' in asked) return asked.approvalRequestId
      throw new Error('no owner was asked')
    },
  }
}

const approve = (approvalId: string) => replicas.first.owner.call('approveRequest', { approvalId })
const soon = () => sleep(Math.random() * spreadMs)
const hits = ({ agent }: Case) =>
  upstream.requests.filter(({ target }) => target.startsWith(`/${agent.agentId}/`)).length

/** Whatever happened: one state, no bytes where there is nothing to send, and one attempt for what was used. */
async function expectSound(approvalId: string, of: Case): Promise<string> {
  const [row] = await admin`
    select status, sealed is not null as kept, audit_id, consumed_at from approvals where id = ${approvalId}`
  if (row === undefined) return 'deleted'
  const isOpen = row.status === 'pending' || row.status === 'approved'
  expect([row.status, row.kept]).toEqual([row.status, isOpen])
  const isUsed = row.status === 'consumed'
  expect([row.status, row.audit_id !== null, row.consumed_at !== null]).toEqual([
    ...[row.status, isUsed, isUsed],
  ])
  const intents = await admin`
    select audit_id, entry::json ->> 'decision' as decision from audit_records
    where entry like ${`%${approvalId}%`} and entry::json ->> 'kind' = 'intent'`
  expect(intents.map((intent) => intent.audit_id)).toEqual(isUsed ? [row.audit_id] : [])
  expect(hits(of)).toBeLessThanOrEqual(isUsed ? 1 : 0)
  return String(row.status)
}

type Rival = readonly [name: string, run: (of: Case, approvalId: string) => Promise<unknown>]
const ownerOf = () => replicas.first.owner
const rivals: Rival[] = [
  ['deny', (_, approvalId) => ownerOf().call('denyRequest', { approvalId })],
  ['expiry', (_, id) => admin`update approvals set expires_at = now() where id = ${id}`],
  ['the end of the policy', ({ policyId }) => ownerOf().call('deletePolicy', { policyId })],
  ['revocation', ({ connectionId }) => ownerOf().call('revokeConnectionByOwner', { connectionId })],
  [
    'another credential',
    ({ connectionId }) =>
      ownerOf().call('updateConnection', {
        connectionId,
        credential: { kind: 'bearer', token: 'another-secret-0123456789' },
      }),
  ],
  ['disabling the agent', ({ agent: { agentId } }) => ownerOf().call('disableAgent', { agentId })],
  ['resetting the agent', ({ agent: { agentId } }) => ownerOf().call('resetAgent', { agentId })],
  ['deleting the agent', ({ agent: { agentId } }) => ownerOf().call('deleteAgent', { agentId })],
  [
    'the freeze',
    async () => {
      await owner.send('POST', '/api/v1/workspace/freeze', { body: {} })
    },
  ],
]
const thaw = () => owner.send('POST', '/api/v1/workspace/unfreeze', { body: {} })

describe.each(rivals)('an approval and %s at once', (name, rival) => {
  it('approve: it is approved or over, and one that is over is never approved', async () => {
    verifies('S-26', 'S-27')
    for (let round = 0; round < rounds; round += 1) {
      const of = await newCase()
      const id = await of.ask()
      const [yes, other] = await Promise.all([
        soon().then(() => problemOf(approve(id))),
        soon().then(() => problemOf(rival(of, id).then(() => {}))),
      ])
      expect(other).toBe('no problem')
      expect(['no problem', 'approval-not-pending', 'approval-not-found']).toContain(yes)
      const status = await expectSound(id, of)
      // A credential that changed and a freeze leave it; it is redeeming that looks at them.
      const stays = ['another credential', 'the freeze', 'expiry'].includes(name)
      expect([status, stays || status !== 'approved']).toEqual([status, true])
      const redeemed = await problemOf(of.at(1).call('executeApproval', { approvalId: id }))
      expect(redeemed).not.toBe('no problem')
      expect(hits(of)).toBe(0)
      await thaw()
    }
  })

  it('redeem, on both replicas: it goes out once or not, and nothing goes out afterwards', async () => {
    verifies('S-25', 'S-27', 'S-10')
    for (let round = 0; round < rounds; round += 1) {
      const of = await newCase()
      const id = await of.ask()
      await approve(id)
      const calls = Array.from({ length: 4 }, async (_, index) => {
        await soon()
        return problemOf(of.at(index).call('executeApproval', { approvalId: id }))
      })
      const rivalling = soon().then(() => problemOf(rival(of, id).then(() => {})))
      const ends = await Promise.all(calls)
      const end = await rivalling
      // Whoever comes too late to say no is told so.
      expect(['no problem', ...(name === 'deny' ? ['approval-not-pending'] : [])]).toContain(end)
      expect(ends.filter((one) => one === 'no problem').length).toBeLessThanOrEqual(1)
      const status = await expectSound(id, of)
      if (ends.includes('no problem')) expect(['consumed', 'deleted']).toContain(status)
      const before = hits(of)
      expect(before).toBeLessThanOrEqual(1)
      await problemOf(of.at(round).call('executeApproval', { approvalId: id }))
      expect(hits(of)).toBe(before)
      await thaw()
    }
    expect(await ownerOf().call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('calls that wait for the answer: one of them is sent, and each ends', async () => {
    verifies('S-25')
    const of = await newCase()
    const path = `/${of.agent.agentId}/waited`
    const id = await of.ask(path)
    const waiting = Array.from({ length: 20 }, (_, index) =>
      problemOf(
        of.at(index).call(
          'execute',
          {
            connectionId: of.connectionId,
            method: 'GET',
            url: `${upstream.origin}${path}`,
            waitSeconds: 3,
          },
          { timeoutMs: 30_000 },
        ),
      ),
    )
    await sleep(300)
    await Promise.all([problemOf(approve(id)), problemOf(rival(of, id).then(() => {}))])
    const ends = await Promise.all(waiting)
    expect(ends).toHaveLength(20)
    expect(hits(of)).toBeLessThanOrEqual(1)
    await expectSound(id, of)
    await thaw()
  })
})

describe('taking access away while many approvals are redeemed', () => {
  it('never fails for it, and leaves each approval used once or withdrawn', async () => {
    verifies('S-10', 'S-25')
    for (let round = 0; round < rounds; round += 1) {
      const of = await newCase()
      const ids: string[] = []
      for (let number = 0; number < 20; number += 1) ids.push(await of.ask())
      // Answered in another order than they were asked in, so that they lie in another order too.
      for (const id of ids.toReversed()) await approve(id)
      const calls = ids.flatMap((approvalId, index) => [
        problemOf(of.at(index).call('executeApproval', { approvalId })),
        problemOf(of.at(index + 1).call('executeApproval', { approvalId })),
      ])
      await sleep(5 + Math.random() * 30)
      const taken = rivals[[5, 3, 2][round % 3] ?? 5]?.[1]
      await taken?.(of, '')
      const ends = await Promise.all(calls)
      expect(ends).not.toContain('store-unavailable')
      expect(ends).not.toContain('audit-unavailable')
      const rows = await admin`
        select status, sealed is not null as kept from approvals where agent_id = ${of.agent.agentId}`
      for (const row of rows) {
        expect([row.status, row.kept]).toEqual([row.status, false])
        expect(['consumed', 'cancelled']).toContain(row.status)
      }
      const used = rows.filter(({ status }) => status === 'consumed').length
      expect(hits(of)).toBeLessThanOrEqual(used)
      expect(ends.filter((end) => end === 'no problem').length).toBeLessThanOrEqual(used)
      expect(new Set(upstream.requests.map(({ target }) => target)).size).toBe(
        upstream.requests.length,
      )
    }
  })
})

describe('a limit with room for one', () => {
  it('lets one of twenty approved requests out, and the others stay good', async () => {
    verifies('S-29', 'S-25', 'S-27')
    const of = await newCase({ limits: { perHour: 1 } })
    const ids: string[] = []
    for (let number = 0; number < 20; number += 1) {
      const id = await of.ask()
      await approve(id)
      ids.push(id)
    }
    const ends = await Promise.all(
      ids.map((approvalId, index) =>
        problemOf(of.at(index).call('executeApproval', { approvalId })),
      ),
    )
    expect(ends.filter((end) => end === 'no problem')).toHaveLength(1)
    expect(ends.filter((end) => end === 'limit-exceeded')).toHaveLength(19)
    expect(hits(of)).toBe(1)
    const rows = await admin`
      select status, count(*)::int as n from approvals where agent_id = ${of.agent.agentId} group by status order by 1`
    expect([...rows]).toEqual([
      { status: 'approved', n: 19 },
      { status: 'consumed', n: 1 },
    ])
    const { policy } = await ownerOf().call('getPolicy', { policyId: of.policyId })
    const { id: policyId, ...document } = policy
    await ownerOf().call('replacePolicy', { ...document, policyId, limits: {} })
    const left = ids.filter((_, index) => ends[index] !== 'no problem')
    await sleep(500)
    for (const approvalId of left.slice(0, 3)) {
      expect(await of.at(0).call('executeApproval', { approvalId })).toMatchObject({ status: 200 })
    }
  })
})

describe('two people', () => {
  const answering = (person: Person, id: string) =>
    person.send('POST', `/api/v1/approvals/${id}/approve`, { body: {} })

  it('who approve at once make it approved; one who does so twice at once does not', async () => {
    verifies('S-26')
    const [one, two] = [
      await addPerson(replicas.first, 'approver'),
      await addPerson(replicas.first, 'approver'),
    ]
    for (let round = 0; round < rounds; round += 1) {
      const of = await newCase({ approvalOptions: { secondOwner: true } })
      const both = await of.ask()
      const answers = await Promise.all([answering(one, both), answering(two, both)])
      expect(answers.map(({ status }) => status)).toEqual([200, 200])
      expect((await ownerOf().call('getApproval', { approvalId: both })).approval.status).toBe(
        'approved',
      )
      expect(await of.at(1).call('executeApproval', { approvalId: both })).toMatchObject({
        status: 200,
      })
      const twice = await of.ask()
      const again = await Promise.all(Array.from({ length: 6 }, () => answering(one, twice)))
      expect(again.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(await expectSound(twice, { ...of, agent: { ...of.agent, agentId: 'none' } })).toBe(
        'pending',
      )
    }
  })

  it('of whom one loses the right at the moment of the other’s answer never leave it approved by one', async () => {
    verifies('S-26')
    const stayer = await addPerson(replicas.first, 'approver')
    for (let round = 0; round < rounds; round += 1) {
      const of = await newCase({ approvalOptions: { secondOwner: true } })
      const id = await of.ask()
      const leaver = await addPerson(replicas.first, 'approver')
      await answering(leaver, id)
      const gone = owner.send('DELETE', `/api/v1/workspace/members/${leaver.id}`)
      await Promise.all([gone, soon().then(() => answering(stayer, id))])
      const { approval } = await ownerOf().call('getApproval', { approvalId: id })
      if (approval.status === 'approved') continue // The answer came first.
      expect(approval.status).toBe('pending')
      expect(await problemOf(of.at(0).call('executeApproval', { approvalId: id }))).toBe(
        'no problem',
      )
      expect(hits(of)).toBe(0)
    }
  })
})
