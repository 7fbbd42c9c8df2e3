import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApprovalScene,
  clientOf,
  problemOf,
  startApprovalScene,
} from './fixtures/approval-scene.ts'
import { addPerson, signIn } from './fixtures/people.ts'
import { createWireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// The life of an approval: asked for, shared, waited for, answered, used once, or over.

let scene: ApprovalScene
beforeAll(async () => {
  scene = await startApprovalScene()
})
afterAll(() => scene?.stop())

const pending = async (approvalId: string) =>
  (await scene.vault.owner.call('getApproval', { approvalId })).approval

describe('a request that an owner has to decide', () => {
  it('is not sent; the answer says who decides, where and until when, and the asking is recorded', async () => {
    verifies('S-36')
    const { agent, connectionId, policyId, ask } = await scene.subject()
    const before = scene.sent()
    const wire = await createWireAgent(scene.vault, agent)
    const url = `${scene.upstream.origin}/v1/notes?list=1`
    const { status, body } = await wire.execute({ connectionId, method: 'POST', url })
    expect(status).toBe(202)
    expect(body).toMatchObject({
      approvalRequired: true,
      reason: 'The policy asks for an owner’s approval of every request.',
    })
    const asked = await ask({ reason: 'the user asked for a note' })
    expect(new URL(asked.approvalUrl).pathname).toBe(`/approvals/${asked.approvalRequestId}`)
    expect(Date.parse(asked.expiresAt) - Date.now()).toBeGreaterThan(20 * 60_000)
    expect(scene.sent()).toBe(before)
    const { entries } = await scene.vault.owner.call('listAudit', { limit: 5 })
    expect(entries.find(({ id }) => id === asked.auditId)).toMatchObject({
      decision: 'require_approval',
      outcome: 'refused',
      agentId: agent.agentId,
      connectionId,
      policyId,
      detail: { approvalId: asked.approvalRequestId },
    })
  })

  it('is shown to owners as it would be sent, byte for byte, with the host in ASCII', async () => {
    verifies('S-28')
    const { ask, redeem, agent, connectionId } = await scene.subject()
    const text = 'pay \u202Elive\u202C \u200Band {"a":1}\r\nX: y'
    const asked = await ask({
      url: `${scene.upstream.origin}/v1/a%20b?q=%E2%80%AEx&q=2`,
      headers: { 'x-note': 'plain', accept: 'text/html', 'x-not-sent': '1' },
      body: text,
      reason: 'because \u202Eof\u0007 reasons',
    })
    const shown = await pending(asked.approvalRequestId)
    const bytes = Buffer.from(text, 'utf8')
    expect(shown).toMatchObject({
      status: 'pending',
      agent: { id: agent.agentId, name: 'asker' },
      connection: { id: connectionId },
      agentReason: 'because \u202Eof\u0007 reasons',
      method: 'POST',
      host: new URL(scene.upstream.origin).host,
      path: '/v1/a%20b',
      requestBytes: bytes.length,
      askedCount: 1,
      ownersNeeded: 1,
      approvedBy: [],
      request: {
        method: 'POST',
        url: `${scene.upstream.origin}/v1/a%20b?q=%E2%80%AEx&q=2`,
        query: [
          { name: 'q', value: '\u202Ex' },
          { name: 'q', value: '2' },
        ],
        body: { bytes: bytes.length, base64: bytes.toString('base64') },
      },
    })
    expect(shown.host).toMatch(/^[\x21-\x7e]+$/)
    const names = shown.request?.headers.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['x-note', 'accept', 'content-type']))
    expect(names).not.toContain('x-not-sent')
    expect(names).not.toContain('authorization')
    await scene.approve(asked.approvalRequestId)
    expect(await redeem(asked.approvalRequestId)).toMatchObject({ status: 200 })
    const sent = scene.upstream.requests.at(-1)
    expect(sent?.body.equals(bytes)).toBe(true)
    expect(sent?.target).toBe('/v1/a%20b?q=%E2%80%AEx&q=2')
    const onTheWire = new Map(sent?.headers.map(([name, value]) => [name.toLowerCase(), value]))
    for (const { name, value } of shown.request?.headers ?? []) {
      expect([name, onTheWire.get(name)]).toEqual([name, value])
    }
  })

  it('is one approval however often it is asked for, and another one where anything differs', async () => {
    const { ask } = await scene.subject()
    const first = await ask()
    const again = await Promise.all(Array.from({ length: 6 }, () => ask()))
    expect(new Set(again.map((asked) => asked.approvalRequestId))).toEqual(
      new Set([first.approvalRequestId]),
    )
    expect((await pending(first.approvalRequestId)).askedCount).toBe(7)
    const other = await ask({ body: { text: 'hello!' } })
    expect(other.approvalRequestId).not.toBe(first.approvalRequestId)
    const together = await Promise.all(
      Array.from({ length: 6 }, () => ask({ body: { text: 'at once' } })),
    )
    expect(new Set(together.map((asked) => asked.approvalRequestId)).size).toBe(1)
  })

  it('waits with nineteen others at most, also where they are asked for at once', async () => {
    const { ask, execute, agent } = await scene.subject()
    const all = await Promise.allSettled(
      Array.from({ length: 30 }, (_, number) => execute({ body: { number } })),
    )
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    expect(await problemOf(execute({ body: 'one more' }))).toBe('too-many-approvals')
    const { approvals } = await agent.client.call('listMyApprovals', { status: 'pending' })
    expect(approvals).toHaveLength(20)
    const joined = await Promise.allSettled(
      Array.from({ length: 30 }, (_, number) => execute({ body: { number } })),
    )
    expect(joined.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    await scene.deny(approvals[0]?.id ?? '')
    expect((await ask({ body: 'one more' })).approvalRequired).toBe(true)
  })

  it('is not asked about by a dry run, and no dry run uses an approval', async () => {
    const { execute, ask, redeem, agent } = await scene.subject()
    expect(await execute({ dryRun: true })).toMatchObject({ decision: 'require_approval' })
    expect((await agent.client.call('listMyApprovals', {})).approvals).toEqual([])
    const { approvalRequestId: approvalId } = await ask()
    await scene.approve(approvalId)
    for (const named of [{}, { approvalId }, { approvalId, waitSeconds: 1 }]) {
      expect(await execute({ dryRun: true, ...named })).toMatchObject({ dryRun: true })
    }
    expect(await scene.row(approvalId)).toMatchObject({ status: 'approved', asked_count: 1 })
    expect(await redeem(approvalId)).toMatchObject({ status: 200 })
  })
})

