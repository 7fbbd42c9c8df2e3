import { createCatalog, createModelMeters, type UsageShape } from '@sallyport/catalog'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readUsage } from './read-usage.ts'

const meters = createModelMeters(createCatalog().services)

/** How answers of a service at a path are read. */
function shapesOf(service: string, path: string): readonly UsageShape[] {
  const endpoints = meters.find((meter) => meter.service === service)?.endpoints ?? []
  const found = endpoints.find(({ paths }) => paths.includes(path))
  if (found?.counts !== 'tokens') throw new Error(`${service} counts nothing at ${path}.`)
  return found.usage
}

const events = (...data: unknown[]) =>
  data
    .map((one) => `event: x\ndata: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`)
    .join('')

/** As Amazon frames messages; nobody looks at the checksums. */
const frames = (...messages: unknown[]) =>
  Buffer.concat(
    messages.map((message) => {
      const headers = Buffer.from('\u000b:event-type\u0007\u0000\u0005chunk', 'latin1')
      const payload = Buffer.from(JSON.stringify(message))
      const prelude = Buffer.alloc(12)
      prelude.writeUInt32BE(16 + headers.length + payload.length, 0)
      prelude.writeUInt32BE(headers.length, 4)
      return Buffer.concat([prelude, headers, payload, Buffer.alloc(4)])
    }),
  )
/** As the body of an answer that is no text is handed on. */
const packed = (bytes: Buffer) => ({
  $base64: bytes.toString('base64'),
  contentType: 'application/vnd.amazon.eventstream',
})

const chat = shapesOf('openai', '/v1/chat/completions')
const responses = shapesOf('openai', '/v1/responses')
const messages = shapesOf('anthropic', '/v1/messages')
const gemini = shapesOf('google-gemini', '/v1beta/models/*:generateContent')

