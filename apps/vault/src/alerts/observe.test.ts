import { type AlertKind, alertKinds, defaultAlertSettings } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Baseline, emptyBaseline, readBaseline } from './baseline.ts'
import { describeFinding, mergeFindings } from './findings.ts'
import { observe, type Watching } from './observe.ts'
import { readSeen, type Seen, type WatchedRecord } from './read-seen.ts'
import { createWallClock } from './wall-clock.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const startMs = Date.UTC(2026, 8, 7, 10)
const watching: Watching = {
  sensitivity: defaultAlertSettings.sensitivity,
  timezone: 'UTC',
  localTime: createWallClock('UTC'),
}
const off: Watching = {
  ...watching,
  sensitivity: {
    limit_reached: 'off',
    burst: 'off',
    many_denials: 'off',
    new_host: 'off',
    unusual_hours: 'off',
    volume: 'off',
  },
}

/** As the longest entry that the vault writes: names of any kind, at any length. */
const record: fc.Arbitrary<WatchedRecord> = fc.record({
  kind: fc.constantFrom('intent', 'refusal', 'outcome', 'event', 'x'),
  atMs: fc.oneof(
    fc.integer({ min: startMs - 400 * dayMs, max: startMs + 400 * dayMs }),
    fc.constantFrom(0, -1, 8.64e15, Number.NaN, Number.POSITIVE_INFINITY),
  ),
  agentId: fc.constant('agt_1'),
  connectionId: fc.option(fc.oneof(fc.string(), fc.constantFrom('con_1', 'con_2'))),
  entry: fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .record(
        {
          operation: fc.oneof(fc.constant('execute'), fc.anything()),
          problem: fc.oneof(fc.constantFrom('policy-denied', 'limit-exceeded'), fc.anything()),
          reason: fc.oneof(fc.string({ unit: 'binary', maxLength: 600 }), fc.anything()),
          host: fc.oneof(
            fc.domain(),
            fc.string({ minLength: 300, maxLength: 300 }),
            fc.constant('a\0b'),
          ),
          requestBytes: fc.oneof(fc.nat(), fc.constantFrom(-1, 1e308, '1'), fc.anything()),
          responseBytes: fc.oneof(fc.nat(), fc.anything()),
        },
        { requiredKeys: [] },
      )
      .map((entry) => JSON.stringify(entry, (_, value) => (typeof value === 'bigint' ? 0 : value))),
  ),
})

function watch(records: readonly WatchedRecord[], given = watching, from?: Baseline) {
  const baseline = from ?? emptyBaseline(startMs)
  const findings = records
    .map(readSeen)
    .filter((one): one is Seen => one !== undefined)
    .flatMap((one) => observe(baseline, one, given))
  return { baseline, findings: mergeFindings(findings) }
}

const call = (
  atMs: number,
  over: Record<string, unknown> = {},
  kind = 'intent',
): WatchedRecord => ({
  ...{ kind, atMs, agentId: 'agt_1', connectionId: 'con_1' },
  entry: JSON.stringify({ operation: 'execute', host: 'api.example', requestBytes: 10, ...over }),
})
const denied = (atMs: number, problem = 'policy-denied') => call(atMs, { problem }, 'refusal')
const kindsOf = ({ findings }: { findings: readonly { kind: AlertKind }[] }) =>
  findings.map(({ kind }) => kind)

/** Thirty days with forty calls each, from ten o'clock on. */
const learnt = () =>
  watch(
    many(30, (day) => day).flatMap((day) =>
      many(40, (n) => call(startMs + day * dayMs + n * minuteMs)),
    ),
  ).baseline
const laterMs = startMs + 30 * dayMs

function many<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, n) => make(n))
}

