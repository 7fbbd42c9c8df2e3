import type { PolicyDocument } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draftEvent, draftIntent, draftRefusal } from '../../audit/entry.ts'
import { compilePolicy } from '../../policy/compile-policy.ts'
import { decide } from '../../policy/decide.ts'
import type { Decision, PolicyRequest } from '../../policy/decision.ts'
import {
  createJudge,
  createOriginsOf,
  type Judge,
  namesFor,
  type ToolNames,
} from './judge-attempt.ts'
import { readAttempt } from './read-attempt.ts'
import type { HistoryStore } from './read-history.ts'
import { simulate } from './simulate.ts'

const origin = 'https://api.example.com'
const origins = [origin, 'https://www.example.com']
const startMs = Date.parse('2026-11-20T08:59:59.000Z')
const whose = { workspaceId: 'wsp_1', agentId: 'agt_1', connectionId: 'con_1', fromMs: 0 }

/** A log of these texts, oldest first. */
function historyOf(texts: readonly string[]): HistoryStore {
  return {
    async listOpenings(_, { beforeSeq = texts.length, limit }) {
      const from = Math.max(0, beforeSeq - limit)
      return texts
        .map((text, seq) => ({ seq, atMs: startMs, text }))
        .slice(from, beforeSeq)
        .reverse()
    },
  }
}

const runJudge = (texts: readonly string[], judge: Judge, change?: 'same' | 'unknown') =>
  simulate(
    { store: historyOf(texts), takeTurn: async () => {}, monotonicMs: () => 0 },
    { whose, judge, shown: { change, limit: 200 } },
  )

const run = (texts: readonly string[], draft: PolicyDocument, change?: 'same' | 'unknown') =>
  runJudge(texts, createJudge(draft, createOriginsOf(origins)), change)

const subject = {
  ...{ auditId: 'aud_01k8v3t5m9r2c4x6z8b0d1f3h5', workspaceId: 'wsp_1', operation: 'execute' },
  ...{ agentId: 'agt_01k8v3t5m9r2c4x6z8b0d1f3h5', connectionId: 'con_01k8v3t5m9r2c4x6z8b0d1f3h5' },
}

const requestOf = ({ method, origin: to, path, query, body }: PolicyRequest) => ({
  method,
  host: new URL(to).host,
  path,
  queryNames: query.map(([name]) => name),
  requestBytes: body?.byteLength ?? 0,
})

/** What the vault writes of a request that is decided so: the same texts, by the same code. */
function write(request: PolicyRequest, decision: Decision, atMs: number): string {
  const at = new Date(atMs).toISOString()
  const entry = {
    ...subject,
    ...requestOf(request),
    ...{ decision: decision.outcome, reason: decision.reason, ruleId: decision.ruleId },
  }
  if (decision.outcome === 'allow') return draftIntent({ ...entry, deadlineMs: atMs }, at).entry
  return draftRefusal({ ...entry, problem: decision.problem }, at).entry
}

const document = (over: Partial<PolicyDocument> = {}): PolicyDocument => ({
  allow: [{ origin, methods: ['GET', 'POST'], paths: ['/v1/**'] }],
  ...{ approval: 'never', limits: {}, windows: [] },
  ...over,
})

const get = (path: string, over: object = {}) => ({
  ...subject,
  ...{ method: 'GET', host: 'api.example.com', path, requestBytes: 0 },
  ...over,
})
const at = new Date(startMs).toISOString()
const sent = (path: string, over: object = {}) =>
  draftIntent({ ...get(path, over), decision: 'allow', deadlineMs: 0 }, at).entry
const refused = (path: string, over: object) =>
  draftRefusal({ ...get(path), decision: 'deny', ...over }, at).entry

