import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPerson } from './cli/sallyport.ts'
import { type ApprovalScene, type Subject, startApprovalScene } from './fixtures/approval-scene.ts'
import { addPerson } from './fixtures/people.ts'
import { createWireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// Whatever agents and owners write into an approval, and however much: it is refused as wrong input or kept as it is, and
// nobody who reads it afterwards is harmed.

let scene: ApprovalScene
beforeAll(async () => {
  scene = await startApprovalScene()
})
afterAll(() => scene?.stop())

/** An agent's call without the SDK: any JSON, also what no client would send. */
async function callerOf({ agent }: Subject) {
  const token = await (await createWireAgent(scene.vault, agent)).newToken()
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${scene.vault.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: JSON.parse(text) as Record<string, unknown> }
  }
}

describe('what an agent sends beside its request', () => {
  it('is refused where it is not understood, and uses no approval', async () => {
    verifies('S-24', 'S-06')
    const subject = await scene.subject()
    const call = await callerOf(subject)
    const { approvalRequestId: approvalId } = await subject.ask()
    await scene.approve(approvalId)
    const before = scene.sent()
    const request = {
      connectionId: subject.connectionId,
      method: 'POST',
      url: `${scene.upstream.origin}/v1/notes?list=1`,
      body: { text: 'hello' },
    }
    const wrong: object[] = [
      ...[-1, 301, 1e308, '-1', 'NaN', 'Infinity', '1s', {}, [1, 2]].map((waitSeconds) => ({
        waitSeconds,
      })),
      ...[1, '', 'x'.repeat(500), `${approvalId}\0`, [approvalId, approvalId], {}].map((id) => ({
        approvalId: id,
      })),
      ...[1, 'x'.repeat(2001), 'nul \0', {}, ['x']].map((reason) => ({ reason })),
      { approvalID: approvalId },
      { approved: true },
      { status: 'approved', approvalId },
    ]
    const redeeming = wrong.map((more) => ({ approvalId, ...more }))
    for (const more of redeeming) {
      const { status, body } = await call('POST', '/v1/vault/execute', { ...request, ...more })
      expect([JSON.stringify(more).slice(0, 80), status]).toEqual([
        JSON.stringify(more).slice(0, 80),
        body.type === 'approval-not-found' ? 404 : 400,
      ])
    }
    const path = `/v1/approvals/${approvalId}`
    for (const body of [
      { x: 1 },
      { method: 'POST' },
      { waitSeconds: -1 },
      '[]',
      '"x"',
      '{',
      'null',
    ]) {
      const answer = await call('POST', `${path}/execute`, body)
      expect([body, answer.status]).toEqual([body, 400])
    }
    for (const query of ['waitSeconds=-1', 'waitSeconds=301', 'waitSeconds=x', 'x=1']) {
      expect([query, (await call('GET', `${path}?${query}`)).status]).toEqual([query, 400])
    }
    expect(scene.sent()).toBe(before)
    expect(await scene.row(approvalId)).toMatchObject({ status: 'approved', audit_id: null })
    // By the service's name where that is the connection's, and by no other.
    const { service } = (
      await scene.vault.owner.call('getConnection', { connectionId: subject.connectionId })
    ).connection
    const { connectionId: _, ...named } = request
    const other = await call('POST', '/v1/vault/execute', {
      ...named,
      service: 'slack',
      approvalId,
    })
    expect(other.body.type).toBe('connection-not-found')
    const sent = await call('POST', '/v1/vault/execute', { ...named, service, approvalId })
    expect([sent.status, scene.sent()]).toEqual([200, before + 1])
  })
})

/** What steers a terminal or turns a text round; a line's end and a tab are no such thing. */
const unseen = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u