describe('watching', () => {
  it('takes whatever stands in the log, and what is kept stays small, reads back and can be stored', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), (records) => {
        const { baseline, findings } = watch(records)
        const text = JSON.stringify(baseline)
        expect(readBaseline(JSON.parse(text))).toEqual(baseline)
        expect(text).not.toContain('\\u0000')
        for (const finding of findings) {
          expect(alertKinds).toContain(finding.kind)
          const words = `${finding.subject}${describeFinding(finding)}`
          expect(words.length).toBeLessThan(700)
          expect(words).not.toMatch(/\p{C}/u)
          for (const number of [finding.observed, finding.usual, finding.threshold]) {
            expect(number ?? 0).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('keeps a bounded number of hosts, connections and days, however many there are', () => {
    const { baseline } = watch(
      many(3_000, (n) => ({
        ...call(startMs + n * 3_600_000, { host: `${n}.${'h'.repeat(240)}` }),
        connectionId: `con_${n}`,
      })),
    )
    expect(baseline.hosts).toHaveLength(128)
    expect(baseline.connections).toHaveLength(64)
    expect(JSON.stringify(baseline).length).toBeLessThan(48_000)
    expect(baseline.hosts.at(-1)?.[0]).toMatch(/^2999\./)
  })

  it('finds the same in the same records, however they are cut in parts', () => {
    const records = [
      ...many(500, (n) => call(laterMs + n * 100)),
      ...many(30, (n) => denied(laterMs + 60_000 + n)),
    ]
    fc.assert(
      fc.property(fc.nat({ max: records.length }), (at) => {
        const first = watch(records.slice(0, at), watching, learnt())
        const kept = readBaseline(JSON.parse(JSON.stringify(first.baseline)))
        const second = watch(records.slice(at), watching, kept)
        const whole = watch(records, watching, learnt())
        expect(second.baseline).toEqual(whole.baseline)
        expect(new Set([...kindsOf(first), ...kindsOf(second)])).toEqual(new Set(kindsOf(whole)))
      }),
      { numRuns: 10 },
    )
  })

  it('reads nothing that it did not write', () => {
    for (const wrong of [null, undefined, 1, 'x', [], {}, { v: 2 }, { ...learnt(), extra: 1 }]) {
      expect(readBaseline(wrong)).toBeUndefined()
    }
    expect(readBaseline({ ...learnt(), calls: { ...learnt().calls, slots: [1] } })).toBeUndefined()
  })

  it('says nothing of what is turned off, and learns it all the same', () => {
    const records = [
      ...many(2_000, (n) => call(laterMs + n * 10)),
      ...many(100, (n) => denied(laterMs + n, n % 2 ? 'limit-exceeded' : 'policy-denied')),
      call(laterMs + 30_000, { host: 'new.example', requestBytes: 1e9 }),
    ]
    expect(watch(records, off, learnt()).findings).toEqual([])
    const { baseline } = watch(records, off, learnt())
    expect(baseline.attempts).toBe(1_200 + records.length)
    expect(new Set(kindsOf(watch(records, watching, learnt())))).toEqual(
      new Set(['burst', 'many_denials', 'limit_reached', 'new_host', 'volume']),
    )
  })
})

describe('an agent of which little is known', () => {
  it('raises alerts for refusals, limits and floods alone', () => {
    const ordinary = [
      ...many(500, (n) => call(startMs + n * 500, { host: `${n}.example`, requestBytes: 1e8 })),
      ...many(19, (n) => denied(startMs + n)),
    ]
    expect(watch(ordinary).findings).toEqual([])
    expect(kindsOf(watch(many(20, (n) => denied(startMs + n))))).toEqual(['many_denials'])
    expect(kindsOf(watch(many(700, (n) => call(startMs + n * 10))))).toEqual(['burst'])
    expect(kindsOf(watch([denied(startMs, 'limit-exceeded')]))).toEqual(['limit_reached'])
    expect(kindsOf(watch([denied(startMs, 'budget-exceeded')]))).toEqual(['limit_reached'])
  })

  it('is not blamed for what the vault or an upstream lacked', () => {
    const problems = [
      'workspace-frozen',
      'connection-needs-reauth',
      'overloaded',
      'audit-unavailable',
    ]
    const records = problems.flatMap((problem) => many(50, (n) => denied(startMs + n, problem)))
    expect(watch(records).findings).toEqual([])
  })
})

describe('a finding', () => {
  it('says in plain words how much it was and what is usual', () => {
    const said = (records: readonly WatchedRecord[]) =>
      watch(records, watching, learnt()).findings.map(describeFinding)
    expect(said(many(412, (n) => call(laterMs + n * 100)))).toEqual([
      'Tried 412 requests in 5 minutes; usually at most about 5.',
    ])
    expect(said(many(24, (n) => denied(laterMs + n)))).toEqual([
      'Was refused 24 times in 15 minutes; usually none.',
    ])
    expect(said([call(laterMs, { host: 'drop.example' })])).toEqual([
      'Called drop.example for the first time.',
    ])
    expect(said([call(laterMs, { requestBytes: 512_000_000 })])).toEqual([
      'Moved 512 MB within an hour; usually none.',
    ])
    const nightMs = laterMs - 7 * 3_600_000
    expect(said(many(12, (n) => call(nightMs + n)))).toEqual([
      'Tried 12 requests between 03:00 and 04:00 (UTC) on a weekday; it is usually not at work then.',
    ])
    const reason = 'The limit perDay:POST is used up. Of 5, 5 spent, 0 held, 1 asked for.'
    const refusal = (n: number) =>
      call(laterMs + n, { problem: 'limit-exceeded', reason }, 'refusal')
    expect(said(many(3, refusal))).toEqual([
      'Was refused 3 times by a limit. The limit of POST requests per day is used up.',
    ])
  })

  it('of one limit is one, whatever numbers the refusals name, and of each limit its own', () => {
    const refusal = (reason: string) =>
      call(laterMs, { problem: 'limit-exceeded', reason }, 'refusal')
    const reasons = [
      'The limit perDay is used up. Of 5, 4 spent.',
      'The limit perDay is used up. Of 5, 5 spent.',
      'The limit entry:0123456789abcde1:perDay is used up.',
      'The limit entry:0123456789abcde2:perDay is used up.',
      'Something else, after 3 s.',
      'Something else, after 4 s.',
    ]
    expect(watch(reasons.map(refusal)).findings).toHaveLength(4)
  })

  it('of unusual hours is one where its owner lives, not where the vault runs', () => {
    const zone = 'Pacific/Auckland'
    const there = { ...watching, timezone: zone, localTime: createWallClock(zone) }
    const baseline = watch(
      many(30, (day) => day).flatMap((day) => many(20, (n) => call(startMs + day * dayMs + n))),
      there,
    ).baseline
    const { findings } = watch(
      many(12, (n) => call(laterMs - 7 * 3_600_000 + n)),
      there,
      baseline,
    )
    expect(findings.map(describeFinding)[0]).toContain('between 16:00 and 17:00 (Pacific/Auckland)')
    // Another time zone begins anew.
    expect(
      kindsOf(
        watch(
          many(12, (n) => call(laterMs + n)),
          watching,
          baseline,
        ),
      ),
    ).toEqual([])
  })
})

describe('what becomes usual', () => {
  it('is not what an attack did on one day', () => {
    const baseline = learnt()
    watch(
      many(5_000, (n) => call(laterMs + n * 10)),
      watching,
      baseline,
    )
    watch([call(laterMs + dayMs)], watching, baseline)
    expect(baseline.calls.usual).toBeLessThan(60)
    expect(
      kindsOf(
        watch(
          many(600, (n) => call(laterMs + dayMs + n * 100)),
          watching,
          baseline,
        ),
      ),
    ).toEqual(['burst'])
  })

  it('takes in what is granted anew: hosts of a connection that is new are not told of', () => {
    const baseline = learnt()
    const first = many(5, (n) => ({
      ...call(laterMs + n, { host: `${n}.new.example` }),
      connectionId: 'con_new',
    }))
    expect(watch(first, watching, baseline).findings).toEqual([])
    const later = { ...call(laterMs + 2 * dayMs, { host: 'x.example' }), connectionId: 'con_new' }
    expect(kindsOf(watch([later], watching, baseline))).toEqual(['new_host'])
  })
})
