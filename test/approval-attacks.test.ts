import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApprovalScene,
  problemOf,
  type Subject,
  startApprovalScene,
} from './fixtures/approval-scene.ts'
import type { ReceivedRequest } from './fixtures/raw-server.ts'
import { startRawServer } from './fixtures/raw-server.ts'
import { createWireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// Requests that look alike, connections and policies that change under an approval, and whatever an agent or an owner may
// write: an approval covers the bytes that were looked at, as things are now, once.

let scene: ApprovalScene
beforeAll(async () => {
  scene = await startApprovalScene()
})
afterAll(() => scene?.stop())

type Input = Parameters<Subject['execute']>[0] & object

async function approved(subject: Subject, input: Input = {}): Promise<string> {
  const { approvalRequestId } = await subject.ask(input)
  await scene.approve(approvalRequestId)
  return approvalRequestId
}
const shown = async (approvalId: string) =>
  (await scene.vault.owner.call('getApproval', { approvalId })).approval

/** Refused so, nothing arrives upstream, and the approval can still be used. */
async function expectUnspent(approvalId: string, call: Promise<unknown>, type: string) {
  const before = scene.sent()
  expect(await problemOf(call)).toBe(type)
  expect(scene.sent()).toBe(before)
  const row = await scene.row(approvalId)
  expect([row.status, row.sealed !== null, row.audit_id]).toEqual(['approved', true, null])
}

/** What an upstream got, but for what the connection itself puts on. */
function wireOf({ method, target, headers, body }: ReceivedRequest) {
  const own = new Set(['host', 'connection', 'content-length', 'authorization'])
  const sent = headers
    .map(([name, value]) => [name.toLowerCase(), value])
    .filter(([name = '']) => !own.has(name))
  return { method, target, headers: sent, body: body.toString('base64') }
}
type Wire = ReturnType<typeof wireOf>

describe('two requests that a lenient reader takes for one', () => {
  const spellings = (origin: string) =>
    ({
      url: [
        `${origin}/n/a`,
        `${origin}/n/a/`,
        `${origin}/n/%61`,
        `${origin}/n/A`,
        `${origin}/n/a?`,
        `${origin}/n/a?x=1&y=2`,
        `${origin}/n/a?y=2&x=1`,
        `${origin}/n/a?x=1&y=2&`,
        `${origin}/n/a?x=1&&y=2`,
        `${origin}/n/a?x=%31&y=2`,
        `${origin}/n/a?x=1+1`,
        `${origin}/n/a?x=1%201`,
        `${origin}/n/a?x=%c3%a9`,
        `${origin}/n/a?x=%C3%A9`,
        `${origin}/n/a?x=e%CC%81`,
        `${origin}/n/a?x`,
        `${origin}/n/a?x=`,
        `${origin}/n/%C3%A9`,
        `${origin}/n/%c3%a9`,
        `${origin}/n/e%CC%81`,
        `${origin}/n/a;v=1`,
        origin.replace('127.0.0.1', '127.1').concat('/n/a'),
        origin.toUpperCase().concat('/n/a'),
      ],
      query: [undefined, {}, { x: '1', y: '2' }, { y: '2', x: '1' }, { x: 1, y: 2 }, { x: 'é' }],
      headers: [
        undefined,
        {},
        { accept: 'application/json' },
        { Accept: ' application/json ' },
        { accept: 'Application/JSON' },
        { accept: 'application/json', 'x-note': '1' },
        { 'X-NOTE': '1', accept: 'application/json' },
        { 'x-note': '' },
        { 'x-not-passed': '1' },
        { 'content-type': 'application/json' },
        { 'content-type': 'application/json; charset=utf-8' },
        { 'content-type': 'application/json;charset=utf-8' },
        { 'content-type': 'text/plain; charset=utf-8' },
        { 'content-type': 'application/x-www-form-urlencoded' },
      ],
      body: [
        undefined,
        null,
        '',
        {},
        '{}',
        '{"a":1,"b":2}',
        '{ "a":1,"b":2}',
        '{"b":2,"a":1}',
        '{"a":1.0,"b":2}',
        '{"a":1,"a":1,"b":2}',
        { a: 1, b: 2 },
        { b: 2, a: 1 },
        { a: '1', b: '2' },
        'a=1&b=2',
        '\ufeff{"a":1,"b":2}',
        '"é"',
        '"e\u0301"',
        { $base64: Buffer.from('{"a":1,"b":2}').toString('base64') },
        { $base64: Buffer.from('{}').toString('base64'), contentType: 'application/json' },
        { $base64: '' },
      ],
    }) as Record<string, readonly unknown[]>

  it('share an approval if just the same bytes are sent, and else neither goes out for the other', async () => {
    verifies('S-24', 'S-14', 'S-28')
    const subject = await scene.subject({ limits: {} })
    const parts = spellings(scene.upstream.origin)
    const one = fc.record(
      Object.fromEntries(
        Object.entries(parts).map(([name, values]) => [name, fc.nat(values.length - 1)]),
      ),
    )
    const inputOf = (choice: Record<string, number>): Input =>
      Object.fromEntries(
        Object.entries(parts)
          .map(([name, values]) => [name, values[choice[name] ?? 0]])
          .filter(([, value]) => value !== undefined),
      )
    const seen = { same: 0, different: 0 }
    // Most pairs differ in one or two parts alone.
    const pair = fc
      .tuple(one, one, fc.subarray(Object.keys(parts), { minLength: 1, maxLength: 2 }))
      .map(([base, other, names]) => [
        base,
        { ...base, ...Object.fromEntries(names.map((name) => [name, other[name] ?? 0])) },
      ])
    await fc.assert(
      fc.asyncProperty(pair, async ([first = {}, second = {}]) => {
        const a = inputOf(first)
        const b = inputOf(second)
        const idA = await idOf(subject.execute(a))
        const idB = await idOf(subject.execute(b))
        if (idA === undefined || idB === undefined) return
        await scene.approve(idA)
        if (idA !== idB) {
          await scene.approve(idB)
          await expectUnspent(idA, subject.execute({ ...b, approvalId: idA }), 'approval-mismatch')
          await expectUnspent(idB, subject.execute({ ...a, approvalId: idB }), 'approval-mismatch')
          // No body and an empty one are two requests, though their bytes are the same.
          const withBody = async (id: string, { body }: Input) =>
            [await sendAsShown(subject, id), body === undefined || body === null] as const
          expect(await withBody(idA, a)).not.toEqual(await withBody(idB, b))
          seen.different += 1
        } else {
          const wire = await sendAsShown(subject, idA, b)
          const again = await subject.ask(b)
          await scene.approve(again.approvalRequestId)
          expect(await sendAsShown(subject, again.approvalRequestId, a)).toEqual(wire)
          seen.same += 1
        }
      }),
      { numRuns: 120 },
    )
    expect(seen.same).toBeGreaterThan(0)
    expect(seen.different).toBeGreaterThan(10)
  })

  const idOf = async (call: ReturnType<Subject['execute']>) => {
    try {
      const answer = await call
      return 'approvalRequestId' in answer ? answer.approvalRequestId : undefined
    } catch {
      return undefined // Refused for its shape: then it is no request at all.
    }
  }

  /** Redeems it, and holds what arrived against what the owner was shown. */
  async function sendAsShown(subject: Subject, approvalId: string, again?: Input): Promise<Wire> {
    const { request } = await shown(approvalId)
    const before = scene.sent()
    if (again === undefined) await subject.redeem(approvalId)
    else await subject.execute({ ...again, approvalId })
    expect(scene.sent()).toBe(before + 1)
    const received = scene.upstream.requests.at(-1)
    if (received === undefined || request === undefined) throw new Error('nothing arrived')
    const wire = wireOf(received)
    expect(`${scene.upstream.origin}${wire.target}`).toBe(request.url)
    expect(wire.method).toBe(request.method)
    expect(wire.headers).toEqual(request.headers.map(({ name, value }) => [name, value]))
    expect(wire.body).toBe(request.body?.base64 ?? '')
    return wire
  }
})

describe('a connection that changes under an approval', () => {
  const change = (connectionId: string, input: object) =>
    scene.vault.owner.call('updateConnection', { connectionId, ...input })

  it('does not lose it by a new label, which nobody sends', async () => {
    const subject = await scene.subject()
    const approvalId = await approved(subject)
    await change(subject.connectionId, { label: 'renamed' })
    expect(await shown(approvalId)).toMatchObject({ connection: { label: 'renamed' } })
    expect(await subject.redeem(approvalId)).toMatchObject({ status: 200 })
  })

  it('sends no header that it lists no more, and the approval is good once it does again', async () => {
    verifies('S-27', 'S-18')
    const subject = await scene.subject()
    const { connectionId } = subject
    const approvalId = await approved(subject, { headers: { 'x-note': 'one' } })
    const without = await approved(subject, { body: 'without it' })
    await change(connectionId, { requestHeaders: [] })
    await expectUnspent(approvalId, subject.redeem(approvalId), 'approval-stale')
    expect(await subject.redeem(without)).toMatchObject({ status: 200 })
    await change(connectionId, { requestHeaders: ['X-Note'] })
    expect(await subject.redeem(approvalId)).toMatchObject({ status: 200 })
    expect(new Map(scene.upstream.requests.at(-1)?.headers).get('x-note')).toBe('one')
  })

  it('sends no encoded slash once it allows none', async () => {
    verifies('S-27', 'S-11')
    const subject = await scene.subject()
    const { connectionId } = subject
    await change(connectionId, { allowEncodedSlash: true })
    const approvalId = await approved(subject, { url: `${scene.upstream.origin}/a%2Fb` })
    await change(connectionId, { allowEncodedSlash: false })
    await expectUnspent(approvalId, subject.redeem(approvalId), 'approval-stale')
    await change(connectionId, { allowEncodedSlash: true })
    expect(await subject.redeem(approvalId)).toMatchObject({ status: 200 })
    expect(scene.upstream.requests.at(-1)?.target).toBe('/a%2Fb')
  })

  it('sends nothing with a credential of another kind, or to an origin that it gave up', async () => {
    verifies('S-27')
    const changes = [
      { credential: { kind: 'query', name: 'list', value: 'another-secret-0123456789' } },
      { credential: { kind: 'header', name: 'x-note', value: 'another-secret-0123456789' } },
      { credential: { kind: 'path', placeholder: 'token', value: 'another-secret-0123456789' } },
      { credential: { kind: 'bearer', token: 'upstream-secret-0123456789' } },
      { origins: ['http://127.0.0.1:1'] },
    ]
    for (const input of changes) {
      const subject = await scene.subject()
      const approvalId = await approved(subject, { headers: { 'x-note': 'one' } })
      await change(subject.connectionId, input)
      await expectUnspent(approvalId, subject.redeem(approvalId), 'approval-stale')
    }
  })
})

describe('credentials in other places', () => {
  it('stay out of what is shown and kept, go out where they belong, and never come back', async () => {
    verifies('S-20', 'S-24', 'S-28')
    const secret = 'placed-secret-abcdefghij-0123456789'
    const echo = await startRawServer({
      answer(socket, { target, headers }) {
        const text = JSON.stringify({
          target,
          headers,
          base64: Buffer.from(secret).toString('base64'),
        })
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: "${secret}"\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
        )
      },
    })
    try {
      const { owner } = scene.vault
      const agent = await scene.vault.createAgentWithKey('echoed')
      for (const [credential, url, arrives] of [
        [
          { kind: 'path', placeholder: 'token', value: secret },
          '/bot{token}/send?a=1',
          `/bot${secret}/send?a=1`,
        ],
        [{ kind: 'query', name: 'key', value: secret }, '/send?a=1', `/send?a=1&key=${secret}`],
        [{ kind: 'header', name: 'x-key', value: secret }, '/send?a=1', '/send?a=1'],
      ] as const) {
        const connectionId = await scene.vault.addConnection({ origins: [echo.origin], credential })
        await scene.vault.addPolicy({ agentId: agent.agentId, connectionId, approval: 'always' })
        const input = { connectionId, method: 'GET', url: `${echo.origin}${url}` }
        const asked = await agent.client.call('execute', input)
        const approvalId = 'approvalRequestId' in asked ? asked.approvalRequestId : ''
        expect(JSON.stringify(await shown(approvalId))).not.toContain(secret)
        expect((await shown(approvalId)).request?.url).toBe(input.url)
        await owner.call('approveRequest', { approvalId })
        const answer = await agent.client.call('execute', { ...input, approvalId, waitSeconds: 1 })
        expect(echo.requests.at(-1)?.target).toBe(arrives)
        expect(answer).toMatchObject({ status: 200 })
        expect(JSON.stringify(answer)).not.toContain(secret)
        expect(JSON.stringify(answer)).not.toContain(
          Buffer.from(secret).toString('base64').slice(0, 40),
        )
        expect(JSON.stringify(await scene.row(approvalId))).not.toContain(secret)
      }
    } finally {
      await echo.close()
    }
  })
})