describe('words of agents and owners', () => {
  it('of any characters are kept, listed and shown, by the vault and by the command', async () => {
    verifies('S-28')
    const subject = await scene.subject()
    const call = await callerOf(subject)
    const person = createPerson(scene.vault.url, { SALLYPORT_OWNER_TOKEN: scene.vault.ownerToken })
    const approver = await addPerson(scene.vault, 'approver')
    const words = [
      'x'.repeat(2000),
      '😀'.repeat(1000),
      '\ud800 half \udfff',
      'a\u0001\u001b[2J\u001b]0;title\u0007b\u009b31m',
      '\u202e\u2066txet\u2069\ufeff\u200b\u00ad\u034f',
      '"}],"status":"approved","x":"',
      '<script>alert(1)</script>{{7*7}}%s%n$(7)',
      "'); drop table approvals; --",
      '\r\nSet-Cookie: a=b\r\n\r\n',
      `a${'\u0301'.repeat(1500)}`,
      '__proto__',
    ]
    try {
      for (const [number, reason] of words.entries()) {
        const asked = await call('POST', '/v1/vault/execute', {
          ...{ connectionId: subject.connectionId, method: 'POST', reason },
          ...{ url: `${scene.upstream.origin}/w/${number}`, body: { [reason]: reason, number } },
        })
        // A body with half a character can be written as JSON all the same.
        expect([reason, asked.status]).toEqual([reason, 202])
        const approvalId = String(asked.body.approvalRequestId)
        const known = reason.trim().replaceAll(/\p{Surrogate}/gu, '\ufffd')
        const { approval } = await scene.vault.owner.call('getApproval', { approvalId })
        expect(approval.agentReason).toBe(known)
        const listed = await scene.vault.owner.call('listApprovals', { limit: 1 })
        expect(listed.approvals[0]).toMatchObject({ id: approvalId, agentReason: known })
        const printed = await person.run(['approvals', 'show', approvalId])
        expect([reason, printed.code]).toEqual([reason, 0])
        expect(printed.stdout).not.toMatch(unseen)
        const asJson = await person.json<{ approval: { id: string } }>([
          'approvals',
          'show',
          approvalId,
        ])
        expect(asJson.approval.id).toBe(approvalId)
        const note = reason.slice(0, 500)
        const denied = await approver.send('POST', `/api/v1/approvals/${approvalId}/deny`, {
          body: { note },
        })
        expect([reason, denied.status]).toEqual([reason, 200])
        const told = await call('POST', `/v1/approvals/${approvalId}/execute`)
        expect(told.body.type).toBe('approval-denied')
        const mine = await call('GET', `/v1/approvals/${approvalId}`)
        expect(mine.body.approval).toMatchObject({
          note: note.trim().replaceAll(/\p{Surrogate}/gu, '\ufffd'),
        })
      }
      expect((await person.run(['approvals', 'list'])).stdout).not.toMatch(unseen)
    } finally {
      person.leave()
    }
  })

  it('of bodies whatever they are asked with, can be asked about, shown and sent as they are', async () => {
    verifies('S-24', 'S-28')
    const subject = await scene.subject()
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom(
          'application/json',
          'text/plain',
          'application/x-www-form-urlencoded',
          'image/png',
        ),
        async (bytes, contentType) => {
          const base64 = Buffer.from(bytes).toString('base64')
          const body = { $base64: base64, contentType }
          const { approvalRequestId: approvalId } = await subject.ask({ body })
          const { approval } = await scene.vault.owner.call('getApproval', { approvalId })
          expect(approval.request?.body).toMatchObject({ base64, bytes: bytes.length, contentType })
          await scene.approve(approvalId)
          expect(await subject.redeem(approvalId)).toMatchObject({ status: 200 })
          expect(scene.upstream.requests.at(-1)?.body.toString('base64')).toBe(base64)
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('twenty large bodies', () => {
  it('wait at once without weighing on any list, and each can be read whole', async () => {
    const subject = await scene.subject()
    const bytes = 4 * 1024 * 1024
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, number) => {
        const body = String.fromCharCode(97 + number).repeat(bytes)
        return (await subject.ask({ body })).approvalRequestId
      }),
    )
    expect(new Set(ids).size).toBe(20)
    const listed = await fetch(`${scene.vault.url}/api/v1/approvals?limit=50`, {
      headers: { authorization: `Bearer ${scene.vault.ownerToken}` },
    })
    expect((await listed.text()).length).toBeLessThan(100_000)
    // Looking at the list reads none of what is sealed: it is stored out of line.
    const [kept] = await scene.admin`
      select count(sealed)::int as n, min(length(sealed))::int as least from approvals where id = any(${ids}::text[])`
    expect(kept?.n).toBe(20)
    expect(kept?.least).toBeGreaterThan(bytes)
    const { approval } = await scene.vault.owner.call('getApproval', { approvalId: ids[7] ?? '' })
    expect(Buffer.from(approval.request?.body?.base64 ?? '', 'base64').toString()).toBe(
      'h'.repeat(bytes),
    )
    await scene.vault.owner.call('resetAgent', { agentId: subject.agent.agentId })
    const [left] = await scene.admin`
      select count(sealed)::int as n from approvals where id = any(${ids}::text[])`
    expect(left?.n).toBe(0)
  })
})
