import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { compileResponseRules } from '../policy/compile-response-rules.ts'
import type { ShapedAnswer } from './callable-tool.ts'
import { readAnswer } from './read-answer.ts'
import { createScrubber } from './scrub.ts'

const secret = 'shape-secret-0123456789'
const pace = { takeTurn: async () => {}, elapsed: () => 0, endMs: Number.POSITIVE_INFINITY }

async function* bodyOf(text: string) {
  yield Buffer.from(text)
}

const read = (
  body: unknown,
  shape: (answer: ShapedAnswer) => unknown,
  rules: Parameters<typeof compileResponseRules>[0] = [],
) =>
  readAnswer(
    {
      status: 200,
      headers: [['content-type', 'application/json']],
      body: bodyOf(JSON.stringify(body)),
    },
    { scrubber: createScrubber([secret]), pace, rules: compileResponseRules(rules), shape },
  )

describe('what a tool makes of an answer', () => {
  it('is made of what the rules left, and takes the place of the body', async () => {
    verifies('S-21')
    const seen: unknown[] = []
    const shape = ({ body, status }: ShapedAnswer) => {
      seen.push(body)
      return `status ${status}`
    }
    const answer = await read({ a: 1, b: 2 }, shape, [{ id: 'r', drop: ['b'] }])
    expect(seen).toEqual([{ a: 1 }])
    expect(answer).toMatchObject({ status: 200, body: 'status 200', rules: ['r'] })
  })

  it('holds no secret that it put together, as text or encoded', async () => {
    verifies('S-20')
    const halves = { a: secret.slice(0, 9), b: secret.slice(9) }
    const join = ({ body }: ShapedAnswer) => Object.values(body as object).join('')
    for (const made of [
      join,
      (answer: ShapedAnswer) => Buffer.from(`x${join(answer)}`).toString('base64'),
      (answer: ShapedAnswer) => ({ list: [{ deep: encodeURIComponent(join(answer)) }] }),
      (answer: ShapedAnswer) => ({ [join(answer)]: 1 }),
    ]) {
      const answer = await read(halves, made)
      const text = JSON.stringify(answer)
      expect(text).not.toContain(secret)
      expect(text).not.toContain(Buffer.from(`x${secret}`).toString('base64').slice(4, 20))
      expect(answer.redactions).toBe(1)
    }
  })

  it('holds nothing that the rules redact and that it put together, as text or in members', async () => {
    verifies('S-21')
    const parts = { user: 'alice', host: 'example.com' }
    const join = ({ body }: ShapedAnswer) => Object.values(body as object).join('@')
    for (const made of [join, (answer: ShapedAnswer) => ({ to: [`mail ${join(answer)}`] })]) {
      const answer = await read(parts, made, [{ id: 'r', redact: ['email'] }])
      expect(JSON.stringify(answer)).not.toContain('alice@example.com')
      expect(answer).toMatchObject({ status: 200, rules: ['r'], redactions: 1 })
    }
    expect(await read(parts, () => '', [{ id: 'r', redact: ['email'] }])).toMatchObject({
      body: '',
    })
  })

  it('is withheld with the whole answer where it cannot be made, and is not made of what is withheld', async () => {
    verifies('S-21')
    const failing = await read({ a: 'private' }, () => {
      throw new Error('private')
    })
    expect(failing).toMatchObject({ status: 200, withheld: { type: 'response-withheld' } })
    expect(JSON.stringify(failing)).not.toContain('private')
    let calls = 0
    const late = { ...pace, elapsed: () => 1, endMs: 0 }
    const answer = await readAnswer(
      { status: 200, headers: [['content-type', 'application/json']], body: bodyOf('{"a":1}') },
      {
        ...{ scrubber: createScrubber([secret]), pace: late },
        rules: compileResponseRules([{ id: 'r', redact: ['email'] }]),
        shape: () => {
          calls += 1
        },
      },
    )
    expect('withheld' in answer ? calls : 0).toBe(0)
  })
})
