import { createCatalog, createModelMeters } from '@sallyport/catalog'
import { describe, expect, it } from 'vitest'
import { createModelUse } from './model-use.ts'

const findUse = createModelUse(() => createModelMeters(createCatalog().services))

const request = (path: string, body: unknown, method = 'POST') => ({
  method,
  path,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})
const estimate = (service: string, path: string, body: unknown) =>
  findUse(service, request(path, body), true)?.estimate([])
const bytes = (body: unknown) => Buffer.from(JSON.stringify(body)).byteLength

describe('a request to a model', () => {
  it('is none where it reads, costs nothing, or goes where nobody knows of models and nobody asks', () => {
    expect(findUse('openai', request('/v1/models', '', 'GET'), true)).toBeUndefined()
    expect(findUse('openai', request('/v1/moderations', {}), true)).toBeUndefined()
    expect(findUse('anthropic', request('/v1/messages/count_tokens', {}), true)).toBeUndefined()
    expect(findUse('github', request('/graphql', {}), false)).toBeUndefined()
    expect(findUse('github', request('/graphql', {}), true)).toBeDefined()
    expect(findUse('openai', request('/v1/batches', {}), true)).toBeDefined()
  })

  it('may take its own length and the output that it asks for, as often as it asks', () => {
    const body = { model: 'gpt-5', max_completion_tokens: 1000, max_tokens: 10, n: 3, messages: [] }
    const input = Math.ceil(bytes(body) / 3)
    expect(estimate('openai', '/v1/chat/completions', body)).toEqual({
      tokens: input + 3000,
      usdMicros: Math.ceil(input * 1.25 + 3000 * 10),
      askedTokens: 3000,
      askedMicros: 30_000,
    })
    const gemini = { contents: [], generationConfig: { maxOutputTokens: 5, candidateCount: 2 } }
    const path = '/v1beta/models/gemini-2.5-flash:generateContent'
    expect(estimate('google-gemini', path, gemini)).toMatchObject({ askedTokens: 10 })
    const converse = { messages: [], inferenceConfig: { maxTokens: 7 } }
    const model = 'eu.anthropic.claude-haiku-4-5-20251001-v1%3A0'
    expect(estimate('aws-bedrock', `/model/${model}/converse`, converse)).toMatchObject({
      askedTokens: 7,
      askedMicros: 35,
    })
  })

  it('is guessed where it does not say, cannot be read, or lies about numbers', () => {
    for (const body of [
      { model: 'gpt-5' },
      { model: 'gpt-5', max_completion_tokens: '5' },
      { model: 'gpt-5', max_completion_tokens: -5, n: 0 },
      '{"model":"gpt-5","max_completion_tokens":9000,"max_completion_tokens":1}',
      'no JSON',
    ]) {
      const found = estimate('openai', '/v1/chat/completions', body)
      expect(found?.askedTokens).toBe(0)
      expect(found?.tokens).toBeGreaterThanOrEqual(4096)
    }
    const huge = { max_completion_tokens: 1e300, n: 1e300 }
    const found = estimate('openai', '/v1/chat/completions', huge)
    expect(Number.isSafeInteger(found?.usdMicros)).toBe(true)
  })

  it('is guessed no lower where nobody knows which bound is heeded, or where the answer comes before it is counted', () => {
    const bounded = { model: 'x', max_output_tokens: 1, max_tokens: 1 }
    expect(estimate('custom', '/v1/chat', bounded)?.askedTokens).toBe(0)
    expect(estimate('custom', '/v1/chat', bounded)?.tokens).toBeGreaterThan(4096)
    const later = { model: 'gpt-5', background: true }
    expect(estimate('openai', '/v1/responses', later)?.tokens).toBeGreaterThan(128_000)
    // What the provider does not heed bounds nothing.
    const other = { model: 'deepseek-chat', max_completion_tokens: 1 }
    expect(estimate('deepseek', '/chat/completions', other)?.tokens).toBeGreaterThan(4096)
    const batch = { requests: [{ params: { max_tokens: 50_000 } }, { params: { max_tokens: 9 } }] }
    expect(estimate('anthropic', '/v1/messages/batches', batch)?.askedTokens).toBe(50_009)
  })

  it('took what it wrote at least, where the answer does not say', () => {
    const body = { model: 'gpt-4o', max_tokens: 10 }
    const use = findUse('openai', request('/v1/chat/completions', body), true)
    const input = Math.ceil(bytes(body) / 3)
    expect(use?.guess({ choices: [{ message: { content: 'x'.repeat(3000) } }] }, [])).toEqual({
      tokens: input + 1000,
      usdMicros: Math.ceil(input * 2.5) + 10_000,
    })
    // By the model that answers, whichever was asked for.
    const stream = `data: ${JSON.stringify({ model: 'o1-pro', choices: [] })}\n\n`.repeat(10)
    expect(use?.guess(stream, [])).toEqual({
      tokens: input + 10,
      usdMicros: input * 150 + 10 * 600,
    })
  })

  it('has no output where it makes embeddings', () => {
    const body = { model: 'text-embedding-3-small', input: 'x'.repeat(300) }
    expect(estimate('openai', '/v1/embeddings', body)).toMatchObject({
      tokens: Math.ceil(bytes(body) / 3),
    })
  })

  it('costs the dearest price that is known where the model is not', () => {
    const price = (service: string, model: string) =>
      findUse(service, request('/v1/chat/completions', { model, max_tokens: 1 }), true)?.read(
        { usage: { prompt_tokens: 0, completion_tokens: 1_000_000 } },
        [],
      )?.usdMicros
    expect(price('openai', 'gpt-4o-mini')).toBe(600_000)
    expect(price('openai', 'gpt-99-ultra')).toBe(600_000_000)
    expect(price('mistral', 'gpt-4o-mini')).toBe(6_000_000)
    // A reseller names the vendor before the model.
    const resold = findUse('openrouter', request('/api/v1/chat/completions', {}), true)
    const answer = {
      model: 'openai/gpt-4o-mini',
      usage: { prompt_tokens: 0, completion_tokens: 1e6 },
    }
    expect(resold?.read(answer, [])?.usdMicros).toBe(600_000)
    const charged = { ...answer, usage: { ...answer.usage, cost: 0.0125 } }
    expect(resold?.read(charged, [])?.usdMicros).toBe(12_500)
  })

  it('costs more above a length where the provider says so', () => {
    const use = findUse('anthropic', request('/v1/messages', {}), true)
    const cost = (input_tokens: number) =>
      use?.read({ model: 'claude-sonnet-4-5', usage: { input_tokens, output_tokens: 2 } }, [])
        ?.usdMicros
    expect(cost(200_000)).toBe(600_030)
    expect(cost(200_001)).toBe(1_200_006 + 45)
  })

  it('costs what the owner says, before any list', () => {
    const own = [
      { models: 'gpt-5-mini*', inputUsd: 0, outputUsd: 1 },
      { models: '*', inputUsd: 2, outputUsd: 3, cachedInputUsd: 1 },
    ]
    const use = findUse('openai', request('/v1/chat/completions', {}), true)
    const took = (model: string) =>
      use?.read(
        {
          model,
          usage: {
            prompt_tokens: 1_000,
            completion_tokens: 1_000,
            prompt_tokens_details: { cached_tokens: 500 },
          },
        },
        own,
      )
    expect(took('gpt-5-mini')?.usdMicros).toBe(1_000)
    expect(took('llama')).toEqual({
      inputTokens: 1_000,
      outputTokens: 1_000,
      usdMicros: 1_000 + 500 + 3_000,
      model: 'llama',
    })
  })

  it('is read in every known way at a service that nobody knows', () => {
    const read = (answer: unknown) =>
      findUse('custom', request('/any', { model: 'gpt-5' }), true)?.read(answer, [])
    expect(read({ usage: { prompt_tokens: 1, completion_tokens: 2 } })).toMatchObject({
      inputTokens: 1,
      outputTokens: 2,
    })
    expect(
      read({ usage: { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 5 } }),
    ).toMatchObject({ inputTokens: 8, outputTokens: 4 })
    expect(read({ usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 6 } })).toMatchObject(
      { inputTokens: 5, outputTokens: 6 },
    )
    expect(read({ usage: { inputTokens: 7, outputTokens: 8 } })).toMatchObject({
      inputTokens: 7,
      outputTokens: 8,
    })
    expect(read({ ok: true })).toBeUndefined()
  })
})
