import { type PolicyDocument, Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type { CredentialSlot, RequestInput } from './freeze-request.ts'
import { createTryDraft, type TriedConnection } from './try-draft.ts'

const origin = 'https://api.example.com'
const connection: TriedConnection = {
  id: 'con_1',
  status: 'healthy',
  origins: [origin],
  requestHeaders: ['x-extra'],
  allowEncodedSlash: false,
}
const draft: PolicyDocument = {
  allow: [{ origin, methods: ['GET', 'POST'], paths: ['/v1/**'] }],
  approval: 'writes',
  limits: {},
  windows: [],
}
const request: RequestInput = { method: 'GET', url: `${origin}/v1/a` }

const tryDraft = (slot: CredentialSlot | Problem = { headerNames: ['authorization'] }) =>
  createTryDraft<TriedConnection>({
    findSlot: async () => {
      if (slot instanceof Problem) throw slot
      return slot
    },
    reconnectUrl: (id) => `https://vault.example/connections/${id}`,
    now: () => Date.parse('2026-11-21T12:00:00Z'),
  })

describe('a draft of a policy is tried', () => {
  it('and what freezing refuses is a refusal, not an error', async () => {
    verifies('S-14')
    const cases: [Partial<RequestInput>, string, CredentialSlot?][] = [
      [{ url: 'https://api.example.com/v1/../a' }, 'invalid-url'],
      [{ url: 'no url' }, 'invalid-url'],
      [{ url: `${origin}/v1/a%2Fb` }, 'invalid-url'],
      [{ method: 'get' }, 'invalid-method'],
      [{ method: 'TRACE' }, 'invalid-method'],
      [{ headers: { 'x-extra': 'a\r\nb' } }, 'invalid-header'],
      [{ body: { a: 1 } }, 'invalid-input'],
      [{ url: `${origin}/v1/a?key=1` }, 'invalid-query', { queryNames: ['key'] }],
      [{}, 'invalid-url', { placeholder: 'token' }],
    ]
    for (const [over, problem, slot] of cases) {
      const verdict = await tryDraft(slot)({ connection, draft, request: { ...request, ...over } })
      expect(verdict, JSON.stringify(over)).toMatchObject({ decision: 'deny', problem })
      expect(verdict.reason.length).toBeGreaterThan(10)
      expect(verdict.wouldSend).toBeUndefined()
    }
  })

  it('with a call of a tool that is no HTTP request, as the tool would make it, and with none of the agent’s own', async () => {
    const at = 'mcp://ups_01k8v3t5m9r2c4x6z8b0d1f3h5'
    const server = { ...connection, origins: [at] }
    const tools = [{ toolId: 'tol_1', toolsetId: 'tls_1', allowed: true }]
    const granting: PolicyDocument = { ...draft, allow: [], tools }
    const call = { method: 'GET', url: `${at}/read`, body: { method: 'tools/call', params: {} } }
    const tool = { toolId: 'tol_1', toolsetId: 'tls_1', name: 'files.read' }
    const trial = { connection: server, draft: granting, request: call }
    const verdict = await tryDraft({})({ ...trial, tool })
    expect(verdict).toMatchObject({ decision: 'allow', wouldSend: { url: call.url } })
    const writing = { ...trial, tool, request: { ...call, method: 'POST' } }
    expect(await tryDraft({})(writing)).toMatchObject({ decision: 'require_approval' })
    expect(await tryDraft({})(trial)).toMatchObject({ decision: 'deny', problem: 'invalid-url' })
  })

  it('and a vault that cannot answer now says nothing about the request', async () => {
    const trial = { connection, draft, request }
    const unavailable = tryDraft(new Problem('store-unavailable'))
    await expect(unavailable(trial)).rejects.toMatchObject({ type: 'store-unavailable' })
    const revoked = tryDraft(new Problem('connection-revoked', 'It is revoked.'))
    expect(await revoked(trial)).toMatchObject({ decision: 'deny', problem: 'connection-revoked' })
  })

  it('and decided as the live path decides', async () => {
    const ask = (over: Partial<RequestInput>, change: Partial<PolicyDocument> = {}) =>
      tryDraft()({
        connection,
        draft: { ...draft, ...change },
        request: { ...request, ...over },
      })
    expect(await ask({ headers: { 'x-extra': '1', authorization: 'mine' } })).toMatchObject({
      decision: 'allow',
      ruleId: 'allow[0]',
      wouldSend: { method: 'GET', url: `${origin}/v1/a`, headers: { 'x-extra': '1' } },
    })
    const sent = await ask({ headers: { authorization: 'mine' }, query: { a: 'b c' } })
    expect(sent.wouldSend?.headers).not.toHaveProperty('authorization')
    expect(sent.wouldSend?.url).toBe(`${origin}/v1/a?a=b%20c`)
    expect(await ask({ method: 'POST', body: { a: 1 } })).toMatchObject({
      decision: 'require_approval',
    })
    expect(await ask({ url: `${origin}/v2` })).toMatchObject({
      decision: 'deny',
      problem: 'policy-denied',
    })
    expect(await ask({ url: 'https://other.example/v1/a' })).toMatchObject({
      decision: 'deny',
      problem: 'origin-not-allowed',
    })
    expect(await ask({}, { expiresAt: '2026-11-21T12:00:00Z' })).toMatchObject({
      decision: 'deny',
      problem: 'policy-expired',
    })
  })
})
