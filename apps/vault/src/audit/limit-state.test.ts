import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import type {
  LimitChanges,
  LimitLease,
  LimitReservation,
  WindowTaking,
} from './limit-reservation.ts'
import { decideLimits, type LimitState, readLimits, unknownLimits } from './limit-state.ts'
import { useOfLimits } from './limits-used.ts'

const policyId = 'pol_1'
const minuteMs = 60_000
const startMs = 1_800_000_000_000
const leaseMs = 10_000

/** What a database keeps of one policy, and how often it was written. */
function createKept() {
  const windows = new Map<string, readonly number[]>()
  const leases = new Map<string, LimitLease>()
  let version = 0
  return {
    version: () => version,
    read: () => new Map([[policyId, { windows: new Map(windows), leases: new Map(leases) }]]),
    write(changes: LimitChanges) {
      version += 1
      for (const { name, spent } of changes.windows) windows.set(name, spent)
      for (const { auditId, expiresMs, held } of changes.leases) {
        // As the database gives it back.
        leases.set(auditId, structuredClone({ expiresMs, held }))
      }
      for (const auditId of changes.settled) leases.delete(auditId)
    },
  }
}

type Kept = ReturnType<typeof createKept>

interface Settling {
  readonly taking: WindowTaking
  readonly weight: number | undefined
  readonly nowMs: number
}

/** A replica: what it remembers counts as long as nobody else has written. */
function createReplica(kept: Kept) {
  let known: LimitState = unknownLimits()
  let version = -1
  const decide = (nowMs: number) => {
    const isCurrent = version === kept.version()
    const state = isCurrent ? known : readLimits([policyId], kept.read(), unknownLimits())
    const decisions = decideLimits(state, nowMs)
    return {
      ...decisions,
      write() {
        kept.write(decisions.changes())
        known = decisions.commit()
        version = kept.version()
      },
    }
  }
  return {
    reserve(auditId: string, reservation: LimitReservation, nowMs: number) {
      const decisions = decide(nowMs)
      const answer = decisions.reserve(auditId, reservation)
      decisions.write()
      return answer
    },
    settle(auditId: string, { taking, weight, nowMs }: Settling) {
      const decisions = decide(nowMs)
      const { name, limit, windowMs } = taking
      decisions.release(auditId, { policyId, windows: [{ name, limit, windowMs, weight }] })
      decisions.write()
    },
  }
}

const asking = (...windows: WindowTaking[]): LimitReservation => ({ policyId, windows, leaseMs })
const tokens = (weight: number, over: Partial<WindowTaking> = {}): WindowTaking => ({
  name: 'tokensPerDay',
  limit: 1000,
  windowMs: minuteMs,
  weight,
  isEstimate: true,
  ...over,
})

describe('an estimate', () => {
  it('is held until the outcome says what it took, and then only that counts', () => {
    const kept = createKept()
    const [one, two] = [createReplica(kept), createReplica(kept)]
    expect(one.reserve('aud_a', asking(tokens(800)), startMs)).toEqual({
      granted: true,
      held: { tokensPerDay: 800 },
    })
    expect(two.reserve('aud_b', asking(tokens(300)), startMs)).toEqual({
      granted: false,
      limit: 'tokensPerDay',
      retryAfterSeconds: 1,
      standing: { limit: 1000, used: 0, held: 800, asked: 300 },
    })
    one.settle('aud_a', { taking: tokens(0), weight: 100, nowMs: startMs + 5 })
    expect(two.reserve('aud_b', asking(tokens(900)), startMs + 5)).toMatchObject({ granted: true })
    const used = useOfLimits(kept.read().get(policyId) ?? never(), [tokens(0)], startMs + 5)
    expect(used.windows.get('tokensPerDay')).toEqual({ used: 100, held: 900, emptyInMs: minuteMs })
    expect(used.running).toBe(1)
  })

  it('counts once, however often its outcome comes, and as it was held where nobody knows', () => {
    const kept = createKept()
    const one = createReplica(kept)
    one.reserve('aud_a', asking(tokens(400)), startMs)
    for (let i = 0; i < 3; i += 1)
      one.settle('aud_a', { taking: tokens(0), weight: undefined, nowMs: startMs + 1 })
    one.settle('aud_never', { taking: tokens(0), weight: 400, nowMs: startMs + 1 })
    expect(one.reserve('aud_b', asking(tokens(601)), startMs + 1)).toMatchObject({
      granted: false,
      standing: { used: 400, held: 0 },
    })
    expect(one.reserve('aud_c', asking(tokens(600)), startMs + 1)).toMatchObject({ granted: true })
  })

  it('stays held after a crash for as long as it would have counted', () => {
    const kept = createKept()
    createReplica(kept).reserve('aud_a', asking(tokens(900)), startMs)
    const after = createReplica(kept)
    // The lease is over; the tokens may have been used.
    const refused = after.reserve('aud_b', asking(tokens(200)), startMs + leaseMs)
    expect(refused).toMatchObject({ granted: false, retryAfterSeconds: 50 })
    expect(after.reserve('aud_c', asking(tokens(200)), startMs + minuteMs)).toMatchObject({
      granted: true,
    })
  })

  it('that took more than was held closes the limit for so much longer', () => {
    const one = createReplica(createKept())
    one.reserve('aud_a', asking(tokens(10)), startMs)
    one.settle('aud_a', { taking: tokens(0), weight: 5000, nowMs: startMs })
    expect(one.reserve('aud_b', asking(tokens(1)), startMs + minuteMs - 1)).toMatchObject({
      granted: false,
      retryAfterSeconds: 1,
    })
    expect(one.reserve('aud_c', asking(tokens(1)), startMs + minuteMs)).toMatchObject({
      granted: true,
    })
  })

  it('beyond the limit itself is granted only where it is guessed and nothing else counts', () => {
    const one = createReplica(createKept())
    const guess = tokens(5000, { mayExceedAlone: true })
    expect(one.reserve('aud_a', asking(tokens(5000)), startMs)).toMatchObject({
      granted: false,
      retryAfterSeconds: 0,
    })
    expect(one.reserve('aud_a', asking(guess), startMs)).toMatchObject({ granted: true })
    expect(one.reserve('aud_b', asking(guess), startMs)).toMatchObject({
      granted: false,
      retryAfterSeconds: 1,
    })
    one.settle('aud_a', { taking: tokens(0), weight: 1, nowMs: startMs })
    expect(one.reserve('aud_b', asking(guess), startMs)).toMatchObject({
      granted: false,
      retryAfterSeconds: 60,
    })
    expect(one.reserve('aud_c', asking(guess), startMs + minuteMs)).toMatchObject({ granted: true })
  })

  it('that may be given less is given what is left, and nothing where nothing is', () => {
    const one = createReplica(createKept())
    const bytes = tokens(600, { weightMin: 1 })
    const given = ['aud_a', 'aud_b', 'aud_c'].map((id) => one.reserve(id, asking(bytes), startMs))
    expect(given).toMatchObject([
      { held: { tokensPerDay: 600 } },
      { held: { tokensPerDay: 400 } },
      { granted: false, retryAfterSeconds: 1 },
    ])
  })

  it('keeps nothing where another limit of the same request refuses', () => {
    const one = createReplica(createKept())
    const once: WindowTaking = { name: 'perMinute', limit: 1, windowMs: minuteMs }
    expect(one.reserve('aud_a', asking(once, tokens(1)), startMs)).toMatchObject({ granted: true })
    expect(one.reserve('aud_b', asking(tokens(900), once), startMs)).toMatchObject({
      granted: false,
      limit: 'perMinute',
      retryAfterSeconds: 60,
    })
    expect(one.reserve('aud_c', asking(tokens(999)), startMs)).toMatchObject({ granted: true })
  })
})

