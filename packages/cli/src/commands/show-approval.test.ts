import type { ApprovalDetail } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { describeApproval } from './show-approval.ts'

const nowMs = Date.parse('2027-01-01T00:00:00.000Z')
const page = { width: 100, nowMs }
const base64 = (text: string) => Buffer.from(text).toString('base64')

const bodyOf = (text: string, contentType?: string) => ({
  bytes: Buffer.byteLength(text),
  base64: base64(text),
  ...(contentType !== undefined && { contentType }),
})

const request = {
  method: 'POST',
  url: 'https://api.example.com/v1/mails?to=a%20b',
  query: [{ name: 'to', value: 'a b' }],
  headers: [{ name: 'content-type', value: 'application/json' }],
  body: bodyOf('{"to":"x","to":"y","n":1.10}', 'application/json'),
}

const approval: ApprovalDetail = {
  id: 'apr_1',
  status: 'pending',
  agent: { id: 'agt_1', name: 'mailer' },
  connection: { id: 'con_1', label: 'My mail', service: 'custom' },
  policyId: 'pol_1',
  reason: 'The policy asks before writes.',
  agentReason: 'The user asked me to.',
  method: 'POST',
  origin: 'https://api.example.com',
  host: 'api.example.com',
  path: '/v1/mails',
  requestBytes: 120,
  digest: 'ab'.repeat(32),
  askedCount: 2,
  createdAt: '2026-12-31T23:50:00.000Z',
  expiresAt: '2027-01-01T00:20:00.000Z',
  freshSignIn: true,
  ownersNeeded: 2,
  approvedBy: [{ ownerId: 'own_1', email: 'one@example.com', at: '2026-12-31T23:55:00.000Z' }],
  request,
}

const shown = (more: Partial<ApprovalDetail> = {}) =>
  describeApproval({ ...approval, ...more }, page)
const withBody = (text: string, contentType?: string) =>
  shown({ request: { ...request, body: bodyOf(text, contentType) } })

describe('an approval, shown', () => {
  it('says whose credential goes along', () => {
    expect(shown()).toContain('the vault adds the credential')
    const ofAgent = shown({ request: { ...request, callerCredential: true } })
    expect(ofAgent).toContain('the agent’s own credential goes along')
    expect(ofAgent).not.toContain('the vault adds')
  })

  it('names what a yes to more such requests can fix, in the margin', () => {
    const fields = [
      { name: 'body.to', value: 'x\n  Policy  pol_2', suggested: true },
      { name: 'body.n', value: '1', suggested: false },
    ]
    const text = shown({ rememberable: { exact: true, fields } })
    expect(text).toContain('\n  │ * body.to  x\\u{a}  Policy  pol_2\n  │   body.n  1')
    expect(shown({ rememberable: { exact: true, fields: [] } })).toContain('--remember exact')
    expect(shown()).not.toContain('--remember')
  })

  it('says who, why, for how long, and on what terms', () => {
    const text = shown()
    for (const part of [
      'apr_1  pending, 20 min left',
      'mailer (agt_1)',
      'My mail (con_1)',
      'The policy asks before writes.',
      'Asked       2 times',
      'a sign-in of the last 5 minutes, 2 owners',
      'by one@example.com',
      'in its own words:\n  │ The user asked me to.',
    ]) {
      expect(text).toContain(part)
    }
  })

  it('says exactly what would be sent: method, host, path, decoded query, headers, body', () => {
    verifies('S-28')
    const text = shown()
    for (const part of [
      '  Method  POST',
      '  Host    api.example.com',
      '  Path    /v1/mails',
      '  │ to: a b',
      '  │ content-type: application/json',
      'Body, JSON (application/json, 28 bytes)',
      // Nothing that a parser would drop is dropped.
      '  │   "to": "x",\n  │   "to": "y",\n  │   "n": 1.10',
    ]) {
      expect(text).toContain(part)
    }
  })

  const form = 'application/x-www-form-urlencoded'
  it.each([
    { as: 'a form', body: 'a=1&b=c+d', type: form, seen: '  │ a: 1\n  │ b: c d' },
    { as: 'text', body: 'hello\nthere', type: 'text/plain', seen: '  │ hello\n  │ there' },
    { as: 'text where JSON is promised', body: '{x', type: 'application/json', seen: '  │ {x' },
    { as: 'bytes', body: '\u0000\u0001\u0002', type: 'image/png', seen: '  │ 00 01 02' },
  ])('reads a body as $as', ({ body, type, seen }) => {
    const text = withBody(body, type)
    expect(text).toContain(seen)
    expect(text).toContain(`${Buffer.byteLength(body)} bytes`)
  })

  it('lets nothing that an agent wrote steer the terminal or begin a line of this program’s', () => {
    verifies('S-28')
    const evil = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom('\u001b[2J\u001b[H', 'x\n\napr_9  approved', '\u202e\u2066', '\r\rHost    a'),
    )
    const own = shown().split('\n').length
    fc.assert(
      fc.property(
        evil,
        fc.constantFrom('application/json', 'text/plain', undefined),
        (text, type) => {
          const printed = describeApproval(
            {
              ...approval,
              agent: { id: 'agt_1', name: text },
              agentReason: text,
              path: `/${text}${'x'.repeat(200)}`,
              reason: text,
              request: {
                ...request,
                query: [{ name: text, value: text }],
                headers: [{ name: 'x', value: text }],
                body: bodyOf(text, type),
              },
            },
            page,
          )
          expect(printed).not.toMatch(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/u)
          const lines = printed.split('\n')
          const ours = lines.filter((line) => !line.startsWith('  │'))
          expect(ours.length).toBeLessThanOrEqual(own)
          for (const line of ours)
            if (/^ {2}(Path|Host)/.test(line)) expect(line.length).toBeLessThan(101)
        },
      ),
    )
  })

  it('says that the request is no longer kept once it has been answered', () => {
    const { request: _, ...rest } = approval
    const text = describeApproval(
      { ...rest, status: 'consumed', consumedAt: '2027-01-01T00:00:00.000Z', auditId: 'aud_1' },
      page,
    )
    expect(text).toContain('no longer kept')
    expect(text).toContain('audit aud_1')
  })

  it('names what differs from the last one like it', () => {
    const difference = {
      approvalId: 'apr_0',
      at: '2026-12-30T00:00:00.000Z',
      same: false,
      changed: ['body.to[0]'],
      added: ['query.q\u202e'],
      removed: [],
    }
    const text = shown({ difference })
    expect(text).toContain('changed: body.to[0]')
    expect(text).toContain('added: query.q\\u{202e}')
    expect(shown({ difference: { ...difference, same: true } })).toContain('the same.')
  })
})
