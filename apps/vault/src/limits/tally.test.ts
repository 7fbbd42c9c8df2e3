import { createCatalog, createModelMeters } from '@sallyport/catalog'
import type { Limits } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { createModelUse } from './model-use.ts'
import { planLimits } from './plan-limits.ts'
import { type TalliedEnding, takeOf } from './tally.ts'

const findUse = createModelUse(() => createModelMeters(createCatalog().services))
const body = Buffer.from(JSON.stringify({ model: 'gpt-5', max_completion_tokens: 100 }))
const request = { policyId: 'pol_1', method: 'POST', bodyBytes: body.byteLength, entryAt: 0 }
const allow = [
  {
    origin: 'https://api.openai.com',
    methods: ['POST' as const],
    paths: ['/**'],
    limits: { perDay: 9 },
  },
]

function taking(limits: Limits, over: Partial<typeof request> = {}) {
  const planned = planLimits({ limits, allow })
  const frozen = { method: 'POST', path: '/v1/chat/completions', body }
  const use = findUse('openai', frozen, planned.budget.length > 0)
  return takeOf(planned, { ...request, ...over }, use)
}

const budget = { tokensPerDay: 1000, usdPerDay: 1 }

/** What is settled of a budget and of bytes after an ending. */
function settled(
  ending: Partial<TalliedEnding>,
  walk: { sent?: boolean; bytes?: number; body?: unknown } = {},
) {
  const held = { tokensPerDay: 117, usdPerDay: 1021, responseBytesPerDay: 50 }
  const tally = taking({ budget, responseBytesPerDay: 50 })?.tally(held)
  if (walk.sent !== false) tally?.sending()
  if (walk.bytes !== undefined) tally?.received(walk.bytes)
  if (walk.body !== undefined) tally?.inspect(walk.body)
  const { settlement } = tally?.close({ isUnsent: false, ...ending }) ?? {}
  return Object.fromEntries(settlement?.windows.map(({ name, weight }) => [name, weight]) ?? [])
}

describe('a request', () => {
  it('takes one of each limit that is about it, and none of others', () => {
    const limits = { perMinute: 5, perMethod: { POST: { perDay: 3 }, GET: { perDay: 1 } } }
    const names = taking(limits)?.windows.map(({ name }) => name)
    expect(names?.map((name) => name.replace(/[0-9a-f]{16}/, '#'))).toEqual([
      'perMinute',
      'perDay:POST',
      'entry:#:perDay',
    ])
    expect(taking(limits, { entryAt: undefined as unknown as number })?.windows).toHaveLength(2)
    expect(taking({ requestBytesPerDay: 500 })?.windows.at(-1)).toMatchObject({
      name: 'requestBytesPerDay',
      weight: body.byteLength,
    })
    expect(taking({ requestBytesPerDay: 500 }, { bodyBytes: 0 })?.windows).toHaveLength(1)
  })

  it('takes at most what is left for its answer, and is cut off there', () => {
    expect(taking({ responseBytesPerDay: 700 })?.windows.at(-1)).toMatchObject({
      weight: 700,
      weightMin: 1,
    })
    expect(
      taking({ responseBytesPerDay: 1e9, responseBytesMax: 20 })?.windows.at(-1),
    ).toMatchObject({
      weight: 20,
    })
    const tally = taking({ responseBytesPerDay: 700 })?.tally({ responseBytesPerDay: 44 })
    expect(tally?.responseBytesMax).toBe(44)
  })

  it('may exceed a budget alone by what is guessed, and never by what it asks for', () => {
    const of = (tokensPerDay: number) => taking({ budget: { tokensPerDay } })?.windows.at(-1)
    expect(of(100)).toMatchObject({ mayExceedAlone: true })
    expect(of(99)).toMatchObject({ mayExceedAlone: false })
  })

  it('pays what its answer says', () => {
    const usage = { prompt_tokens: 20, completion_tokens: 5 }
    expect(settled({ status: 200 }, { bytes: 33, body: { usage } })).toEqual({
      tokensPerDay: 25,
      usdPerDay: 75,
      responseBytesPerDay: 33,
    })
    // An error can cost as well, where it says so; so can an answer that was withheld.
    expect(settled({ status: 500 }, { body: { usage } })).toMatchObject({ tokensPerDay: 25 })
    expect(settled({}, { body: { usage } })).toMatchObject({ tokensPerDay: 25 })
  })

  it('pays what was held where nobody says what it took', () => {
    const unknown = { tokensPerDay: undefined, usdPerDay: undefined }
    expect(settled({ status: 200 }, { bytes: 9, body: 'data: {}' })).toEqual({
      ...unknown,
      responseBytesPerDay: 9,
    })
    expect(settled({})).toEqual({ ...unknown, responseBytesPerDay: 0 })
  })

  it('pays what it wrote where that is more than was held and nobody says what it took', () => {
    const wrote = (length: number) => ({ choices: [{ message: { content: 'x'.repeat(length) } }] })
    const input = Math.ceil(body.byteLength / 3)
    expect(settled({ status: 200 }, { body: wrote(3000) })).toEqual({
      tokensPerDay: input + 1000,
      usdPerDay: Math.ceil(input * 1.25) + 10_000,
      responseBytesPerDay: 0,
    })
    expect(settled({ status: 200 }, { body: wrote(30) })).toMatchObject({
      tokensPerDay: undefined,
      usdPerDay: undefined,
    })
    // Where it is counted, its words are not asked.
    const usage = { prompt_tokens: 1, completion_tokens: 1 }
    expect(settled({ status: 200 }, { body: { ...wrote(3000), usage } })).toMatchObject({
      tokensPerDay: 2,
    })
    // A gateway that has no answer does not know what the model behind it wrote.
    for (const status of [408, 499, 502, 504, 520, 524]) {
      expect(settled({ status }).tokensPerDay).toBeUndefined()
    }
  })

  it('pays nothing where it was refused, or never came to the upstream', () => {
    const nothing = { tokensPerDay: 0, usdPerDay: 0, responseBytesPerDay: 0 }
    expect(settled({}, { sent: false })).toEqual(nothing)
    expect(settled({ isUnsent: true })).toEqual(nothing)
    for (const status of [400, 401, 403, 404, 413, 429, 500, 503, 529]) {
      expect(settled({ status })).toEqual(nothing)
    }
  })

  it('is counted nowhere where nothing bounds it, but for what a model’s answer says', () => {
    const planned = planLimits({ limits: {}, allow: [] })
    expect(takeOf(planned, request, undefined)).toBeUndefined()
    const frozen = { method: 'POST', path: '/v1/chat/completions', body }
    const plain = takeOf(planned, request, findUse('openai', frozen, false))
    expect(plain?.windows).toEqual([])
    const tally = plain?.tally(undefined)
    tally?.inspect({ usage: { prompt_tokens: 20, completion_tokens: 5 } })
    expect(tally?.close({ status: 200, isUnsent: false })).toEqual({
      usage: { inputTokens: 20, outputTokens: 5, usdMicros: 75, model: 'gpt-5' },
      settlement: undefined,
    })
  })
})
