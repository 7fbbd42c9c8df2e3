import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createUnder, estimateOf, flood, isRefused } from './fixtures/limited.ts'
import { type AskedModel, startModelUpstream } from './fixtures/model-upstream.ts'
import type { RawServer } from './fixtures/raw-server.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { eventually } from './fixtures/scene.ts'
import type { TestAgent } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Every limit of a policy, over two replicas on one database.

let replicas: Replicas
let upstream: RawServer
let agent: TestAgent
let under: ReturnType<typeof createUnder>

beforeAll(async () => {
  upstream = await startModelUpstream()
  replicas = await startReplicas()
  agent = await replicas.first.createAgentWithKey('tester')
  under = createUnder({ replicas, upstream, agent })
})
afterAll(async () => {
  await replicas?.stop()
  await upstream?.close()
})

const anEntry = () => ({ origin: upstream.origin, methods: ['GET', 'POST'], paths: ['/**'] })

describe('a limit', () => {
  it('of a method, of an entry and of bytes sent is never passed, and says which it is', async () => {
    verifies('S-29')
    const methods = await under({ perMethod: { POST: { perDay: 7 } } })
    const posts = await flood(20, (at) => methods.send('/x', { silent: true }, { at }))
    expect(posts.granted).toHaveLength(7)
    expect(posts.refused[0]).toMatchObject({
      ...{ problem: 'limit-exceeded', status: 429, retryAfterSeconds: expect.any(Number) },
      detail: 'The policy’s limit of POST requests per day is used up. Nothing was sent.',
    })
    expect((await flood(5, (at) => methods.send('/x', undefined, { at }))).granted).toHaveLength(5)

    const allow = [{ ...anEntry(), paths: ['/a'], limits: { perHour: 4 } }, anEntry()]
    const entries = await under({}, { allow })
    const atA = await flood(12, (at) => entries.send('/a', undefined, { at }))
    expect(atA.granted).toHaveLength(4)
    expect(atA.refused[0]?.detail).toContain('requests per hour of what this entry')
    expect((await flood(6, (at) => entries.send('/b', undefined, { at }))).granted).toHaveLength(6)
    expect((await entries.usage())[0]).toMatchObject({
      label: `requests per hour with GET, POST at ${upstream.origin}/a`,
      ...{ used: 4, reserved: 0, limit: 4, unit: 'requests', windowMs: 3_600_000 },
      resetsAt: expect.stringMatching(/^20/),
    })

    const bytes = await under({ requestBytesPerDay: 1000 })
    const body = { silent: true, x: 'y'.repeat(100) }
    const length = JSON.stringify(body).length
    const sent = await flood(20, (at) => bytes.send('/x', body, { at }))
    expect(sent.granted).toHaveLength(Math.floor(1000 / length))
    expect(sent.refused[0]?.detail).toContain('bytes sent per day is used up: of 1000 bytes')
    expect(await bytes.send('/x', { x: 'y'.repeat(2000) })).toMatchObject({
      ...{ problem: 'request-too-large', status: 413, retryAfterSeconds: undefined },
    })
  })

  it('of bytes received cuts answers off where it ends, and counts what came', async () => {
    verifies('S-29', 'S-22')
    const { send, settles } = await under({ responseBytesPerDay: 5_000, responseBytesMax: 2_000 })
    expect(await send('/bytes/1900')).toMatchObject({ status: 200 })
    await settles('responseBytesPerDay', 1900)
    // Two at a time hold 3,100: whoever comes third waits until one has ended.
    const answers = await flood(20, (at) => send('/bytes/1000', undefined, { at }))
    for (const { problem, status } of answers.refused) {
      expect(['limit-exceeded', 'response-too-large']).toContain(problem)
      expect([429, 502]).toContain(status)
    }
    await settles('responseBytesPerDay', 1900 + 1000 * answers.granted.length)
    for (let i = 0; i < 4; i += 1) await send('/bytes/1000')
    await settles('responseBytesPerDay', 4900)
    expect(await send('/bytes/101')).toMatchObject({ problem: 'response-too-large' })
    await settles('responseBytesPerDay', 4900)
    expect(await send('/bytes/100')).toMatchObject({ status: 200 })
    await settles('responseBytesPerDay', 5000)
    expect(await send('/bytes/1')).toMatchObject({ problem: 'limit-exceeded', status: 429 })
  })
})

