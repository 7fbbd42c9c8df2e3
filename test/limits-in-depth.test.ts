import type { Limits, OutputOf, operations } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
let clients: TestAgent['client'][]

beforeAll(async () => {
  upstream = await startModelUpstream()
  replicas = await startReplicas()
  agent = await replicas.first.createAgentWithKey('tester')
  clients = [agent.client, replicas.second.clientOf(agent)]
})
afterAll(async () => {
  await replicas?.stop()
  await upstream?.close()
})

type Answer = OutputOf<typeof operations.execute>
interface Refused {
  readonly problem: string
  readonly status: number
  readonly detail: string
  readonly next: string | undefined
  readonly retryAfterSeconds: number | undefined
}
type Sent = (Answer & { readonly status: number }) | Refused

const isRefused = (answer: Sent): answer is Refused => 'problem' in answer
const oneEntry = () => [
  { origin: upstream.origin, methods: ['GET' as const, 'POST' as const], paths: ['/**'] },
]

async function under(limits: Limits, allow: object[] = oneEntry()) {
  const { first } = replicas
  const connectionId = await first.addConnection({ origins: [upstream.origin] })
  const policyId = await first.addPolicy({
    ...{ agentId: agent.agentId, connectionId, limits },
    allow: allow as ReturnType<typeof oneEntry>,
  })
  const send = async (path: string, body?: unknown, at = 0): Promise<Sent> => {
    const client = clients[at % clients.length] ?? agent.client
    try {
      const answer = await client.call('execute', {
        ...{ connectionId, url: upstream.origin + path },
        method: body === undefined ? 'GET' : 'POST',
        ...(body !== undefined && { body }),
      })
      return 'status' in answer ? { ...answer, status: Number(answer.status) } : never()
    } catch (error) {
      if (!(error instanceof Error) || !('type' in error)) throw error
      const { type, status, detail, next, retryAfterSeconds } = error as Error & {
        type: string
        status: number
        detail: string
        next?: string
        retryAfterSeconds?: number
      }
      return { problem: type, status, detail, next, retryAfterSeconds }
    }
  }
  const ask = (
    asked: AskedModel & Record<string, unknown>,
    path = '/v1/chat/completions',
    at = 0,
  ) => send(path, asked, at)
  const usage = async () =>
    (await first.owner.call('getPolicyUsage', { policyId })).usage.map((each) => ({ ...each }))
  const usedOf = async (name: string) => {
    const found = (await usage()).find((each) => each.name === name)
    return { used: found?.used, reserved: found?.reserved }
  }
  /** Outcomes are written with the next group: soon, not at once. */
  const settles = async (name: string, used: number, reserved = 0) => {
    await eventually(async () => {
      const now = await usedOf(name)
      return now.used === used && now.reserved === reserved
    }, 5_000)
    expect(await usedOf(name)).toEqual({ used, reserved })
  }
  return { connectionId, policyId, send, ask, usage, settles }
}

/** Many at once, over both replicas. */
async function flood(count: number, send: (at: number) => Promise<Sent>) {
  const answers = await Promise.all(Array.from({ length: count }, (_, at) => send(at)))
  return {
    granted: answers.filter((answer) => !isRefused(answer)),
    refused: answers.filter(isRefused),
  }
}

const never = (): never => {
  throw new Error('It was neither sent nor refused.')
}

