import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guessOutput } from './guess-output.ts'

const events = (...data: unknown[]) =>
  data.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')
const chunk = (content: string) => ({ choices: [{ delta: { role: 'assistant', content } }] })

describe('what an answer wrote', () => {
  it('is guessed from its words, whatever they stand in', () => {
    const words = 'x'.repeat(300)
    expect(guessOutput({ choices: [{ message: { content: words } }] })).toBe(100)
    expect(guessOutput(JSON.stringify({ content: [{ type: 'text', text: words }] }))).toBe(100)
    expect(guessOutput(events(chunk(words), chunk(words)))).toBe(200)
    expect(guessOutput(events({ type: 'response.output_text.delta', delta: words }))).toBe(100)
    expect(guessOutput(words)).toBe(100)
    const framed = Buffer.from(`\u0000\u0001{"delta":{"text":"${words}"}}\u0000`, 'latin1')
    expect(guessOutput({ $base64: framed.toString('base64'), contentType: 'x/y' })).toBe(100)
  })

  it('is one for each event at least', () => {
    expect(guessOutput(events(...Array.from({ length: 50 }, () => chunk('x'))))).toBe(50)
  })

  it('is nothing where there are no words', () => {
    for (const body of [
      undefined,
      null,
      '',
      5,
      {},
      { data: [{ b64_json: 'x'.repeat(9000), embedding: [0.1, 0.2] }] },
      { $base64: Buffer.alloc(9000, 7).toString('base64'), contentType: 'audio/mpeg' },
    ]) {
      expect(guessOutput(body)).toBe(0)
    }
  })

  it('is not less for quotes in it, and found in linear time', () => {
    expect(guessOutput({ text: '"\\'.repeat(150) })).toBe(200)
    for (const body of [
      `{"text":"${'\\"'.repeat(500_000)}`,
      `{${'"text"'.repeat(200_000)}`,
      `{"text"${' '.repeat(1_000_000)}`,
      `{${'"text" '.repeat(150_000)}`,
      'data:\n'.repeat(200_000),
    ]) {
      // Were it quadratic, this would not end.
      expect(guessOutput(body)).toBeGreaterThanOrEqual(0)
    }
    fc.assert(
      fc.property(fc.anything(), (body) => {
        const json = JSON.stringify(body) ?? ''
        expect(Number.isSafeInteger(guessOutput(json))).toBe(true)
      }),
    )
  })
})