describe('a draft over history', () => {
  it('counts what changes, and shows the newest of it', async () => {
    const texts = [
      sent('/v1/a'),
      sent('/v2/a'),
      refused('/v1/b', { problem: 'policy-denied' }),
      sent('/v1/c', { method: 'POST' }),
      draftRefusal({ ...get('/v1/d'), decision: 'require_approval' }, at).entry,
    ]
    const draft = document({
      allow: [
        { origin, methods: ['GET'], paths: ['/v1/**'] },
        { origin, methods: ['POST'], paths: ['/v1/**'], approval: 'always' },
      ],
    })
    expect(await run(texts, draft)).toMatchObject({
      ...{ looked: 5, truncated: false, same: 1, newlyDenied: 1, newlyAllowed: 2 },
      ...{ newlyAsking: 1, unknown: 0 },
      entries: [
        { path: '/v1/d', was: 'require_approval', wouldBe: 'allow', change: 'newlyAllowed' },
        { path: '/v1/c', was: 'allow', wouldBe: 'require_approval', change: 'newlyAsking' },
        { path: '/v1/b', was: 'deny', wouldBe: 'allow', change: 'newlyAllowed' },
        { path: '/v2/a', was: 'allow', wouldBe: 'deny', change: 'newlyDenied' },
      ],
    })
    const { entries } = await run(texts, draft, 'same')
    expect(entries.map(({ path }) => path)).toEqual(['/v1/a'])
  })

  it('says unknown where history lacks what a condition needs, and only there', async () => {
    const rules = (when: object): PolicyDocument =>
      document({ rules: [{ id: 'r', when, then: 'deny' }] })
    const body = rules({ body: [{ path: 'to', op: 'eq', value: 'x' }] })
    const outcomes = async (draft: PolicyDocument, ...texts: string[]) => {
      const { same, unknown, newlyDenied } = await run(texts, draft)
      return { same, unknown, newlyDenied }
    }
    const withBody = sent('/v1/a', { method: 'POST', requestBytes: 9 })
    expect(await outcomes(body, withBody)).toEqual({ same: 0, unknown: 1, newlyDenied: 0 })
    // That there was no body is known.
    expect(await outcomes(body, sent('/v1/a'))).toEqual({ same: 1, unknown: 0, newlyDenied: 0 })
    const ofPath = rules({ paths: ['/v1/other'], body: [{ path: 'to', op: 'eq', value: 'x' }] })
    expect(await outcomes(ofPath, withBody)).toEqual({ same: 1, unknown: 0, newlyDenied: 0 })
    const query = rules({ query: [{ name: 'q', op: 'eq', value: 'x' }] })
    const asked = sent('/v1/a', { queryNames: ['q'] })
    expect(await outcomes(query, asked)).toEqual({ same: 0, unknown: 1, newlyDenied: 0 })
    const other = sent('/v1/a', { queryNames: ['page'] })
    expect(await outcomes(query, other)).toEqual({ same: 1, unknown: 0, newlyDenied: 0 })
    const many = sent('/v1/a', { queryNames: Array(70).fill('page') })
    expect(await outcomes(query, many)).toEqual({ same: 0, unknown: 1, newlyDenied: 0 })
    const exists = rules({ query: [{ name: 'q', op: 'exists' }] })
    expect(await outcomes(exists, asked)).toEqual({ same: 0, unknown: 0, newlyDenied: 1 })
    const cut = sent(`/v1/${'x'.repeat(3000)}`)
    expect(await outcomes(document(), cut)).toEqual({ same: 1, unknown: 0, newlyDenied: 0 })
    const narrow = document({ allow: [{ origin, methods: ['GET'], paths: ['/v1/*'] }] })
    expect(await outcomes(narrow, cut)).toEqual({ same: 0, unknown: 1, newlyDenied: 0 })
  })

  it('knows the origin by its host, and nothing where the scheme would matter', async () => {
    const draft = document({
      allow: [{ origin: 'https://old.example.com', methods: ['GET'], paths: ['/**'] }],
    })
    const old = sent('/v1/a', { host: 'old.example.com' })
    expect(await run([old], draft)).toMatchObject({ unknown: 1, newlyDenied: 0 })
    const both = document({
      allow: ['https', 'http'].map((scheme) => ({
        ...{ origin: `${scheme}://old.example.com`, methods: ['GET'], paths: ['/**'] },
      })) as PolicyDocument['allow'],
    })
    expect(await run([old], both)).toMatchObject({ same: 1 })
    expect(await run([sent('/v1/a')], draft)).toMatchObject({ newlyDenied: 1 })
    // Where the credential may not go is no matter of the policy’s.
    const elsewhere = refused('/v1/a', { problem: 'origin-not-allowed' })
    expect(await run([elsewhere], document())).toMatchObject({ same: 1, newlyAllowed: 0 })
  })

  it('takes an attempt for what the policy said to it, whatever became of it then', () => {
    const was = (text: string) => readAttempt(text)?.was
    expect(was(sent('/a', { detail: { approvalId: 'apr_1' } }))).toBe('require_approval')
    expect(was(sent('/a', { detail: { rememberedApprovalId: 'rem_1' } }))).toBe('require_approval')
    expect(was(sent('/a', { detail: { approvalId: 'apr_1', wouldBe: 'allow' } }))).toBe('allow')
    expect(was(sent('/a', { detail: { again: 'aud_1' } }))).toBeUndefined()
    expect(was(refused('/a', { problem: 'limit-exceeded', ruleId: 'allow[0]' }))).toBe('allow')
    expect(was(refused('/a', { problem: 'policy-denied', ruleId: 'no-mail' }))).toBe('deny')
    expect(was(refused('/a', { problem: 'too-many-approvals' }))).toBe('require_approval')
    // Nobody asked the policy, or it was asked twice.
    for (const [problem, ruleId] of [
      ['workspace-frozen', undefined],
      ['connection-needs-reauth', undefined],
      ['approval-mismatch', undefined],
      ['outside-window', 'allow[0]'],
      ['store-unavailable', 'allow[0]'],
    ]) {
      expect(was(refused('/a', { problem, ruleId })), problem).toBeUndefined()
    }
    const dryRun = { ...get('/a'), outcome: 'done' as const, detail: { wouldBe: 'allow' } }
    expect(was(draftEvent(dryRun, at).entry)).toBeUndefined()
    for (const spoilt of ['', 'null', '[]', '{"operation":"execute"}', '{"v":1', '"text"']) {
      expect(was(spoilt)).toBeUndefined()
    }
  })

  it('changes nothing where it is the policy that the history was made under', async () => {
    const name = fc.constantFrom('a', 'q', 'to')
    const value = fc.constantFrom('x', 'y', '123-45-6789', 'someone@example.com')
    const condition = fc.record({
      op: fc.constantFrom('eq' as const, 'neq' as const, 'exists' as const, 'contains' as const),
      value,
    })
    const method = fc.constantFrom('GET' as const, 'POST' as const)
    const pattern = fc.constantFrom('/**', '/v1/**', '/v1/*', '/v1/a', '/v2/*/x')
    const when = fc.record(
      {
        methods: fc.uniqueArray(method, { minLength: 1 }),
        paths: fc.array(pattern, { minLength: 1, maxLength: 2 }),
        query: fc.array(fc.record({ name, op: condition.map(({ op }) => op), value }), {
          minLength: 1,
          maxLength: 2,
        }),
        body: fc.array(fc.record({ path: name, op: condition.map(({ op }) => op), value }), {
          minLength: 1,
          maxLength: 2,
        }),
        sensitive: fc.constant({ kinds: ['email' as const, 'us_ssn' as const] }),
      },
      { requiredKeys: [] },
    )
    const rule = fc
      .record({
        when,
        then: fc.constantFrom(
          'allow' as const,
          'deny' as const,
          'require_approval' as const,
          'redact' as const,
        ),
      })
      .map(({ when: found, then }) => ({
        when: then === 'redact' ? { ...found, sensitive: { kinds: ['email' as const] } } : found,
        then,
      }))
    const entry = fc.record(
      {
        origin: fc.constantFrom(...origins, 'https://*.example.com'),
        methods: fc.uniqueArray(method, { minLength: 1 }),
        paths: fc.array(pattern, { minLength: 1, maxLength: 2 }),
        approval: fc.constantFrom('always' as const, 'writes' as const, 'never' as const),
        expiresAt: fc.constantFrom('2026-11-20T09:00:00.000Z', '2027-01-01T00:00:00.000Z'),
      },
      { requiredKeys: ['origin', 'methods', 'paths'] },
    )
    const window = {
      days: ['fri' as const],
      ...{ from: '09:00', to: '09:01', timezone: 'UTC' },
    }
    const policy = fc.record({
      allow: fc.array(entry, { maxLength: 3 }),
      rules: fc.array(rule, { maxLength: 4 }),
      approval: fc.constantFrom('always' as const, 'writes' as const, 'never' as const),
      limits: fc.constantFrom({}, { requestBytesMax: 20 }),
      windows: fc.constantFrom([], [window]),
    })
    const body = fc.constantFrom(
      undefined,
      '',
      '{}',
      '{"to":"x"}',
      '{"to":"someone@example.com","a":["y"]}',
      '{"to":',
      'to=x&q=y',
    )
    const request = fc.record({
      method,
      origin: fc.constantFrom(...origins),
      path: fc.constantFrom('/', '/v1/', '/v1/a', '/v1/a/b', '/v2/7/x', `/v1/${'z'.repeat(2100)}`),
      query: fc.array(fc.tuple(name, value), { maxLength: 3 }),
      contentType: fc.constantFrom(
        'application/json',
        'application/x-www-form-urlencoded',
        undefined,
      ),
      body,
      waitedMs: fc.integer({ min: 0, max: 2_000 }),
      tookMs: fc.integer({ min: 0, max: 50 }),
    })
    const seen = { known: 0, unknown: 0, deny: 0, allow: 0, require_approval: 0 }
    await fc.assert(
      fc.asyncProperty(
        policy,
        fc.array(request, { minLength: 1, maxLength: 20 }),
        async (drawn, requests) => {
          const draft = {
            ...drawn,
            rules: drawn.rules.map((one, index) => ({ id: `r${index}`, ...one })),
          } as unknown as PolicyDocument
          const compiled = compilePolicy({ id: 'pol_1', version: 1, document: draft })
          let clockMs = startMs
          const texts = requests.map(({ contentType, body: text, waitedMs, tookMs, ...rest }) => {
            clockMs += waitedMs
            const facts = {
              now: clockMs,
              workspace: { isFrozen: false },
              agent: { status: 'active' as const },
              connection: { status: 'healthy' as const, origins },
            }
            const first: PolicyRequest = {
              ...rest,
              headers: contentType === undefined ? [] : [['content-type', contentType]],
              ...(text !== undefined && { body: Buffer.from(text) }),
            }
            const said = decide(compiled, first, facts)
            const then =
              said.redaction === undefined ? first : { ...first, body: said.redaction.body }
            const decision = said.redaction === undefined ? said : decide(compiled, then, facts)
            seen[decision.outcome] += 1
            // It is recorded a moment after it was decided.
            return write(then, decision, clockMs + tookMs).replace(
              subject.auditId,
              `aud_${timeChars(clockMs)}${'0'.repeat(16)}`,
            )
          })
          const { looked, same, unknown, ...others } = await run(texts, draft)
          seen.known += same
          seen.unknown += unknown
          expect(others).toMatchObject({ newlyAllowed: 0, newlyDenied: 0, newlyAsking: 0 })
          expect(same + unknown).toBe(looked)
          expect(looked).toBe(requests.length)
        },
      ),
      { numRuns: 400 },
    )
    // Most of it is known, and nothing is left untried.
    expect(seen.known).toBeGreaterThan(seen.unknown)
    expect(Math.min(seen.deny, seen.allow, seen.require_approval, seen.unknown)).toBeGreaterThan(20)
  })
})