describe('an approved request', () => {
  it('goes out once, sent again with the approval’s id or by the id alone', async () => {
    verifies('S-25', 'S-36')
    const { agent, ask, execute, redeem } = await scene.subject()
    const ways = [
      (approvalId: string) => execute({ approvalId }),
      (approvalId: string) => redeem(approvalId),
    ]
    for (const way of ways) {
      const { approvalRequestId: approvalId } = await ask()
      expect(await way(approvalId)).toMatchObject({ approvalRequired: true })
      const before = scene.sent()
      await scene.approve(approvalId)
      const answer = await way(approvalId)
      expect(answer).toMatchObject({ status: 200, body: { ok: true } })
      expect(scene.sent()).toBe(before + 1)
      for (const again of ways) expect(await problemOf(again(approvalId))).toBe('approval-consumed')
      expect(scene.sent()).toBe(before + 1)
      const { approval } = await agent.client.call('getMyApproval', { approvalId })
      expect(approval).toMatchObject({ status: 'consumed', auditId: answer.auditId })
      expect(await scene.row(approvalId)).toMatchObject({
        status: 'consumed',
        sealed: null,
        audit_id: answer.auditId,
      })
      const { entries } = await scene.vault.owner.call('listAudit', { limit: 20 })
      expect(entries.find(({ id }) => id === answer.auditId)).toMatchObject({
        operation: 'execute',
        decision: 'allow',
        reason: 'An owner approved this request.',
        detail: { approvalId },
      })
    }
    expect(await scene.vault.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('is approved by a session or by a token, and the log says by whom', async () => {
    const person = await addPerson(scene.vault, 'approver')
    const token = await person.newToken(['approvals:read', 'approvals:write'])
    const { ask, redeem } = await scene.subject()
    const answers = [
      (id: string) => person.send('POST', `/api/v1/approvals/${id}/approve`, { body: {} }),
      (approvalId: string) => clientOf(scene.vault, token).call('approveRequest', { approvalId }),
    ]
    for (const approve of answers) {
      const { approvalRequestId } = await ask()
      await approve(approvalRequestId)
      const { approval } = await scene.vault.owner.call('getApproval', {
        approvalId: approvalRequestId,
      })
      expect(approval).toMatchObject({
        status: 'approved',
        approvedBy: [{ ownerId: person.id, email: person.email }],
      })
      const { entries } = await scene.vault.owner.call('listAudit', { limit: 3 })
      expect(entries.find(({ operation }) => operation === 'approveRequest')).toMatchObject({
        ownerId: person.id,
        requestDigest: approval.digest,
        detail: { approvalId: approvalRequestId, digest: approval.digest },
      })
      expect(await redeem(approvalRequestId)).toMatchObject({ status: 200 })
    }
  })

  it('is answered 202 once more where nobody waits, and sent for whoever would wait', async () => {
    const { ask, execute } = await scene.subject()
    const { approvalRequestId } = await ask()
    await scene.approve(approvalRequestId)
    const told = await ask()
    expect(told.approvalRequestId).toBe(approvalRequestId)
    expect(told.reason).toMatch(/approved/)
    expect(await execute({ waitSeconds: 5 })).toMatchObject({ status: 200 })
    expect((await ask()).approvalRequestId).not.toBe(approvalRequestId)
  })

  it('differs from the last one like it in what is named, and only names are known of that one', async () => {
    const { ask, redeem } = await scene.subject()
    const url = (query: string) => `${scene.upstream.origin}/v1/mail${query}`
    const first = await ask({
      url: url('?box=1&tag=a'),
      body: { to: ['a@x', 'b@x'], subject: 'S' },
    })
    expect((await pending(first.approvalRequestId)).difference).toBeUndefined()
    await scene.approve(first.approvalRequestId)
    await redeem(first.approvalRequestId)
    const same = await ask({ url: url('?box=1&tag=a'), body: { to: ['a@x', 'b@x'], subject: 'S' } })
    expect((await pending(same.approvalRequestId)).difference).toMatchObject({
      approvalId: first.approvalRequestId,
      same: true,
      changed: [],
    })
    const other = await ask({ url: url('?box=2'), body: { to: ['a@x', 'evil@x', 'c@x'] } })
    expect((await pending(other.approvalRequestId)).difference).toMatchObject({
      same: false,
      changed: ['query.box', 'body.to[1]'],
      added: ['body.to[2]'],
      removed: ['query.tag', 'body.subject'],
    })
    // A member given twice reads the same to one parser, and not to another.
    const headers = { 'content-type': 'application/json' }
    const tricky = await ask({
      url: url('?box=1&tag=a'),
      headers,
      body: '{"to":["evil@x"],"to":["a@x","b@x"],"subject":"S"}',
    })
    expect((await pending(tricky.approvalRequestId)).difference).toMatchObject({
      same: false,
      changed: ['body'],
    })
  })
})

describe('a denied request', () => {
  it('says so with the owner’s words, is never sent, and its bytes are gone', async () => {
    const { agent, ask, execute, redeem } = await scene.subject()
    const { approvalRequestId: approvalId } = await ask()
    const before = scene.sent()
    await scene.deny(approvalId, '  not this list  ')
    await expect(redeem(approvalId)).rejects.toMatchObject({
      type: 'approval-denied',
      status: 403,
      detail: expect.stringContaining('not this list'),
    })
    expect(await problemOf(execute({ approvalId }))).toBe('approval-denied')
    const { approval } = await agent.client.call('getMyApproval', { approvalId })
    expect(approval).toMatchObject({ status: 'denied', note: 'not this list' })
    const shown = await pending(approvalId)
    expect(shown).toMatchObject({ status: 'denied', deniedBy: { email: 'owner@example.com' } })
    expect(shown.request).toBeUndefined()
    expect(await scene.row(approvalId)).toMatchObject({ sealed: null })
    expect(scene.sent()).toBe(before)
    // Asking again is possible, and another approval.
    expect((await ask()).approvalRequestId).not.toBe(approvalId)
  })

  it('may have been approved before, as long as it was not sent', async () => {
    const { ask, redeem } = await scene.subject()
    const { approvalRequestId } = await ask()
    await scene.approve(approvalRequestId)
    await scene.deny(approvalRequestId)
    expect(await problemOf(redeem(approvalRequestId))).toBe('approval-denied')
    expect(await problemOf(scene.approve(approvalRequestId))).toBe('approval-not-pending')
  })

  it('takes no note that cannot be kept', async () => {
    const { ask } = await scene.subject()
    const { approvalRequestId } = await ask()
    for (const note of ['\0', 'x'.repeat(501)]) {
      expect(await problemOf(scene.deny(approvalRequestId, note))).toBe('invalid-input')
    }
    expect((await pending(approvalRequestId)).status).toBe('pending')
    await scene.deny(approvalRequestId, 'half \ud800 a character')
  })
})

describe('an approval that is overdue', () => {
  it('is expired from that moment on, whoever looks, and its bytes are gone soon after', async () => {
    verifies('S-26')
    const { agent, ask, redeem, execute } = await scene.subject({
      approvalOptions: { expiresInMinutes: 1 },
    })
    const open = await ask({ body: 'never answered' })
    const approved = await ask({ body: 'answered too early' })
    expect(Date.parse(open.expiresAt) - Date.now()).toBeLessThan(61_000)
    await scene.approve(approved.approvalRequestId)
    const ids = [open.approvalRequestId, approved.approvalRequestId]
    await scene.admin`update approvals set expires_at = now() where id = any(${ids}::text[])`
    for (const approvalId of ids) {
      expect(await problemOf(redeem(approvalId))).toBe('approval-expired')
      expect(await problemOf(scene.approve(approvalId))).toBe('approval-not-pending')
      expect(await problemOf(scene.deny(approvalId))).toBe('approval-not-pending')
      const { approval } = await agent.client.call('getMyApproval', { approvalId })
      expect(approval.status).toBe('expired')
      expect((await pending(approvalId)).status).toBe('expired')
    }
    expect(await problemOf(execute({ body: 'never answered', approvalId: ids[0] ?? '' }))).toBe(
      'approval-expired',
    )
    const listed = await agent.client.call('listMyApprovals', { status: 'expired' })
    expect(listed.approvals.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    expect((await agent.client.call('listMyApprovals', { status: 'pending' })).approvals).toEqual(
      [],
    )
    const purged = async () =>
      (await Promise.all(ids.map(scene.row))).every(
        ({ status, sealed }) => status === 'expired' && sealed === null,
      )
    await until(purged)
    expect((await ask({ body: 'never answered' })).approvalRequestId).not.toBe(ids[0])
  })
})

describe('whoever waits', () => {
  it('gets the answer of the request itself as soon as an owner has approved it', async () => {
    const { execute, redeem, ask, agent } = await scene.subject()
    const waiting = execute({ waitSeconds: 60 })
    const approvalId = await firstPending(agent.agentId)
    const byId = redeem(approvalId, 60)
    const looking = agent.client.call('getMyApproval', { approvalId, waitSeconds: 60 })
    const startedAt = performance.now()
    await scene.approve(approvalId)
    expect((await looking).approval.status).not.toBe('pending')
    const ends = await Promise.allSettled([waiting, byId])
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const sent = ends.find((end) => end.status === 'fulfilled')
    expect(sent?.value).toMatchObject({ status: 200 })
    const { approval } = await agent.client.call('getMyApproval', { approvalId })
    expect(sent?.value.auditId).toBe(approval.auditId)
    expect((await ask()).approvalRequestId).not.toBe(approvalId)
  })

  it('hears of a denial and of the end of what it stands on, and of time that is up', async () => {
    const { execute, agent, policyId } = await scene.subject()
    const denied = problemOf(execute({ waitSeconds: 60 }))
    await scene.deny(await firstPending(agent.agentId))
    expect(await denied).toBe('approval-denied')
    expect(await execute({ waitSeconds: 0.4 })).toMatchObject({ approvalRequired: true })
    const cancelled = problemOf(execute({ waitSeconds: 60 }))
    await sleep(300)
    await scene.vault.owner.call('deletePolicy', { policyId })
    expect(await cancelled).toBe('approval-cancelled')
  })

  it('may hang up, and the vault does not send for it any more', async () => {
    const { agent, connectionId, redeem } = await scene.subject()
    const wire = await createWireAgent(scene.vault, agent)
    const before = scene.sent()
    const hangingUp = new AbortController()
    const url = `${scene.upstream.origin}/hung-up`
    const call = wire
      .execute({ connectionId, method: 'GET', url, waitSeconds: 60 }, { signal: hangingUp.signal })
      .catch(() => 'hung up')
    const approvalId = await firstPending(agent.agentId)
    hangingUp.abort()
    expect(await call).toBe('hung up')
    await sleep(500)
    await scene.approve(approvalId)
    await sleep(500)
    expect(scene.sent()).toBe(before)
    expect(await redeem(approvalId)).toMatchObject({ status: 200 })
  })

  it('is let go when an owner stops or disables the agent', async () => {
    const { execute, agent } = await scene.subject()
    const { agentId } = agent
    const stopped = problemOf(execute({ waitSeconds: 60 }))
    await firstPending(agentId)
    await sleep(200)
    await scene.vault.owner.call('stopAgent', { agentId })
    expect(await stopped).toBe('request-stopped')
    const disabled = problemOf(execute({ waitSeconds: 60 }))
    await sleep(500)
    await scene.vault.owner.call('disableAgent', { agentId })
    expect(['request-stopped', 'approval-cancelled']).toContain(await disabled)
  })

  it('takes no longer than five minutes and no negative time', async () => {
    const { execute } = await scene.subject()
    for (const waitSeconds of [-1, 301, '1e9', 'soon']) {
      expect(await problemOf(execute({ waitSeconds: waitSeconds as never }))).toBe('invalid-input')
    }
  })
})

describe('a policy that asks for two owners', () => {
  it('has an approval stay pending until a second person says yes, and counts nobody twice', async () => {
    verifies('S-26')
    const { ask, redeem } = await scene.subject({ approvalOptions: { secondOwner: true } })
    const { approvalRequestId: approvalId } = await ask()
    const first = await scene.approve(approvalId)
    expect(first).toMatchObject({ status: 'pending', ownersNeeded: 2 })
    expect(first.approvedBy).toHaveLength(1)
    expect(await problemOf(scene.approve(approvalId))).toBe('already-approved')
    const sameBySession = await signIn(scene.vault)
    const again = await sameBySession.send('POST', `/api/v1/approvals/${approvalId}/approve`, {
      body: {},
    })
    expect(again.body.type).toBe('already-approved')
    expect(await redeem(approvalId)).toMatchObject({ approvalRequired: true })
    const second = await addPerson(scene.vault, 'admin')
    const path = `/api/v1/approvals/${approvalId}/approve`
    const answer = await second.send('POST', path, { body: {} })
    expect(answer.body).toMatchObject({ approval: { status: 'approved' } })
    expect(await redeem(approvalId)).toMatchObject({ status: 200 })
  })

  it('does not count a person who has left or lost the right since', async () => {
    verifies('S-26')
    const { ask, redeem } = await scene.subject({ approvalOptions: { secondOwner: true } })
    const owner = await signIn(scene.vault)
    const changes = [
      (id: string) => owner.send('DELETE', `/api/v1/workspace/members/${id}`),
      (id: string) =>
        owner.send('PATCH', `/api/v1/workspace/members/${id}`, { body: { role: 'auditor' } }),
    ]
    for (const change of changes) {
      const { approvalRequestId: approvalId } = await ask()
      const leaver = await addPerson(scene.vault, 'approver')
      const path = `/api/v1/approvals/${approvalId}/approve`
      expect((await leaver.send('POST', path, { body: {} })).status).toBe(200)
      expect((await change(leaver.id)).status).toBe(200)
      expect(await scene.approve(approvalId)).toMatchObject({ status: 'pending' })
      expect(await redeem(approvalId)).toMatchObject({ approvalRequired: true })
      const third = await addPerson(scene.vault, 'approver')
      const done = await third.send('POST', path, { body: {} })
      expect(done.body).toMatchObject({ approval: { status: 'approved' } })
      expect(await redeem(approvalId)).toMatchObject({ status: 200 })
    }
  })
})

describe('a policy that asks for a fresh sign-in', () => {
  it('is approved by a session of the last minutes alone: no token, no older session', async () => {
    verifies('S-26')
    const { ask, redeem } = await scene.subject({ approvalOptions: { freshSignIn: true } })
    const { approvalRequestId: approvalId } = await ask()
    const path = `/api/v1/approvals/${approvalId}/approve`
    expect(await problemOf(scene.approve(approvalId))).toBe('session-required')
    const person = await addPerson(scene.vault, 'approver')
    await scene.admin`update sessions set authenticated_at = now() - interval '6 minutes' where owner_id = ${person.id}`
    const stale = await person.send('POST', path, { body: {} })
    expect(stale.body).toMatchObject({ type: 'fresh-sign-in-required', status: 403 })
    expect(stale.body.next).toContain('/api/v1/session/reauthenticate')
    expect(await scene.row(approvalId)).toMatchObject({ status: 'pending' })
    const fresh = await signIn(scene.vault, person)
    expect((await fresh.send('POST', path, { body: {} })).status).toBe(200)
    expect(await redeem(approvalId)).toMatchObject({ status: 200 })
    // Saying no needs no proof.
    const other = await ask()
    expect(await scene.deny(other.approvalRequestId)).toMatchObject({ status: 'denied' })
  })
})

describe('the lists', () => {
  it('page newest first without a gap, by status, agent and connection, and count what waits', async () => {
    const { agent, connectionId, ask } = await scene.subject()
    const ids: string[] = []
    for (let number = 0; number < 7; number += 1) {
      ids.unshift((await ask({ body: { number } })).approvalRequestId)
    }
    await scene.deny(ids[2] ?? '')
    for (const filter of [{ agentId: agent.agentId }, { connectionId }]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await scene.vault.owner.call('listApprovals', {
          ...filter,
          limit: 3,
          ...(cursor !== undefined && { cursor }),
        })
        seen.push(...page.approvals.map(({ id }) => id))
        expect(page.pendingCount).toBeGreaterThanOrEqual(6)
        cursor = page.nextCursor
      } while (cursor !== undefined)
      expect(seen).toEqual(ids)
      const denied = await scene.vault.owner.call('listApprovals', { ...filter, status: 'denied' })
      expect(denied.approvals.map(({ id }) => id)).toEqual([ids[2]])
    }
    const mine = await agent.client.call('listMyApprovals', { limit: 3 })
    expect(mine.approvals.map(({ id }) => id)).toEqual(ids.slice(0, 3))
    expect(mine.approvals[0]?.url).toBe(`${scene.upstream.origin}/v1/notes`)
    const next = await agent.client.call('listMyApprovals', { cursor: mine.nextCursor ?? '' })
    expect(next.approvals.map(({ id }) => id)).toEqual(ids.slice(3))
    expect(JSON.stringify(mine)).not.toContain('list=1')
  })
})

async function firstPending(agentId: string): Promise<string> {
  let found: string | undefined
  await until(async () => {
    const { approvals } = await scene.vault.owner.call('listApprovals', {
      agentId,
      status: 'pending',
    })
    found = approvals[0]?.id
    return found !== undefined
  })
  return found ?? ''
}

async function until(isTrue: () => Promise<boolean>, msMax = 15_000): Promise<void> {
  const startedAt = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - startedAt > msMax) throw new Error(`not so within ${msMax} ms`)
    await sleep(25)
  }
}
