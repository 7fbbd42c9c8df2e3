import { sensitiveKinds } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plantedOf } from '../../../../../test/corpus/planted.ts'
import { compileSensitive } from './compile-sensitive.ts'
import type { Finding } from './finding.ts'
import { createVicinity } from './scan/vicinity.ts'
import { scansOf } from './scans.ts'

// Long texts are looked through in steps, with pauses between them. What is found may not depend on where a step ends.

const scans = scansOf(sensitiveKinds)

/** What the scans report of a text through which they go in steps up to these places. */
function report(text: string, stops: readonly number[]): readonly (readonly Finding[])[] {
  return scans.map((scan) => {
    const found: Finding[] = []
    const range = { text, from: 0, to: text.length, near: createVicinity(text) }
    const walk = scan(range, (kind, span) => found.push({ kind, ...span }) < 0)
    for (const stop of stops) walk(stop)
    walk(text.length)
    // Two signs of one kind are looked for one after the other in each step.
    return found.sort((a, b) => a.start - b.start || a.end - b.end)
  })
}

const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'a',
      '1',
      ' ',
      '-',
      '.',
      ':',
      '/',
      '@',
      '%40',
      '=',
      '"',
      '\n',
      '+49',
      '(1) ',
      'www.',
      '://',
    ],
    ...['x'.repeat(127), 'x'.repeat(128), 'x'.repeat(300), '1'.repeat(40), 'a@b.co', 'a%40b.co'],
    ...[
      'https://x.co/)',
      'http://a:b1c2@c.de ',
      '-----BEGIN PRIVATE KEY-----\n',
      'QUJD'.repeat(20),
    ],
    ...[
      '-----END PRIVATE KEY-----',
      'AKIAABCDEFGHIJKLMNOP ',
      'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab ',
    ],
    ...['4111 1111 1111 1111', '123-45-6789', 'ssn: ', 'password=', 'é', '한', '::1', '2001:db8::'],
  ),
  fc
    .constantFrom(...sensitiveKinds)
    .map((kind) => plantedOf(kind, { count: 2, seed: 3 })[0]?.text ?? ''),
)
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

describe('looking through a text in steps', () => {
  it('reports the same wherever the steps end', () => {
    fc.assert(
      fc.property(text, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (whole, lengths) => {
        const stops: number[] = []
        let at = 0
        for (const length of lengths) {
          at += length
          if (at >= whole.length) break
          stops.push(at)
        }
        expect(report(whole, stops)).toEqual(report(whole, []))
      }),
      { numRuns: 500 },
    )
  })

  it('reports the same where one step ends at any place of a text', () => {
    for (const kind of sensitiveKinds) {
      for (const { text: whole } of plantedOf(kind, { count: 4, seed: 11 })) {
        const once = report(whole, [])
        for (let stop = 1; stop < whole.length; stop += 1) {
          expect(report(whole, [stop]), `${whole} at ${stop}`).toEqual(once)
        }
      }
    }
  })
})

/** In how many pieces of work a text is redacted, and what is left. */
function count(finder: ReturnType<typeof compileSensitive>, whole: string) {
  const work = finder.redactInTurns(whole)
  for (let turns = 1; ; turns += 1) {
    const step = work.next()
    if (step.done === true) return { ...step.value, turns }
  }
}

describe('redacting a long text', () => {
  const finder = compileSensitive(['all'], [{ name: 'ticket', pattern: 'TCK-\\d{6}' }])

  it('takes out what stands across any place where it may pause', () => {
    const values = [
      'jo@example.com',
      '4111 1111 1111 1111',
      'https://example.com/a?b=c',
      'TCK-123456',
    ]
    for (const value of values) {
      // 2048 characters, 4096, and what an owner's expression sees at once.
      for (const pause of [1024, 2048, 4096, 8192]) {
        for (let before = 0; before <= value.length; before += 3) {
          const filler = '; '.repeat(5000)
          const whole = `${filler.slice(0, pause - before)}${value} ${filler}`
          const { text: left, ...found } = finder.redact(whole)
          expect(found.count, `${value} at ${pause - before}`).toBe(1)
          expect(left).not.toContain(value)
        }
      }
    }
  })

  it.each([
    ...[
      'a',
      '. ',
      'hello ',
      '12-34-',
      'a@b.co ',
      'http://x/',
      ')',
      '-----BEGIN ',
      'token=',
      '1.2.3.4 ',
    ],
    ...[
      '\u200b1',
      '１',
      '\u0301',
      '1\u20e3',
      '\ufdd0',
      '[redacted:email]',
      '[redacted:',
      'TCK-123456 ',
      '\ud835',
    ],
    ...['AKIAABCDEFGHIJKLMNOP', '😀', 'é', '한 '],
  ])('pauses all along, whatever it says: %j', (unit) => {
    const whole = unit.repeat(Math.ceil(64_000 / unit.length))
    const { turns, ...inTurns } = count(finder, whole)
    // Once in 4096 characters at least.
    expect(turns).toBeGreaterThan(whole.length / 4096)
    expect(inTurns).toEqual(finder.redact(whole))
  })
})