const digits = '0123456789abcdefghjkmnpqrstvwxyz'

/** The first ten characters of an id that was made at this time. */
function timeChars(ms: number): string {
  let text = ''
  for (let rest = ms; text.length < 10; rest = Math.floor(rest / 32)) {
    text = `${digits[rest % 32]}${text}`
  }
  return text
}

describe('a call of a tool in history', () => {
  const grant = { toolsetId: 'tls_1', toolId: 'tol_1' }
  const tool = { ...grant, tool: 'stock-index.get_index' }
  const written = (more: object) =>
    draftIntent(
      {
        ...{ ...subject, operation: 'callMyTool', decision: 'allow', ruleId: 'tools[0]' },
        ...{ method: 'GET', host: 'api.example.com', path: '/v1/index', requestBytes: 0 },
        ...{ reason: '', deadlineMs: startMs },
        ...more,
      },
      new Date(startMs).toISOString(),
    ).entry
  const draft = (over: Partial<PolicyDocument>): PolicyDocument => ({
    ...{ allow: [], approval: 'never', limits: {}, windows: [] },
    ...over,
  })
  const all = { origin, methods: ['GET' as const], paths: ['/**'] }

  it('is decided by the grants of the draft, and not by what it allows otherwise', async () => {
    const text = written(tool)
    const of = async (over: Partial<PolicyDocument>) => {
      const { same, newlyDenied } = await run([text], draft(over))
      return { same, newlyDenied }
    }
    expect(await of({ tools: [{ toolsetId: 'tls_1', allowed: true }] })).toEqual({
      ...{ same: 1, newlyDenied: 0 },
    })
    expect(await of({ allow: [all] })).toEqual({ same: 0, newlyDenied: 1 })
    const deny = { id: 'no', when: { tools: ['stock-index.*'] }, then: 'deny' as const }
    expect(await of({ tools: [{ ...grant, allowed: true }], rules: [deny] })).toEqual({
      ...{ same: 0, newlyDenied: 1 },
    })
  })

  it('is judged by the names that the tool has now, and that the tool which it is has', async () => {
    const text = written(tool)
    const of = async (tools: string[], names: ToolNames) => {
      const rules = [{ id: 'no', when: { tools }, then: 'deny' as const }]
      const judge = createJudge(
        draft({ tools: [{ ...grant, allowed: true }], rules }),
        createOriginsOf(origins),
        names,
      )
      const { same, newlyDenied } = await runJudge([text], judge)
      return { same, newlyDenied }
    }
    const denied = { same: 0, newlyDenied: 1 }
    const same = { same: 1, newlyDenied: 0 }
    const renamed = new Map([['tol_1', { name: 'stocks.index' }]])
    expect(await of(['stocks.index'], renamed)).toEqual(denied)
    expect(await of(['stock-index.*'], renamed)).toEqual(same)
    const alias = new Map([['tol_1', { name: 'desk.index', sourceName: 'stocks.index' }]])
    expect(await of(['stocks.*'], alias)).toEqual(denied)
    // One that is gone has the name that it had.
    expect(await of(['stock-index.*'], new Map([['tol_2', { name: 'stocks.other' }]]))).toEqual(
      denied,
    )
  })

  it('has its names read only where a rule asks for them, of the toolsets that are granted', async () => {
    const asked: (readonly string[])[] = []
    const find = async (toolsetIds: readonly string[]) => {
      asked.push(toolsetIds)
      return new Map()
    }
    const tools = [
      { ...grant, allowed: true },
      { toolsetId: 'tls_1', allowed: true },
    ]
    await namesFor(draft({ tools }), find)
    const rule = (when: object) => [{ id: 'r', when, then: 'deny' as const }]
    await namesFor(draft({ tools, rules: rule({ methods: ['GET'] }) }), find)
    await namesFor(draft({ tools, rules: rule({ tools: ['*'] }) }), find)
    expect(asked).toEqual([['tls_1']])
  })

  it('is unknown where the entry does not say which tool it was', async () => {
    const text = written({ tool: tool.tool })
    const { unknown } = await run([text], draft({ allow: [all] }))
    expect(unknown).toBe(1)
  })
})
