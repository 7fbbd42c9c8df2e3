import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AskingWays, readAskedOutput } from './asked-output.ts'

const known: AskingWays = {
  ...{ model: 'model', outputMax: ['max_completion_tokens', 'max_tokens'] },
  ...{ times: ['n'], unseen: ['background'] },
}
const unknown: AskingWays = { ...known, isUnknown: true, times: ['n', 'best_of'] }

const read = (body: unknown, ways = known) =>
  readAskedOutput(
    {
      ...{ method: 'POST', path: '/x' },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    },
    ways,
  )
const outputOf = (body: unknown, ways = known) => {
  const { output, isGuess } = read(body, ways)
  return [output, isGuess]
}

describe('the output that a request asks for', () => {
  it('is what it says, the greatest of several, as often as it asks', () => {
    expect(outputOf({ max_tokens: 10 })).toEqual([10, false])
    expect(outputOf({ max_tokens: 10, max_completion_tokens: 70, n: 3 })).toEqual([210, false])
    expect(outputOf({ max_tokens: 0.5, n: 1.5 })).toEqual([4096 * 2, true])
  })

  it('is guessed where it does not say, says nothing that can be, or is no JSON', () => {
    for (const bound of [undefined, null, 0, -5, 'many', '-5', [5], { at: 5 }, true, '1e9']) {
      expect(outputOf({ max_tokens: bound }), String(bound)).toEqual([4096, true])
    }
    for (const body of ['', 'no JSON', '[]', 'null', '{"max_tokens":5', 'max_tokens=5']) {
      expect(outputOf(body), body).toEqual([4096, true])
    }
  })

  it('is never less than is guessed where readers may take the bound for another', () => {
    // A number as text: some readers take it, some do not.
    expect(outputOf({ max_tokens: '5' })).toEqual([4096, true])
    expect(outputOf({ max_tokens: '50000', n: ' 2 ' })).toEqual([100_000, false])
    expect(outputOf('{"max_tokens":90000,"max_tokens":1}')).toEqual([4096, true])
    expect(outputOf('{"max_tokens":1,"messages":[{"a":1,"a":2}]}')).toEqual([4096, true])
    expect(outputOf('\ufeff{"max_tokens":1}')).toEqual([4096, true])
  })

  it('is never less than is guessed where nobody knows which bound is heeded, and adds up what a batch asks for', () => {
    expect(outputOf({ max_tokens: 5 }, unknown)).toEqual([4096, true])
    expect(outputOf({ max_tokens: 5, best_of: 4 }, unknown)).toEqual([4096 * 4, true])
    const params = { max_tokens: 2000, max_completion_tokens: 3000 }
    const batch = { requests: Array.from({ length: 5 }, () => ({ params })) }
    expect(outputOf(batch, unknown)).toEqual([15_000, false])
  })

  it('is as much as the largest models give where nobody will see what it was', () => {
    for (const background of [true, 'true', [true], [['true']]])
      expect(outputOf({ background })).toEqual([128_000, true])
    expect(outputOf({ background: false })).toEqual([4096, true])
    expect(outputOf({ background: true, max_tokens: 50 })).toEqual([50, false])
  })

  it('is found whatever stands where something else is looked for', () => {
    const deep = `${'['.repeat(200_000)}true${']'.repeat(200_000)}`
    for (const background of ['[{"toString":null}]', '{"toString":1}', '["true","true"]', deep]) {
      expect(() => read(`{"background":${background},"max_tokens":50}`)).not.toThrow()
    }
  })

  it('is a whole number that can be counted with, whatever the body says', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.bigInt().map(String), fc.jsonValue())
    const asking = fc.record({ max_tokens: number, n: number, background: number, input: number })
    fc.assert(
      fc.property(asking, (body) => {
        for (const ways of [known, unknown]) {
          const { output } = read(body, ways)
          expect(Number.isSafeInteger(output) && output >= 1 && output <= 1e12).toBe(true)
        }
      }),
    )
  })
})
