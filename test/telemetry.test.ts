import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { type OtlpReceiver, startOtlpReceiver } from './fixtures/otlp-receiver.ts'
import { freePort } from './fixtures/replicas.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { createWireAgent } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

// What an operator sees of a vault: metrics, traces, a line for each request, and how it stops. And what nobody may see there.

const metricsToken = 'metrics-token-0123456789abcdef'
const collectorSecret = 'collector-secret-0123456789'
const upstreamSecret = 'upstream-secret-0123456789'
/** What an agent writes wherever it can: none of it may stand anywhere that an operator looks. */
const agentText = 'AgentWroteThis'
const agentsTrace = '0af7651916cd43dd8448eb211c80319c'
const agentsTraceparent = `00-${agentsTrace}-b7ad6b7169203331-01`

let vault: TestVault
let agent: TestAgent
let listed: EchoUpstream
let other: EchoUpstream
let collector: OtlpReceiver
let metricsPort: number
let connectionId: string
let token: string

beforeAll(async () => {
  metricsPort = await freePort()
  ;[listed, other, collector] = await Promise.all([
    startEchoUpstream(),
    startEchoUpstream(),
    startOtlpReceiver(),
  ])
  vault = await startVault({
    env: {
      SALLYPORT_METRICS_PORT: String(metricsPort),
      SALLYPORT_METRICS_TOKEN: metricsToken,
      SALLYPORT_LOG_LEVEL: 'info',
      SALLYPORT_LOG_REQUESTS: 'on',
      SALLYPORT_DRAIN_SECONDS: '2',
      SALLYPORT_TRACE_UPSTREAM_ORIGINS: listed.origin,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(`Bearer ${collectorSecret}`)}`,
    },
  })
  agent = await vault.createAgentWithKey('watched')
  connectionId = await vault.addConnection({
    origins: [listed.origin, other.origin],
    credential: { kind: 'bearer', token: upstreamSecret },
  })
  const allow = [listed, other].map(({ origin }) => ({
    origin,
    methods: ['GET' as const],
    paths: ['/open/*'],
  }))
  const asked = {
    origin: listed.origin,
    methods: ['POST' as const],
    paths: ['/asked/*'],
    approval: 'always' as const,
  }
  await vault.addPolicy({ agentId: agent.agentId, connectionId, allow: [...allow, asked] })
  token = await (await createWireAgent(vault, agent)).newToken()
})

afterAll(async () => {
  await vault?.stop()
  await Promise.all([listed?.close(), other?.close(), collector?.close()])
})

const operations = (path: string) => `http://127.0.0.1:${metricsPort}${path}`

async function scrape(): Promise<string> {
  const answer = await fetch(operations('/metrics'))
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  return answer.text()
}

/** The sum of all series of a metric that have these labels. */
function sum(text: string, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Calls execute as an agent that has a trace of its own, and writes its own text wherever it can. */
async function execute(input: object, path = '/v1/vault/execute') {
  const answer = await fetch(`${vault.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'user-agent': agentText,
      traceparent: agentsTraceparent,
      tracestate: `vendor=${agentText}`,
    },
    body: JSON.stringify(input),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** The same through the vault’s own MCP endpoint. */
const callMcp = (params: object) =>
  fetch(`${vault.url}/mcp`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  })

const get = (origin: string, rest = '') => ({
  ...{ connectionId, method: 'GET', url: `${origin}/open/${agentText}${rest}` },
  headers: { traceparent: agentsTraceparent, tracestate: 'x=y', 'user-agent': agentText },
})

const headersOf = (upstream: EchoUpstream, name: string) =>
  (upstream.requests.at(-1)?.headers ?? [])
    .filter(([given]) => given.toLowerCase() === name)
    .map(([, value]) => value)

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId)

describe('metrics', () => {
  it('move by what was done and by nothing else, whatever an agent writes', async () => {
    verifies('S-38')
    const before = await scrape()
    expect((await execute(get(listed.origin, `?q=${agentText}`))).status).toBe(200)
    expect((await execute(get(other.origin))).status).toBe(200)
    const refused = { ...get(listed.origin), url: `${listed.origin}/closed/${agentText}"} 1` }
    expect((await execute(refused)).status).toBeGreaterThanOrEqual(400)
    const denied = { ...get(listed.origin), url: `${listed.origin}/closed/${agentText}` }
    expect((await execute(denied)).status).toBe(403)
    expect((await execute({ [agentText]: 1 })).status).toBe(400)
    const post = { connectionId, method: 'POST', url: `${listed.origin}/asked/1`, body: agentText }
    const asked = await execute(post)
    expect(asked.status).toBe(202)
    const approvalId = String(asked.body.approvalRequestId)
    await vault.owner.call('approveRequest', { approvalId })
    expect((await execute({ ...post, approvalId })).status).toBe(200)
    const unknown = await execute(
      { arguments: {} },
      `/v1/my-tools/${encodeURIComponent(`${agentText}.x`)}/call`,
    )
    expect(unknown.status).toBeGreaterThanOrEqual(400)

    const byMcp = { name: 'execute', arguments: get(listed.origin) }
    expect(await (await callMcp(byMcp)).text()).toContain('200')

    const after = await scrape()
    const moved = (name: string, labels?: Record<string, string>) =>
      sum(after, name, labels) - sum(before, name, labels)
    const decided = (outcome: string) => moved('sallyport_decisions_total', { outcome })
    expect(decided('allow')).toBe(4)
    expect(moved('sallyport_decisions_total', { entry: 'mcp' })).toBe(1)
    expect(moved('sallyport_http_requests_total', { operation: 'mcp' })).toBe(1)
    expect(decided('approval')).toBe(1)
    expect(decided('deny')).toBe(3)
    expect(moved('sallyport_http_requests_total', { operation: 'execute', caller: 'agent' })).toBe(
      7,
    )
    expect(moved('sallyport_http_requests_total', { operation: 'execute', status: '4xx' })).toBe(3)
    expect(moved('sallyport_http_request_duration_seconds_count', { operation: 'execute' })).toBe(7)
    expect(moved('sallyport_upstream_requests_total', { service: 'custom', outcome: '2xx' })).toBe(
      4,
    )
    expect(moved('sallyport_approvals_total', { event: 'opened' })).toBe(1)
    expect(moved('sallyport_approvals_total', { event: 'approved' })).toBe(1)
    expect(moved('sallyport_audit_records_total')).toBeGreaterThanOrEqual(8)
    expect(moved('sallyport_cache_lookups_total', { result: 'hit' })).toBeGreaterThan(0)
    expect(sum(after, 'sallyport_database_up')).toBe(1)
    expect(sum(after, 'sallyport_change_feed_live')).toBe(1)
    expect(sum(after, 'sallyport_calls_in_flight')).toBe(0)
    await expect
      .poll(async () => sum(await scrape(), 'sallyport_job_runs_total'))
      .toBeGreaterThan(3)
    // What has not failed yet is known of, so that the first failure is seen to be one.
    expect(after).toContain('sallyport_job_runs_total{job_name="prune_audit",outcome="failed"} 0\n')
    expect(after).toContain('sallyport_token_renewals_total{outcome="failed"} 0\n')
  })

  it('say nothing of anybody, of where anything went, or of what was written', async () => {
    verifies('S-38')
    const text = await scrape()
    for (const [what, secret] of Object.entries({
      ...{ upstreamSecret, metricsToken, collectorSecret, token, agentText },
      ...{ ownerToken: vault.ownerToken, agentId: agent.agentId, connectionId },
      ...{ host: '127.0.0.1', path: '/open', name: 'watched', email: 'example.com' },
    })) {
      expect(text.includes(secret), what).toBe(false)
    }
  })

  it('are at the vault’s own port for the operator’s token alone, and every other is the same 401', async () => {
    const at = (authorization?: string) =>
      fetch(`${vault.url}/metrics`, { headers: authorization ? { authorization } : {} })
    const right = await at(`Bearer ${metricsToken}`)
    expect(right.status).toBe(200)
    expect(await right.text()).toContain('sallyport_decisions_total')
    const wrong = [
      undefined,
      'Bearer ',
      `Bearer ${metricsToken}x`,
      `Basic ${metricsToken}`,
      `Bearer ${vault.ownerToken}`,
      `Bearer ${token}`,
    ]
    const bodies = await Promise.all(
      wrong.map(async (authorization) => {
        const answer = await at(authorization)
        expect(answer.status, authorization).toBe(401)
        const { requestId: _own, ...body } = (await answer.json()) as Record<string, unknown>
        return JSON.stringify(body)
      }),
    )
    expect(new Set(bodies).size).toBe(1)
  })

  it('have a listener on which nothing else is', async () => {
    expect((await fetch(operations('/healthz'))).status).toBe(200)
    expect(await (await fetch(operations('/readyz'))).json()).toMatchObject({ status: 'ready' })
    for (const path of ['/', '/v1/connections', '/mcp', '/openapi.json', '/setup']) {
      expect((await fetch(operations(path))).status, path).toBe(404)
    }
    expect((await fetch(operations('/metrics'), { method: 'POST' })).status).toBe(404)
  })
})

describe('traces', () => {
  it('begin with the vault, link to the caller’s, and show the stages of a call', async () => {
    const { body } = await execute(get(listed.origin))
    const auditId = String(body.auditId)
    const find = () =>
      collector.spans.find((span) => span.attributes['sallyport.audit_id'] === auditId)
    await expect.poll(find, { timeout: 10_000 }).toBeDefined()
    const root = find()
    expect(root).toMatchObject({
      ...{ name: 'execute', kind: 2, parentSpanId: undefined },
      links: [{ traceId: agentsTrace, spanId: 'b7ad6b7169203331' }],
      attributes: {
        'http.response.status_code': 200,
        'sallyport.caller.kind': 'agent',
        'sallyport.decision': 'allow',
        'sallyport.entry': 'execute',
      },
    })
    expect(root?.traceId).not.toBe(agentsTrace)
    const spans = spansOf(root?.traceId ?? '')
    expect(spans.map(({ name }) => name).sort()).toEqual([
      'audit intent',
      'decide',
      'execute',
      'send',
    ])
    const send = spans.find(({ name }) => name === 'send')
    expect(send).toMatchObject({ kind: 3, parentSpanId: root?.spanId })
    expect(send?.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
    })
    expect(collector.headers[0]).toMatchObject({
      ...{ authorization: `Bearer ${collectorSecret}`, path: '/v1/traces' },
    })
  })

  it('are told to the upstreams that the operator listed, once and in the vault’s own words, and to no other', async () => {
    verifies('S-18')
    await execute(get(listed.origin))
    const [told, ...more] = headersOf(listed, 'traceparent')
    expect(more).toEqual([])
    expect(told).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(told).not.toContain(agentsTrace)
    expect(headersOf(listed, 'tracestate')).toEqual([])
    const [, traceId = '', spanId] = told?.split('-') ?? []
    await expect
      .poll(() => spansOf(traceId).find((span) => span.spanId === spanId)?.name, {
        timeout: 10_000,
      })
      .toBe('send')
    await execute(get(other.origin))
    expect(headersOf(other, 'traceparent')).toEqual([])
    expect(headersOf(other, 'tracestate')).toEqual([])
  })

  it('hold no secret, no address and nothing that an agent wrote', () => {
    verifies('S-38')
    const text = collector.raw()
    expect(collector.spans.length).toBeGreaterThan(10)
    for (const [what, secret] of Object.entries({
      ...{ upstreamSecret, metricsToken, collectorSecret, token, agentText },
      ...{ ownerToken: vault.ownerToken, host: '127.0.0.1', open: '/open', asked: '/asked' },
    })) {
      expect(text.includes(secret), what).toBe(false)
    }
  })
})

describe('the log of requests', () => {
  const lines = () =>
    vault
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'request')

  it('has one line for each, by which it is found in the audit log and in the traces, and no secret', async () => {
    verifies('S-38')
    const { body } = await execute(get(listed.origin))
    const find = () => lines().filter(({ auditId }) => auditId === body.auditId)
    await expect.poll(() => find().length).toBe(1)
    const [line] = find()
    expect(line).toMatchObject({
      ...{ level: 30, operation: 'execute', via: 'http', caller: 'agent', status: 200 },
      ...{ callerId: agent.agentId, requestId: expect.stringMatching(/^req_/) },
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const text = vault.output()
    for (const [what, secret] of Object.entries({
      ...{ upstreamSecret, metricsToken, collectorSecret, token, agentText },
      ownerToken: vault.ownerToken,
    })) {
      expect(text.includes(secret), what).toBe(false)
    }
    expect(lines().some(({ operation }) => operation === 'getReadiness')).toBe(false)
  })
})

describe('a vault whose collector hangs', () => {
  it('holds up no call, and when told to stop says so while it still serves, and ends', async () => {
    verifies('S-44', 'S-43')
    collector.hang()
    for (let call = 0; call < 5; call += 1) {
      expect((await execute(get(listed.origin))).status).toBe(200)
    }
    await expect.poll(collector.hanging, { timeout: 10_000 }).toBeGreaterThan(0)
    const ended = vault.terminate()
    const ready = async () => {
      const answer = await fetch(operations('/readyz'))
      return { status: answer.status, body: await answer.json() }
    }
    await expect.poll(ready).toMatchObject({ status: 503, body: { type: 'draining' } })
    expect((await fetch(`${vault.url}/readyz`)).status).toBe(503)
    expect((await execute(get(listed.origin))).status).toBe(200)
    expect(await ended).toBe(0)
  })

  it('has neither a listener nor metrics where nobody asked for them', async () => {
    await vault.restart({
      ...{ SALLYPORT_METRICS_PORT: '', SALLYPORT_METRICS_TOKEN: '' },
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: '', SALLYPORT_LOG_REQUESTS: '' },
      SALLYPORT_DRAIN_SECONDS: '',
    })
    await expect(fetch(operations('/healthz'))).rejects.toThrow()
    const answer = await fetch(`${vault.url}/metrics`, {
      headers: { authorization: `Bearer ${metricsToken}` },
    })
    expect(answer.status).toBe(404)
  })
})