describe('a limit', () => {
  it('of a method, of an entry and of bytes sent is never passed, and says which it is', async () => {
    verifies('S-29')
    const methods = await under({ perMethod: { POST: { perDay: 7 } } })
    const posts = await flood(20, (at) => methods.send('/x', { silent: true }, at))
    expect(posts.granted).toHaveLength(7)
    expect(posts.refused[0]).toMatchObject({
      ...{ problem: 'limit-exceeded', status: 429, retryAfterSeconds: expect.any(Number) },
      detail: 'The policy’s limit of POST requests per day is used up. Nothing was sent.',
    })
    expect((await flood(5, (at) => methods.send('/x', undefined, at))).granted).toHaveLength(5)

    const [entry] = oneEntry()
    const entries = await under({}, [
      { ...entry, paths: ['/a'], limits: { perHour: 4 } },
      { ...entry, paths: ['/**'] },
    ])
    const atA = await flood(12, (at) => entries.send('/a', undefined, at))
    expect(atA.granted).toHaveLength(4)
    expect(atA.refused[0]?.detail).toContain('requests per hour of what this entry')
    expect((await flood(6, (at) => entries.send('/b', undefined, at))).granted).toHaveLength(6)
    expect((await entries.usage())[0]).toMatchObject({
      label: `requests per hour with GET, POST at ${upstream.origin}/a`,
      ...{ used: 4, reserved: 0, limit: 4, unit: 'requests', windowMs: 3_600_000 },
      resetsAt: expect.stringMatching(/^20/),
    })

    const bytes = await under({ requestBytesPerDay: 1000 })
    const body = { silent: true, x: 'y'.repeat(100) }
    const length = JSON.stringify(body).length
    const sent = await flood(20, (at) => bytes.send('/x', body, at))
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
    const answers = await flood(20, (at) => send('/bytes/1000', undefined, at))
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

describe('a budget', () => {
  it('is spent by what answers say, as JSON and as streams, at two providers', async () => {
    verifies('S-29')
    const { ask, settles, usage, connectionId } = await under({
      budget: { tokensPerDay: 100_000, usdPerDay: 1 },
    })
    await ask({ input: 1000, output: 200, max_tokens: 300 })
    await settles('tokensPerDay', 1200)
    await ask({ input: 10, output: 20, stream: true, max_tokens: 300 }, '/v1/chat/completions', 1)
    await settles('tokensPerDay', 1230)
    await ask({ input: 100, output: 50, max_tokens: 300 }, '/v1/messages')
    await settles('tokensPerDay', 1380)
    await ask({ input: 100, output: 50, stream: true, max_tokens: 300 }, '/v1/messages', 1)
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
    const silent = { silent: true, stream: true, max_tokens: 1000 }
    const estimate = Math.ceil(JSON.stringify(silent).length / 3) + 1000
    await ask(silent)
    await settles('tokensPerDay', estimate)
    // Reading costs nothing.
    await ask({ input: 5, output: 5, max_tokens: 5 })
    await settles('tokensPerDay', estimate + 10)
  })

  it('lets no more begin than fits, over two replicas, and says what is spent and reserved', async () => {
    verifies('S-29')
    const { ask, settles, send } = await under({ budget: { tokensPerDay: 5_000 } })
    const asked = { input: 400, output: 600, max_tokens: 700 }
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
    await settles('tokensPerDay', answered * 1000)
    // Each was estimated a little lower than it was: the last may pass the budget by that, and no more.
    expect(answered).toBeGreaterThanOrEqual(4)
    expect(answered * 1000).toBeLessThanOrEqual(5_000 + answered * 300)
    const over = await ask({ max_tokens: 5000 })
    expect(over).toMatchObject({ problem: 'budget-exceeded', status: 429 })
    if (isRefused(over)) expect(over.detail).toContain(`${answered * 1000} tokens are spent`)
    expect(await ask({ max_tokens: 5_001 })).toMatchObject({ retryAfterSeconds: undefined })
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

  it('keeps what was reserved when a vault is killed in the middle', async () => {
    verifies('S-29', 'S-43')
    const { send, ask, settles } = await under({ budget: { tokensPerDay: 10_000 } })
    const cut = send('/hangs', { max_tokens: 6000 }, 1).catch(() => undefined)
    const reserved = 6000 + Math.ceil(JSON.stringify({ max_tokens: 6000 }).length / 3)
    await settles('tokensPerDay', 0, reserved)
    await replicas.second.kill()
    await cut
    expect(await ask({ max_tokens: 6000 })).toMatchObject({ problem: 'budget-exceeded' })
    await settles('tokensPerDay', 0, reserved)
  })
})