describe('a place among requests at the same time', () => {
  it('comes back after every kind of end', async () => {
    verifies('S-29')
    const { ask, send, usage, connectionId } = await under(
      { concurrent: 1, responseBytesMax: 5_000 },
      { response: [{ id: 'only', when: { paths: ['/bytes/7'] }, keep: ['x'] }] },
    )
    const isFree = () => eventually(async () => (await send('/bytes/1')).status === 200, 5_000)
    const ends: (() => Promise<unknown>)[] = [
      () => send('/bytes/9000'),
      async () => expect(await send('/bytes/7')).toMatchObject({ problem: 'response-withheld' }),
      () => ask({ breaks: true, stream: true }),
      () => ask({ coding: 'odd' }),
      () => ask({ coding: 'utf-16' }),
      () => ask({ fail: 503 }),
      // An agent that hangs up: before its request is read, while it is under way, and while it is answered.
      ...[0, 5, 100].map((afterMs) => () => {
        const signal = AbortSignal.timeout(afterMs)
        return send('/v1/chat/completions', { afterMs: 150 }, { signal }).catch(() => undefined)
      }),
      // An owner who stops it.
      async () => {
        const hanging = send('/hangs', {}).catch(() => undefined)
        await eventually(async () => (await usage())[0]?.used === 1, 5_000)
        expect(await send('/bytes/1')).toMatchObject({
          ...{ problem: 'limit-exceeded', retryAfterSeconds: 1 },
        })
        await replicas.first.owner.call('stopAgent', { agentId: agent.agentId })
        expect(await hanging).toMatchObject({ problem: 'request-stopped' })
      },
      // What is not sent takes none.
      async () => {
        const url = 'https://a.example/'
        const elsewhere = agent.client.call('execute', { connectionId, url, method: 'GET' })
        await expect(elsewhere).rejects.toMatchObject({ type: 'origin-not-allowed' })
      },
    ]
    for (const [at, end] of ends.entries()) {
      await end()
      expect(await isFree(), `${at}`).toBe(true)
    }
    await eventually(async () => (await usage())[0]?.used === 0, 5_000)
    expect((await usage())[0]).toMatchObject({ name: 'concurrent', used: 0, limit: 1 })
  })
})

