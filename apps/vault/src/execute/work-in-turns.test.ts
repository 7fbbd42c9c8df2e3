import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { compileResponseRules } from '../policy/compile-response-rules.ts'
import { readAnswer } from './read-answer.ts'
import { createScrubber } from './scrub.ts'
import { createTurns } from './take-turns.ts'
import { type Pace, workInTurns } from './work-in-turns.ts'

/** A clock by which each look at it takes a millisecond. */
function createClock() {
  let nowMs = 0
  return () => {
    nowMs += 1
    return nowMs
  }
}

function* idle(pauses: number): Generator<undefined, string> {
  for (let pause = 0; pause < pauses; pause += 1) yield
  return 'done'
}

describe('work in turns', () => {
  it('lets everything else have its turn, again and again', async () => {
    verifies('S-22')
    let ticks = 0
    const timer = setInterval(() => {
      ticks += 1
    }, 0)
    const takeTurn = createTurns()
    const slow = () =>
      takeTurn().then(() => new Promise<void>((resolve) => void setTimeout(resolve)))
    const pace = { takeTurn: slow, elapsed: createClock(), endMs: Number.POSITIVE_INFINITY }
    expect(await workInTurns(idle(200), pace)).toEqual({ done: 'done' })
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(5)
  })

  it('is done at once where it is short', async () => {
    let turns = 0
    const takeTurn = async () => {
      turns += 1
    }
    expect(await workInTurns(idle(3), { takeTurn, elapsed: createClock(), endMs: 1 })).toEqual({
      done: 'done',
    })
    expect(turns).toBe(0)
  })

  it('shares turns with other work, one slice for each', async () => {
    const order: string[] = []
    const takeTurn = createTurns()
    const work = function* (name: string) {
      for (let step = 0; step < 3; step += 1) {
        order.push(name)
        yield
      }
    }
    let nowMs = 0
    const elapsed = () => {
      nowMs += 100
      return nowMs
    }
    const pace = { takeTurn, elapsed, endMs: Number.POSITIVE_INFINITY }
    await Promise.all([workInTurns(work('a'), pace), workInTurns(work('b'), pace)])
    expect(order.join('')).toBe('ababab')
  })

  it('stops when its time is over, between two turns', async () => {
    verifies('S-22')
    const work = idle(1000)
    const pace = { takeTurn: createTurns(), elapsed: createClock(), endMs: 50 }
    expect(await workInTurns(work, pace)).toBeUndefined()
    expect(work.next().done).toBe(false)
  })
})

const hostile = {
  'one long string of what is nearly a number': [
    'application/json',
    `"${'12-34-'.repeat(20_000)}"`,
  ],
  'a long name': ['application/json', `{"${'12-34-'.repeat(20_000)}":1}`],
  'a long number': ['application/json', '1'.repeat(200_000)],
  'many members': ['application/json', `[${'{"a":1},'.repeat(15_000)}1]`],
  'plain text': ['text/plain', 'token='.repeat(20_000)],
  'a page': ['text/html', '&#64;a'.repeat(20_000)],
  'a form of one field': ['application/x-www-form-urlencoded', `a=${'%31'.repeat(40_000)}`],
  'a form of many': ['application/x-www-form-urlencoded', 'a&'.repeat(40_000)],
  'base 64': ['text/plain', Buffer.from('12-34-'.repeat(20_000)).toString('base64')],
  'much that is hardly base 64': ['text/plain', `${'x'.repeat(16)} `.repeat(8000)],
  'an event of many lines': ['text/event-stream', ':a\n'.repeat(20_000)],
  'an event of much data': ['text/event-stream', 'data:a\n'.repeat(20_000)],
  'many events': ['text/event-stream', 'data: {"a":1}\n\n'.repeat(10_000)],
  'many lines': ['application/x-ndjson', '{"a":1}\n'.repeat(15_000)],
} as const

const read = (type: string, body: string, pace: Pace) =>
  readAnswer(
    {
      status: 200,
      headers: [['content-type', type]],
      body: (async function* () {
        yield Buffer.from(body)
      })(),
    },
    {
      scrubber: createScrubber(['sk-live-0123456789abcdef']),
      pace,
      rules: compileResponseRules([{ id: 'all', redact: ['all'] }]),
    },
  )

describe('redacting a long answer', () => {
  it.each(Object.entries(hostile))('lets others have their turns: %s', async (_, [type, body]) => {
    verifies('S-21', 'S-22')
    let turns = 0
    const takeTurn = async () => {
      turns += 1
    }
    const pace = { takeTurn, elapsed: createClock(), endMs: Number.POSITIVE_INFINITY }
    await read(type, body, pace)
    // A slice is ten looks at the clock here, and there is one for every few thousand characters.
    expect(turns).toBeGreaterThanOrEqual(Math.floor(body.length / 4096 / 10))
    expect(turns).toBeGreaterThan(0)
  })

  it.each(Object.entries(hostile))('withholds what takes too long: %s', async (_, [type, body]) => {
    verifies('S-21', 'S-22')
    const pace = { takeTurn: async () => {}, elapsed: createClock(), endMs: 5 }
    const answer = await read(type, body, pace)
    expect(answer).not.toHaveProperty('body')
    if (!('withheld' in answer)) throw new Error('it was not withheld')
    expect(answer.withheld.type).toBe('response-withheld')
    expect(answer.withheld.detail).toContain('takes longer than a call may')
  })

  it('reads a long run of base 64 to its end', async () => {
    verifies('S-21')
    const encoded = (times: number) =>
      Buffer.from('jo@example.com '.repeat(times)).toString('base64')
    const long = encoded(400_000)
    // As mail has it; a quarter is as long as what is read at a time many times over, too.
    const lines = (encoded(100_000).match(/.{1,76}/g) ?? []).join('\r\n')
    const pace = {
      takeTurn: createTurns(),
      elapsed: () => performance.now(),
      endMs: Number.POSITIVE_INFINITY,
    }
    for (const body of [long, lines]) {
      const answer = await read('text/plain', body, pace)
      const seen = 'body' in answer ? String(answer.body) : ''
      expect(Buffer.from(seen, 'base64').toString().slice(0, 60)).toMatch(/^\[redacted:email\] /)
    }
  }, 120_000)
})