describe('what an answer took', () => {
  it('is read from a chat completion, what is cached among the input', () => {
    const usage = {
      prompt_tokens: 1200,
      completion_tokens: 34,
      total_tokens: 1234,
      prompt_tokens_details: { cached_tokens: 1000 },
    }
    const answer = { id: 'x', model: 'gpt-5-mini-2025-08-07', choices: [], usage }
    const counted = { input: 200, cachedInput: 1000, cacheWrite: 0, output: 34, costUsd: undefined }
    expect(readUsage(answer, chat)).toEqual({ ...counted, model: 'gpt-5-mini-2025-08-07' })
    const stream = events(
      { model: 'gpt-5', choices: [{ delta: { content: 'usage: {' } }], usage: null },
      { model: 'gpt-5', choices: [], usage },
      '[DONE]',
    )
    expect(readUsage(stream, chat)).toEqual({ ...counted, model: 'gpt-5' })
  })

  it('is read from a response and the last event of its stream', () => {
    const usage = {
      input_tokens: 75,
      input_tokens_details: { cached_tokens: 5 },
      output_tokens: 1186,
      output_tokens_details: { reasoning_tokens: 1024 },
    }
    const counted = { input: 70, cachedInput: 5, output: 1186, model: 'o3' }
    expect(readUsage({ model: 'o3', usage }, responses)).toMatchObject(counted)
    const stream = events(
      { type: 'response.created', response: { model: 'o3', usage: null } },
      { type: 'response.output_text.delta', delta: 'hello' },
      { type: 'response.completed', response: { model: 'o3', usage } },
    )
    expect(readUsage(stream, responses)).toMatchObject(counted)
  })

  it('is read from a message, and from the start and the running total of its stream', () => {
    const usage = {
      input_tokens: 10,
      cache_creation_input_tokens: 200,
      cache_read_input_tokens: 3000,
      output_tokens: 500,
    }
    const counted = { input: 10, cacheWrite: 200, cachedInput: 3000, output: 500 }
    expect(readUsage({ model: 'claude-sonnet-4-5', usage }, messages)).toMatchObject(counted)
    const stream = events(
      {
        type: 'message_start',
        message: { model: 'claude-sonnet-4-5', usage: { ...usage, output_tokens: 1 } },
      },
      { type: 'content_block_delta', delta: { text: '"usage":{"output_tokens":9999}' } },
      { type: 'message_delta', usage: { output_tokens: 250 } },
      { type: 'message_delta', usage: { output_tokens: 500 } },
      { type: 'message_stop' },
    )
    expect(readUsage(stream, messages)).toMatchObject({ ...counted, model: 'claude-sonnet-4-5' })
  })

  it('is read from Gemini: one answer, a list of them, a stream', () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 40,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 300,
    }
    const first = { usageMetadata: { promptTokenCount: 100 }, modelVersion: 'gemini-2.5-pro' }
    const counted = { input: 67, cachedInput: 40, output: 320, model: 'gemini-2.5-pro' }
    expect(readUsage({ ...first, usageMetadata }, gemini)).toMatchObject(counted)
    expect(readUsage([first, { usageMetadata }], gemini)).toMatchObject(counted)
    expect(readUsage(JSON.stringify([first, { usageMetadata }]), gemini)).toMatchObject(counted)
    expect(readUsage(events(first, { usageMetadata }), gemini)).toMatchObject(counted)
  })

  it('is read from the binary streams of Bedrock, as far as they are whole', () => {
    const usage = { inputTokens: 12, outputTokens: 34, totalTokens: 46 }
    const converse = shapesOf('aws-bedrock', '/model/*/converse-stream')
    const said = [
      { contentBlockIndex: 0, delta: { text: 'hi' } },
      { metrics: {}, usage },
    ]
    const stream = frames(...said)
    expect(readUsage(packed(stream), converse)).toMatchObject({ input: 12, output: 34 })
    expect(readUsage(packed(stream.subarray(0, -1)), converse)).toBeUndefined()

    const invoked = shapesOf('aws-bedrock', '/model/*/invoke-with-response-stream')
    const events = [
      {
        type: 'message_start',
        message: { model: 'claude-haiku-4-5', usage: { input_tokens: 5, output_tokens: 1 } },
      },
      { type: 'message_delta', usage: { output_tokens: 77 } },
    ]
    const inBytes = (one: unknown) => ({
      bytes: Buffer.from(JSON.stringify(one)).toString('base64'),
      p: 'abcdef',
    })
    expect(readUsage(packed(frames(...events.map(inBytes))), invoked)).toMatchObject({
      ...{ input: 5, output: 77, model: 'claude-haiku-4-5' },
    })
    const metrics = { inputTokenCount: 8, outputTokenCount: 9, invocationLatency: 1 }
    const last = { generation: '', 'amazon-bedrock-invocationMetrics': metrics }
    expect(readUsage(packed(frames(inBytes(last))), invoked)).toMatchObject({ input: 8, output: 9 })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(readUsage(packed(Buffer.from(bytes)), converse)).toBeUndefined()
      }),
    )
  })

  it('is what the provider says that it cost, where it does', () => {
    const usage = { prompt_tokens: 194, completion_tokens: 2, cost: 0.95 }
    const shapes = shapesOf('openrouter', '/api/v1/chat/completions')
    expect(readUsage({ usage }, shapes)).toMatchObject({ input: 194, output: 2, costUsd: 0.95 })
  })

  it('is unknown where nothing says so, or where it is no number that can be', () => {
    for (const body of [
      null,
      undefined,
      'no answer',
      { usage: null },
      { usage: 'much' },
      { usage: { prompt_tokens: '5', completion_tokens: -1 } },
      { usage: { prompt_tokens: 1e300, completion_tokens: Number.NaN } },
      { usage: { prompt_tokens: 0, completion_tokens: 0 } },
      { usage: { prompt_tokens: 2e9, completion_tokens: 1e12 } },
      { error: { message: 'usage exceeded' } },
      { choices: [{ message: { content: '{"usage":{"prompt_tokens":1}}' } }] },
      events('[DONE]', { choices: [], usage: null }),
    ]) {
      expect(readUsage(body, chat), JSON.stringify(body)).toBeUndefined()
    }
  })

  it('is read behind a mark of byte order, and in the last of very many lines', () => {
    const usage = { prompt_tokens: 7, completion_tokens: 9 }
    expect(readUsage(`\ufeff${JSON.stringify({ usage })}`, chat)).toMatchObject({ output: 9 })
    const long = `${'data: {}\n\n'.repeat(250_000)}${events({ choices: [], usage })}`
    expect(readUsage(long, chat)).toMatchObject({ input: 7, output: 9 })
  })

  it('is looked for in linear time', () => {
    // Were it quadratic, this would not end.
    for (const line of ['usage'.repeat(400_000), `"usage"${' '.repeat(2_000_000)}`]) {
      expect(readUsage(line, chat)).toBeUndefined()
      expect(readUsage(`data: ${line}\n\n`, chat)).toBeUndefined()
    }
  })

  it('is counted whatever else stands around it, and a name of a model is short and plain', () => {
    const shapes = meters.flatMap(({ endpoints }) =>
      endpoints.flatMap((endpoint) => (endpoint.counts === 'tokens' ? endpoint.usage : [])),
    )
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...shapes), (value, shape) => {
        for (const body of [value, JSON.stringify(value), events(value, '[DONE]')]) {
          const found = readUsage(body, [shape])
          if (found === undefined) continue
          for (const count of [found.input, found.cachedInput, found.cacheWrite, found.output]) {
            expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
          }
        }
      }),
    )
    const usage = { prompt_tokens: 1, completion_tokens: 1 }
    for (const model of ['a\u202eb', 'x'.repeat(101), 'a b', '', 5, null]) {
      expect(readUsage({ model, usage }, chat)?.model).toBeUndefined()
    }
  })
})