describe('a budget', () => {
  it('is spent by what answers say, as JSON and as streams, at two providers', async () => {
    verifies('S-29')
    const { ask, settles, usage, connectionId } = await under({
      budget: { tokensPerDay: 100_000, usdPerDay: 1 },
    })
    const [gpt, claude] = [{ model: 'gpt-4o' }, { model: 'claude-sonnet-4-5' }]
    await ask({ ...gpt, input: 1000, output: 200 })
    await settles('tokensPerDay', 1200)
    await ask({ ...gpt, input: 10, output: 20, stream: true }, '/v1/chat/completions', 1)
    await settles('tokensPerDay', 1230)
    await ask({ ...claude, input: 100, output: 50 }, '/v1/messages')
    await settles('tokensPerDay', 1380)
    await ask({ ...claude, input: 100, output: 50, stream: true }, '/v1/messages', 1)
    await settles('tokensPerDay', 1530)
    const micros = 1010 * 2.5 + 220 * 10 + 2 * (100 * 3 + 50 * 15)
    await settles('usdPerDay', micros / 1e6)
    expect(
      (await usage()).map(({ name, unit, label, limit }) => [name, unit, label, limit]),
    ).toEqual([
      ['tokensPerDay', 'tokens', 'tokens of language models per day', 100_000],
      ['usdPerDay', 'usd', 'US dollars for language models per day', 1],
    ])
    const { entries } = await replicas.first.owner.call('listAudit', {
      ...{ connectionId, operation: 'execute', limit: 10 },
    })
    expect(entries.map((entry) => entry.usage)).toEqual([
      { inputTokens: 100, outputTokens: 50, usdMicros: 1050, model: 'claude-sonnet-4-5' },
      { inputTokens: 100, outputTokens: 50, usdMicros: 1050, model: 'claude-sonnet-4-5' },
      { inputTokens: 10, outputTokens: 20, usdMicros: 225, model: 'gpt-4o' },
      { inputTokens: 1000, outputTokens: 200, usdMicros: 4500, model: 'gpt-4o' },
    ])
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('is given back by refusals, and spent as it was estimated by answers that say nothing', async () => {
    const { ask, settles } = await under({ budget: { tokensPerDay: 100_000 } })
    for (const fail of [400, 401, 429, 500]) await ask({ fail, max_tokens: 1000 })
    await settles('tokensPerDay', 0)
    const silent = { silent: true, stream: true, max_tokens: 10_000 }
    await ask(silent)
    await settles('tokensPerDay', estimateOf(silent, 10_000))
    await ask({ input: 5, output: 5, max_tokens: 5 })
    await settles('tokensPerDay', estimateOf(silent, 10_000) + 10)
  })

  it('lets no more begin than fits, over two replicas, and says what is spent and reserved', async () => {
    verifies('S-29')
    const { ask, settles, send } = await under({ budget: { tokensPerDay: 50_000 } })
    const asked = { input: 4_000, output: 6_000, max_tokens: 7_000 }
    let answered = 0
    for (let round = 0; round < 3; round += 1) {
      const before = upstream.requests.length
      const { granted, refused } = await flood(16, (at) => ask(asked, '/v1/chat/completions', at))
      expect(upstream.requests.length - before).toBe(granted.length)
      answered += granted.length
      for (const refusal of refused) {
        expect(refusal).toMatchObject({ problem: 'budget-exceeded', status: 429 })
        expect(refusal.retryAfterSeconds).toBeGreaterThanOrEqual(1)
      }
    }
    await settles('tokensPerDay', answered * 10_000)
    // Each was estimated a little lower than it was: the last may pass the budget by that, and no more.
    expect(answered).toBeGreaterThanOrEqual(4)
    expect(answered * 10_000).toBeLessThanOrEqual(50_000 + answered * 3_000)
    const over = await ask({ max_tokens: 50_000 })
    expect(over).toMatchObject({ problem: 'budget-exceeded', status: 429 })
    if (isRefused(over)) expect(over.detail).toContain(`${answered * 10_000} tokens are spent`)
    expect(await ask({ max_tokens: 50_001 })).toMatchObject({ retryAfterSeconds: undefined })
    expect(await send('/bytes/5')).toMatchObject({ status: 200 })
  })

  it('counts money by the owner’s own prices, and the dearest where nobody knows the model', async () => {
    const { ask, settles } = await under({
      budget: { usdPerMonth: 100, prices: [{ models: 'our-*', inputUsd: 1, outputUsd: 2 }] },
    })
    await ask({ model: 'our-llama', input: 1_000_000, output: 500_000 })
    await settles('usdPerMonth', 2)
    await ask({ model: 'their-llama', input: 0, output: 100_000 })
    await settles('usdPerMonth', 62)
  })

  it('counts no less for an agent that hides what it takes, or an upstream that lies about it', async () => {
    verifies('S-29')
    const { ask, send, settles } = await under({ budget: { tokensPerDay: 10_000_000 } })
    let used = 0
    const counts = async (asked: AskedModel & Record<string, unknown>, tokens: number) => {
      await ask(asked)
      used += tokens
      await settles('tokensPerDay', used)
    }
    const hidden = { silent: true, stream: true }
    for (const max_tokens of [1, -5, '1', 'many', null]) {
      await counts({ ...hidden, max_tokens }, estimateOf({ ...hidden, max_tokens }))
    }
    const five = { ...hidden, n: '5' }
    await counts(five, estimateOf(five, 5 * 4096))
    const wordy = { ...hidden, words: 60_000 }
    await counts(wordy, estimateOf(wordy, 20_000))
    for (const output of [1e300, 1e12, -5, '5', null, { at: 5 }]) {
      await counts({ input: 0, output }, estimateOf({ input: 0, output }))
    }
    for (const asked of [
      { coding: 'utf-16' as const, input: 5, output: 5 },
      { coding: 'odd' as const, input: 5, output: 5 },
      { breaks: true, stream: true, input: 5, output: 5 },
      { fail: 504 },
    ]) {
      await counts(asked, estimateOf(asked))
    }
    await counts({ coding: 'gzip', input: 5, output: 5 }, 10)
    // Whoever hangs up pays: the vault reads the answer all the same.
    const slow = { afterMs: 300, input: 700, output: 7, stream: true }
    const signal = AbortSignal.timeout(100)
    await send('/v1/chat/completions', slow, { signal }).catch(() => undefined)
    await settles('tokensPerDay', used + 707)
    // Far too much is refused, and counts nowhere.
    for (const max_tokens of [1e12, '999999999999', 10_000_001]) {
      expect(await ask({ ...hidden, max_tokens })).toMatchObject({
        ...{ problem: 'budget-exceeded', status: 429, retryAfterSeconds: undefined },
      })
    }
    await settles('tokensPerDay', used + 707)
    expect(await replicas.first.owner.call('verifyAudit', {})).toMatchObject({ ok: true })
  })

  it('knows a provider of the catalog, and costs the dearest where the model is not known there', async () => {
    const { ask, settles } = await under({ budget: { usdPerDay: 1_000 } }, { service: 'openai' })
    await ask({ model: 'gpt-4o-mini', input: 1_000_000, output: 0 })
    await settles('usdPerDay', 0.15)
    await ask({ model: 'gpt-99', input: 0, output: 100_000 })
    await settles('usdPerDay', 60.15)
    const small = { model: 'gpt-4o', max_tokens: 100, silent: true, stream: true }
    await ask(small)
    await settles(
      'usdPerDay',
      (60_150_000 + Math.ceil(estimateOf(small, 0) * 2.5) + 100 * 10) / 1e6,
    )
  })

  it('keeps what was reserved when a vault is killed in the middle', async () => {
    verifies('S-29', 'S-43')
    const { send, ask, settles } = await under({ budget: { tokensPerDay: 10_000 } })
    const cut = send('/hangs', { max_tokens: 6000 }, { at: 1 }).catch(() => undefined)
    const reserved = estimateOf({ max_tokens: 6000 }, 6000)
    await settles('tokensPerDay', 0, reserved)
    await replicas.second.kill()
    await cut
    expect(await ask({ max_tokens: 6000 })).toMatchObject({ problem: 'budget-exceeded' })
    await settles('tokensPerDay', 0, reserved)
  })
})