describe('a policy that changes under an approval', () => {
  const allow = () =>
    [{ origin: scene.upstream.origin, methods: ['GET', 'HEAD', 'POST'], paths: ['/**'] }] as never
  const replace = (policyId: string, more: object) =>
    scene.vault.owner.call('replacePolicy', {
      policyId,
      approval: 'always',
      allow: allow(),
      ...more,
    })

  it('gives it no more time than it gives to others now, and asks anew', async () => {
    verifies('S-27')
    const subject = await scene.subject({ approvalOptions: { expiresInMinutes: 600 } })
    const approvalId = await approved(subject)
    await scene.admin`update approvals set created_at = created_at - interval '1 hour' where id = ${approvalId}`
    await replace(subject.policyId, { approvalOptions: { expiresInMinutes: 30 } })
    await expectUnspent(approvalId, subject.redeem(approvalId), 'approval-stale')
    const again = await subject.ask()
    expect(again.approvalRequestId).not.toBe(approvalId)
    expect(await problemOf(subject.redeem(approvalId))).toBe('approval-cancelled')
    // More time than before makes none worse.
    await scene.approve(again.approvalRequestId)
    await replace(subject.policyId, { approvalOptions: { expiresInMinutes: 1440 } })
    expect(await subject.redeem(again.approvalRequestId)).toMatchObject({ status: 200 })
  })

  it('refuses by its concurrency without using the approval, and one after the other they go out', async () => {
    verifies('S-29', 'S-27')
    const held: (() => void)[] = []
    const slow = await startRawServer({
      answer: (socket) => {
        const text = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok'
        held.push(() => void socket.write(text))
      },
    })
    try {
      const agent = await scene.vault.createAgentWithKey('slow')
      const connectionId = await scene.vault.addConnection({ origins: [slow.origin] })
      const limits = { concurrent: 1 }
      await scene.vault.addPolicy({
        agentId: agent.agentId,
        connectionId,
        approval: 'always',
        limits,
      })
      const ids: string[] = []
      for (const path of ['/1', '/2']) {
        const asked = await agent.client.call('execute', {
          connectionId,
          method: 'GET',
          url: `${slow.origin}${path}`,
        })
        ids.push('approvalRequestId' in asked ? asked.approvalRequestId : '')
        await scene.approve(ids.at(-1) ?? '')
      }
      const [first = '', second = ''] = ids
      const going = agent.client.call('executeApproval', { approvalId: first })
      while (slow.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      expect(await problemOf(agent.client.call('executeApproval', { approvalId: second }))).toBe(
        'limit-exceeded',
      )
      expect(await scene.row(second)).toMatchObject({ status: 'approved', audit_id: null })
      held.shift()?.()
      expect(await going).toMatchObject({ status: 200 })
      const next = agent.client.call('executeApproval', { approvalId: second })
      while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      held.shift()?.()
      expect(await next).toMatchObject({ status: 200 })
      expect(slow.requests).toHaveLength(2)
    } finally {
      await slow.close()
    }
  })

  it('asks about reading too, where it says always; a HEAD has no body to show', async () => {
    const subject = await scene.subject({ allow: allow() })
    for (const method of ['GET', 'HEAD']) {
      const url = `${scene.upstream.origin}/read`
      expect(await problemOf(subject.execute({ method, url }))).toBe('invalid-input')
      const wire = await createWireAgent(scene.vault, subject.agent)
      const input = { connectionId: subject.connectionId, method, url }
      const approvalId = String((await wire.execute(input)).body.approvalRequestId)
      const { request } = await shown(approvalId)
      expect(request).toMatchObject({ method, url })
      expect(request?.body).toBeUndefined()
    }
  })
})

describe('an approval that was used', () => {
  it('points whoever comes again to the attempt that used it, and does not have them ask anew', async () => {
    verifies('S-25')
    const subject = await scene.subject()
    const approvalId = await approved(subject)
    const wire = await createWireAgent(scene.vault, subject.agent)
    const token = await wire.newToken()
    const redeem = async () => {
      const response = await fetch(`${scene.vault.url}/v1/approvals/${approvalId}/execute`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    // At once, and afterwards.
    const all = await Promise.all(Array.from({ length: 12 }, redeem))
    all.push(await redeem())
    const [sent, ...others] = all.filter(({ status }) => status === 200)
    expect(others).toEqual([])
    const refused = all.filter(({ status }) => status !== 200)
    for (const { status, body } of refused) {
      expect(status).toBe(409)
      expect(body).toMatchObject({
        type: 'approval-consumed',
        attemptAuditId: sent?.body.auditId,
        next: expect.stringMatching(/look first/),
      })
      expect(body.auditId).not.toBe(sent?.body.auditId)
      expect(String(body.detail)).toContain(String(sent?.body.auditId))
    }
    const ids = refused.map(({ body }) => body.auditId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
