import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { createWireAgent, type WireAgent, type WireAnswer } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

let vault: TestVault
let upstream: RawServer
let agent: WireAgent
/** The path says how many bytes to answer and how: /bytes/1000, /chunked/1000, /gzip/1000. */
beforeAll(async () => {
  upstream = await startRawServer({
    answer(socket, { target }) {
      const [, how = '', size = '2'] = target.split(/[/?]/)
      const body = Buffer.alloc(Number(size) || 2, 'x')
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n'
      if (how === 'chunked') {
        socket.write(
          `${head}transfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        )
      } else if (how === 'gzip') {
        const packed = gzipSync(body)
        socket.write(`${head}content-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`)
        socket.write(packed)
      } else socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
    },
  })
  vault = await startVault()
  agent = await createWireAgent(vault, await vault.createAgentWithKey('tester'))
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

type Document = Partial<Parameters<TestVault['addPolicy']>[0]>

/** A connection of its own under a policy. */
async function under(document: Document) {
  const connectionId = await vault.addConnection({ origins: [upstream.origin] })
  const policyId = await vault.addPolicy({ agentId: agent.agentId, connectionId, ...document })
  const send = (input: object = {}): Promise<WireAnswer> =>
    agent.execute({ connectionId, method: 'GET', url: `${upstream.origin}/a`, ...input })
  return { connectionId, policyId, send }
}

const entry = (methods: readonly string[], paths: readonly string[]) =>
  ({ origin: upstream.origin, methods, paths }) as never

/** Refused with this problem: nothing arrives, and the owner finds the attempt with its reason. */
async function expectDenied(
  send: () => Promise<WireAnswer>,
  type: string,
): Promise<Record<string, unknown>> {
  const before = upstream.requests.length
  const { status, body } = await send()
  expect(body.type, JSON.stringify(body)).toBe(type)
  expect(status).toBe(body.status)
  expect(upstream.requests.length).toBe(before)
  const { entries } = await vault.owner.call('listAudit', { limit: 10 })
  const found = entries.find(({ id }) => id === body.auditId)
  expect(found).toMatchObject({ decision: 'deny', outcome: 'refused', problem: type })
  // A limit is refused where it is counted, which says it in words of its own.
  if (type !== 'limit-exceeded') expect(found?.reason).toBe(body.detail)
  return body
}

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

describe('the time of a request', () => {
  it('decides where the policy has windows, and a closed one says when it opens', async () => {
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000)
    const day = days[inTwoDays.getUTCDay()] ?? 'sun'
    const closed = { days: [day], from: '09:00', to: '09:30', timezone: 'UTC' }
    const { send, policyId } = await under({ windows: [closed] })
    const body = await expectDenied(() => send(), 'outside-window')
    const opening = `${inTwoDays.toISOString().slice(0, 10)}T09:00:00.000Z`
    expect(body.error).toContain(opening)
    const wait = (Date.parse(opening) - Date.now()) / 1000
    expect(Math.abs(Number(body.retryAfterSeconds) - wait)).toBeLessThan(60)
    const answer = await send()
    expect(answer.headers.get('retry-after')).toBe(String(answer.body.retryAfterSeconds))
    const replace = (windows: object[]) =>
      vault.owner.call('replacePolicy', {
        policyId,
        approval: 'never',
        allow: [entry(['GET'], ['/**'])],
        windows: windows as never,
      })
    const always = { days: [...days], from: '00:00', to: '00:00', timezone: 'Asia/Kolkata' }
    await replace([closed, always])
    expect((await send()).status).toBe(200)
    // A window that crosses midnight belongs to the day on which it began, by its own clock.
    const local = new Date(Date.now() + 5.5 * 3_600_000)
    const clock = (minutes: number) =>
      new Date(local.getTime() + minutes * 60_000).toISOString().slice(11, 16)
    const started = new Date(local.getTime() - 60 * 60_000).getUTCDay()
    const around = {
      days: [days[started]],
      from: clock(-60),
      to: clock(60),
      timezone: 'Asia/Kolkata',
    }
    await replace([around])
    expect((await send()).status).toBe(200)
    await replace([{ ...around, days: [days[(started + 3) % 7]] }])
    await expectDenied(() => send(), 'outside-window')
    await replace([{ ...around, from: clock(60), to: clock(-60), days: [days[(started + 3) % 7]] }])
    await expectDenied(() => send(), 'outside-window')
  })

  it('ends a policy at the instant at which it expires', async () => {
    const past = await under({ expiresAt: new Date(Date.now() - 1000).toISOString() })
    await expectDenied(() => past.send(), 'policy-expired')
    const at = Date.now() + 2500
    const soon = await under({ expiresAt: new Date(at).toISOString() })
    expect((await soon.send()).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, at - Date.now() + 20))
    await expectDenied(() => soon.send(), 'policy-expired')
  })

  it('is refused as a policy where a window or an instant is none', async () => {
    const good = { days: ['mon'], from: '09:00', to: '10:00', timezone: 'UTC' }
    const bad = [
      { days: [] },
      { days: ['monday'] },
      { from: '9:00' },
      { to: '24:00' },
      { timezone: 'Mars/Olympus' },
      { timezone: '' },
      { extra: 1 },
    ]
    for (const change of bad) {
      await expect(under({ windows: [{ ...good, ...change }] as never })).rejects.toMatchObject({
        status: 400,
      })
    }
    await expect(under({ expiresAt: 'tomorrow' })).rejects.toMatchObject({ status: 400 })
  })
})

describe('a refusal', () => {
  it('names what is near without showing the policy', async () => {
    const allow = [
      entry(['GET'], ['/internal-name/**']),
      entry(['PATCH'], ['/other-hidden/*']),
      { origin: upstream.origin, methods: ['GET'], paths: ['/listed/*/x'] } as never,
    ]
    const { send } = await under({ allow })
    const sentences = new Map<string, string>()
    for (const [method, path] of [
      ['DELETE', '/internal-name/a'],
      ['GET', '/elsewhere'],
      ['POST', '/elsewhere'],
      ['PATCH', '/internal-name/a'],
    ] as const) {
      const url = upstream.origin + path
      const body = await expectDenied(() => send({ method, url }), 'policy-denied')
      const text = JSON.stringify(body)
      for (const hidden of ['other-hidden', 'listed', '/**', '/internal-name/**']) {
        expect(text).not.toContain(hidden)
      }
      sentences.set(`${method} ${path}`, String(body.error))
    }
    expect(sentences.get('DELETE /internal-name/a')).toMatch(/path.*not with DELETE/i)
    expect(sentences.get('GET /elsewhere')).toMatch(/GET.*not this path/i)
    expect(new Set(sentences.values()).size).toBeGreaterThan(2)
    const other = await expectDenied(
      () => send({ url: 'http://127.0.0.2:9/internal-name/a' }),
      'origin-not-allowed',
    )
    expect(JSON.stringify(other)).not.toContain('internal-name')
  })

  it('comes from the credential’s origins even where the policy still allows', async () => {
    const second = 'http://127.0.0.1:9'
    const connectionId = await vault.addConnection({ origins: [upstream.origin, second] })
    await vault.addPolicy({ agentId: agent.agentId, connectionId })
    const send = () => agent.execute({ connectionId, method: 'GET', url: `${upstream.origin}/a` })
    expect((await send()).status).toBe(200)
    await vault.owner.call('updateConnection', { connectionId, origins: [second] })
    await expectDenied(send, 'origin-not-allowed')
    await expect(
      under({ allow: [{ origin: 'https://evil.example', methods: ['GET'], paths: ['/**'] }] }),
    ).rejects.toMatchObject({ type: 'origin-not-allowed' })
  })
})

describe('approval', () => {
  it('is asked for as the policy says, and nothing is sent meanwhile', async () => {
    const allow = [entry(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], ['/**'])]
    const expectAsked = async (send: () => Promise<WireAnswer>) => {
      const before = upstream.requests.length
      const { status, body } = await send()
      expect([status, body.approvalRequired]).toEqual([202, true])
      expect(String(body.reason)).toMatch(/approval/)
      expect(upstream.requests.length).toBe(before)
    }
    const always = await under({ approval: 'always', allow })
    for (const method of ['GET', 'POST']) await expectAsked(() => always.send({ method }))
    for (const approval of ['writes', 'risk_based', undefined] as const) {
      const { send, connectionId } = await under({ approval: approval as never, allow })
      expect((await send()).status).toBe(200)
      expect((await send({ method: 'HEAD' })).status).toBe(200)
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        await expectAsked(() => send({ method }))
      }
      const { policies } = await vault.owner.call('listPolicies', { connectionId })
      expect(policies[0]?.approval).toBe('writes')
    }
    const never = await under({ approval: 'never', allow })
    expect((await never.send({ method: 'DELETE' })).status).toBe(200)
    await expectDenied(
      () => never.send({ approvalId: 'apr_00000000000000000000000000' }),
      'approval-not-found',
    )
  })
})

describe('a dry run', () => {
  it('decides as the real one would, sends nothing and spends nothing', async () => {
    verifies('S-14', 'S-29')
    const allow = [entry(['GET', 'POST'], ['/**'])]
    const { send } = await under({
      allow,
      approval: 'writes',
      limits: { perHour: 1, concurrent: 1 },
    })
    const before = upstream.connectionCount() + upstream.requests.length
    for (let at = 0; at < 5; at++) {
      const { status, body } = await send({ dryRun: true })
      expect(status).toBe(200)
      expect(body).toMatchObject({ dryRun: true, decision: 'allow', wouldSend: { method: 'GET' } })
      expect(body.auditId).toMatch(/^aud_/)
    }
    const asked = await send({ dryRun: true, method: 'POST', body: { a: 1 } })
    expect(asked.body).toMatchObject({ dryRun: true, decision: 'require_approval' })
    const denied = await send({ dryRun: true, method: 'DELETE' })
    expect(denied.body).toMatchObject({ dryRun: true, decision: 'deny' })
    expect(denied.body.reason).toMatch(/DELETE/)
    expect(upstream.connectionCount() + upstream.requests.length).toBe(before)
    expect((await send()).status).toBe(200)
    await expectDenied(() => send(), 'limit-exceeded')
    const { entries } = await vault.owner.call('listAudit', { limit: 5 })
    expect((await send({ dryRun: true })).body.decision).toBe('allow')
    expect(entries.length).toBe(5)
  })
})

describe('a change of a policy', () => {
  it('acts on the next call, however often it is made', async () => {
    verifies('S-10')
    const { send, policyId } = await under({})
    for (let at = 0; at < 15; at++) {
      expect((await send()).status).toBe(200)
      await vault.owner.call('replacePolicy', { policyId, approval: 'never', allow: [] })
      await expectDenied(() => send(), 'policy-denied')
      const allow = [entry(['GET'], ['/**'])]
      await vault.owner.call('replacePolicy', { policyId, approval: 'never', allow })
    }
    expect((await send()).status).toBe(200)
    await vault.owner.call('deletePolicy', { policyId })
    await expectDenied(() => send(), 'connection-not-found')
  })
})

/** What an owner sends, by hand, since the SDK's types would not let it. */
async function post(document: object): Promise<WireAnswer['body'] & { status?: number }> {
  const connectionId = await vault.addConnection({ origins: [upstream.origin] })
  const response = await fetch(`${vault.url}/api/v1/policies`, {
    method: 'POST',
    headers: { authorization: `Bearer ${vault.ownerToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ agentId: agent.agentId, connectionId, ...document }),
  })
  const body = (await response.json()) as Record<string, unknown>
  return { ...body, status: response.status }
}

describe('what an owner writes', () => {
  it('may use the older names, alone or among the newer ones', async () => {
    const origin = upstream.origin
    const wanted = {
      allow: [{ origin, methods: ['GET'], paths: ['/v1/*'] }],
      approval: 'writes',
      limits: { perHour: 7 },
    }
    const older = [
      { baseUrl: origin, methods: ['GET'], pathPatterns: ['/v1/*'] },
      { baseUrl: `${origin}/`, methods: ['GET'], pathPatterns: ['/v1/*'] },
      { origin, methods: ['GET'], pathPatterns: ['/v1/*'] },
      { baseUrl: origin, methods: ['GET'], paths: ['/v1/*'] },
    ]
    for (const allowed of older) {
      const made = await post({
        allow: [allowed],
        stepUpApproval: 'risk_based',
        maxRequestsPerHour: 7,
      })
      expect(made.status, JSON.stringify(made)).toBe(201)
      expect(made.policy).toMatchObject(wanted)
    }
    const newer = await post({ allow: older, approval: 'risk_based', limits: { perHour: 7 } })
    expect(newer.policy).toMatchObject({ approval: 'writes', limits: { perHour: 7 } })
  })

  it('is refused where an older name and its newer one say different things', async () => {
    const origin = upstream.origin
    const entryOf = { origin, methods: ['GET'], paths: ['/v1/*'] }
    for (const bad of [
      { allow: [entryOf], approval: 'never', stepUpApproval: 'always' },
      { allow: [entryOf], limits: { perHour: 1000 }, maxRequestsPerHour: 1 },
      { allow: [{ ...entryOf, baseUrl: 'https://other.example' }] },
      { allow: [{ ...entryOf, pathPatterns: ['/x'] }] },
      { allow: [{ methods: ['GET'], paths: ['/x'] }] },
      { allow: [{ origin, methods: ['GET'] }] },
    ]) {
      expect(await post(bad), JSON.stringify(bad)).toMatchObject({
        status: 400,
        type: 'invalid-input',
      })
    }
  })

  it('is refused where it is not understood, naming what', async () => {
    const origin = upstream.origin
    const good = { origin, methods: ['GET'], paths: ['/**'] }
    const cases: [string, object][] = [
      ['surprise', { allow: [good], surprise: 1 }],
      ['rules', { allow: [good], rules: [{ when: {}, then: 'deny' }] }],
      [
        'rules.0.when.methods',
        { allow: [good], rules: [{ id: 'a', when: { methods: ['get'] }, then: 'deny' }] },
      ],
      ['then', { allow: [good], rules: [{ id: 'a', when: {}, then: 'forbid' }] }],
      ['response', { allow: [good], response: [{ drop: ['x'] }] }],
      ['method', { allow: [{ ...good, method: 'GET' }] }],
      ['hosts', { allow: [{ ...good, hosts: [] }] }],
      ['perSecond', { allow: [good], limits: { perSecond: 1 } }],
      [
        'timeZone',
        {
          allow: [good],
          windows: [
            { days: ['mon'], from: '00:00', to: '01:00', timezone: 'UTC', timeZone: 'UTC' },
          ],
        },
      ],
      ['approval', { allow: [good], approval: 'sometimes' }],
      ['perMinute', { allow: [good], limits: { perMinute: 0 } }],
      ['perMinute', { allow: [good], limits: { perMinute: 1.5 } }],
      ['concurrent', { allow: [good], limits: { concurrent: -1 } }],
      ['perHour', { allow: [good], limits: { perHour: '5' } }],
      ['methods', { allow: [{ ...good, methods: [] }] }],
      ['methods', { allow: [{ ...good, methods: ['get'] }] }],
      ['methods', { allow: [{ ...good, methods: ['TRACE'] }] }],
      ['paths', { allow: [{ ...good, paths: [] }] }],
      ['paths', { allow: [{ ...good, paths: ['v1'] }] }],
      ['paths', { allow: [{ ...good, paths: ['/a?b'] }] }],
      ['paths', { allow: [{ ...good, paths: ['/a/**/b'] }] }],
      ['paths', { allow: [{ ...good, paths: ['/a**'] }] }],
      ['origin', { allow: [{ ...good, origin: `${origin}/v1` }] }],
      ['origin', { allow: [{ ...good, origin: 'HTTPS://x.example' }] }],
      ['allow', {}],
      ['expiresAt', { allow: [good], expiresAt: 5 }],
    ]
    for (const [name, document] of cases) {
      const made = await post(document)
      expect(made.status, JSON.stringify(document)).toBe(400)
      expect(`${made.error} ${JSON.stringify(made.fields)}`, JSON.stringify(document)).toContain(
        name,
      )
    }
  })
})

describe('limits of size', () => {
  it('hold for the body that is sent, to the byte', async () => {
    verifies('S-22')
    const { send } = await under({
      allow: [entry(['POST'], ['/**'])],
      limits: { requestBytesMax: 10 },
    })
    const post10 = (body: unknown, headers: object = {}) => send({ method: 'POST', body, headers })
    expect((await post10('0123456789')).status).toBe(200)
    expect((await post10('ééééé')).status).toBe(200)
    expect((await post10({ $base64: Buffer.alloc(10).toString('base64') })).status).toBe(200)
    expect((await post10({ a: 1234 })).status).toBe(200)
    for (const body of [
      '01234567890',
      'éééééé',
      { a: 12345 },
      { $base64: Buffer.alloc(11).toString('base64') },
    ]) {
      await expectDenied(() => post10(body), 'request-too-large')
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await post10({ a: '1', b: '2345' }, form)).status).toBe(200)
    await expectDenied(() => post10({ a: 'é é é' }, form), 'request-too-large')
  })

  it('hold for the decoded answer, to the byte, however its length is told', async () => {
    verifies('S-22')
    const { send } = await under({ limits: { responseBytesMax: 1000 } })
    for (const how of ['bytes', 'chunked', 'gzip']) {
      const at = (size: number) => send({ url: `${upstream.origin}/${how}/${size}` })
      const exact = await at(1000)
      expect(exact.status, how).toBe(200)
      expect(String(exact.body.body).length).toBe(1000)
      const { status, body } = await at(1001)
      expect(status, how).toBe(502)
      expect(body).toMatchObject({ type: 'response-too-large' })
      expect(body.auditId).toMatch(/^aud_/)
    }
    expect((await send({ url: `${upstream.origin}/gzip/5000000` })).body.type).toBe(
      'response-too-large',
    )
  })
})