interface Request {
  readonly realMs: number
  readonly limit: number
  took: number
}

/** A walk of two replicas: requests, outcomes, crashes, a clock that is set back. */
const step = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 2 * minuteMs })),
  act: fc.constantFrom('ask', 'ask', 'ask', 'settle', 'settle', 'crash', 'back'),
  weight: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1100 })),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  isEstimate: fc.boolean(),
  least: fc.boolean(),
  at: fc.nat({ max: 1 }),
})

describe('limits of weights', () => {
  it.each([
    ['with one clock', false],
    ['while the clock is set back again and again', true],
  ])('never let more through than the limit in any window %s', (_, goesBack) => {
    verifies('S-29', 'S-30', 'S-43')
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
        const limit = 1000
        const kept = createKept()
        const replicas = [createReplica(kept), createReplica(kept)]
        const requests: Request[] = []
        const open: { id: string; taking: WindowTaking; request: Request; given: number }[] = []
        let [realMs, backMs] = [startMs, 0]
        for (const [
          number,
          { afterMs, act, weight, part, isEstimate, least, at },
        ] of steps.entries()) {
          realMs += afterMs
          const nowMs = realMs - backMs
          const replica = replicas[at] ?? never()
          if (act === 'back' && goesBack) {
            backMs += weight * 100
            // It is read when a vault starts: whatever was under way is not heard of again.
            for (const each of [0, 1]) replicas[each] = createReplica(kept)
            open.length = 0
          } else if (act === 'crash') {
            replicas[at] = createReplica(kept)
            open.splice(0, open.length, ...open.slice(1))
          } else if (act === 'settle') {
            const [ended] = open.splice(0, 1)
            if (ended === undefined) continue
            ended.request.took = Math.floor(ended.given * part)
            replica.settle(ended.id, { taking: ended.taking, weight: ended.request.took, nowMs })
          } else {
            const taking = tokens(weight, {
              limit,
              ...(isEstimate ? {} : { isEstimate: undefined as unknown as true }),
              ...(least && isEstimate && { weightMin: 1 }),
            })
            const id = `aud_${number}`
            const answer = replica.reserve(id, asking(taking), nowMs)
            if (!answer.granted) continue
            const given = answer.held?.tokensPerDay ?? weight
            const request = { realMs, limit, took: given }
            requests.push(request)
            if (isEstimate) open.push({ id, taking, request, given })
          }
          // What is under way may take all that it was given.
          for (const { realMs: endMs } of requests) {
            const within = requests.filter(
              (one) => one.realMs > endMs - minuteMs && one.realMs <= endMs,
            )
            expect(within.reduce((sum, { took }) => sum + took, 0)).toBeLessThanOrEqual(limit)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

function never(): never {
  throw new Error('There is one.')
}
