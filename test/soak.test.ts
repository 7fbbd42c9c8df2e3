import { describe, expect, it } from 'vitest'
import { type Facts, judge } from './soak/judge.ts'
import { soak } from './soak/soak.ts'
import { verifies } from './verifies.ts'

// The code of `npm run soak`, for some seconds, and its judge, who has to see what it is there for.

const authorization = 'Bearer upstream'
const call = (kind: Facts['notes'][number]['kind'], nonce: string) => ({
  ...{ kind, nonce, connectionId: 'con_1', policyId: 'pol_1', member: 'replica 1' },
  ...{ startedAt: 1_000, endedAt: 1_100 },
})
const hit = (kind: string, nonce: string) => ({
  ...{ kind, nonce, method: 'GET', at: 1_050, authorization, receipt: `of ${nonce}` },
  intentStood: true,
})
const attempt = (nonce: string, outcome = 'sent') => ({
  ...{ auditId: `aud_${nonce}`, operation: 'execute', at: 1_040, path: `/plain/${nonce}` },
  ...{ policyId: 'pol_1', outcome },
})
const answered = (nonce: string) => ({
  ...call('plain', nonce),
  ...{ status: 200, receipt: `of ${nonce}` },
})
const trouble = { what: 'kill -9', member: 'replica 1', from: 900, to: 1_200 }

const fine: Facts = {
  hits: [hit('plain', 'a'), hit('asked', 'b')],
  accountHits: [
    { nonce: 'c', at: 1_050, status: 401 },
    { nonce: 'c', at: 1_060, status: 200 },
  ],
  notes: [
    answered('a'),
    { ...call('asked', 'b'), approvalId: 'apr_1' },
    { ...call('account', 'c'), status: 200 },
  ],
  attempts: [attempt('a'), attempt('b'), attempt('c'), attempt('c')].map((one, i) =>
    i < 2 ? one : { ...one, path: '/api/account/c' },
  ),
  approvals: [{ id: 'apr_1', status: 'consumed', approvedBy: 1 }],
  terms: [{ policyId: 'pol_1', limit: 4, isUsedUp: true }],
  takenBack: [],
  reuses: [],
  troubles: [],
  authorization,
  narrowMost: 3,
  narrowSeen: 3,
  pendingFrom: 0,
}

describe('the judge of a soak', () => {
  it('finds nothing where there is nothing', () => {
    expect(judge(fine)).toEqual([])
  })

  const more = { ...fine, terms: [] }
  it.each<[string, Facts, RegExp]>([
    ['no intent', { ...more, attempts: fine.attempts.slice(1) }, /without an intent/],
    [
      'an intent that came later',
      { ...more, hits: [{ ...hit('plain', 'a'), at: 1_000 }] },
      /came 40 ms before it/,
    ],
    [
      'an intent that was not committed',
      { ...more, hits: [{ ...hit('plain', 'a'), intentStood: false }] },
      /not committed/,
    ],
    [
      'a request sent twice',
      {
        ...more,
        hits: [...fine.hits, hit('asked', 'b')],
        attempts: [...fine.attempts, attempt('b')],
      },
      /more than once/,
    ],
    ['an answer from nowhere', { ...more, notes: [...fine.notes, answered('z')] }, /without its/],
    [
      'an answer of another request',
      { ...more, notes: [{ ...answered('a'), receipt: 'other' }, ...fine.notes.slice(1)] },
      /without its request/,
    ],
    [
      'what was forbidden',
      {
        ...more,
        hits: [...fine.hits, hit('forbidden', 'd')],
        attempts: [...fine.attempts, attempt('d')],
      },
      /nobody allowed/,
    ],
    [
      'another credential',
      { ...more, hits: [{ ...hit('plain', 'a'), authorization: 'Bearer x' }] },
      /another credential/,
    ],
    [
      'a denied approval',
      { ...more, approvals: [{ id: 'apr_1', status: 'denied', approvedBy: 0 }] },
      /its approval is denied/,
    ],
    ['one too many', { ...fine, terms: [{ policyId: 'pol_1', limit: 3, isUsedUp: true }] }, /of 3/],
    [
      'one too few',
      { ...fine, terms: [{ policyId: 'pol_1', limit: 5, isUsedUp: true }] },
      /4 of 5 were let through/,
    ],
    ['too many at once', { ...more, narrowSeen: 4 }, /4 at one time of 3/],
    [
      'a request after the revocation',
      {
        ...more,
        takenBack: [{ connectionId: 'con_1', at: 10 }],
        hits: [hit('plain', 'a')],
      },
      /1040 ms later/,
    ],
    [
      'a request long after the revocation, of a machine that stood still once',
      {
        ...more,
        takenBack: [{ connectionId: 'con_1', at: 1_010 }],
        hits: [{ ...hit('plain', 'a'), at: 9_000 }],
        troubles: [{ ...trouble, what: 'replica 1 stood still for 300 ms' }],
      },
      /7990 ms later/,
    ],
    [
      'an outcome that is unknown for no reason',
      { ...more, hits: [], attempts: [attempt('a', 'unknown')], notes: [] },
      /aud_a is unknown/,
    ],
    [
      'an outcome that is still to come',
      { ...more, attempts: [...fine.attempts, attempt('e', 'pending')], pendingFrom: 2_000 },
      /still pending/,
    ],
    [
      'a call that failed for no reason',
      { ...more, notes: [...fine.notes, { ...call('plain', 'f'), problem: 'store-unavailable' }] },
      /failed without a fault.*store-unavailable/,
    ],
    [
      'a call that failed because of another replica',
      {
        ...more,
        notes: [...fine.notes, { ...call('plain', 'f'), problem: 'store-unavailable' }],
        troubles: [{ ...trouble, member: 'replica 2' }],
      },
      /failed without a fault/,
    ],
    ['a refresh token used twice', { ...more, reuses: [{ firstAt: 1, lastAt: 9 }] }, /8 ms apart/],
  ])('finds %s', (_what, facts, breach) => {
    expect(judge(facts)).toContainEqual(expect.stringMatching(breach))
  })

  it('takes a fault for a reason', () => {
    const facts: Facts = {
      ...more,
      notes: [...fine.notes, { ...call('plain', 'f'), problem: 'vault-unreachable' }],
      attempts: [...fine.attempts, attempt('f', 'unknown')],
      reuses: [{ firstAt: 1_000, lastAt: 1_100 }],
      troubles: [trouble],
    }
    expect(judge(facts)).toEqual([])
  })
})

it('two replicas keep every promise while they are killed, cut off and held up for some seconds', async () => {
  verifies('S-25', 'S-29', 'S-36', 'S-43', 'S-44')
  const lines: string[] = []
  const { breaches, figures } = await soak({
    ...{ seed: 7, replicas: 2, runMs: 6_000, settleMs: 0 },
    print: (line) => void lines.push(line),
    signal: new AbortController().signal,
  })
  expect(breaches, lines.join('\n')).toEqual([])
  expect(Number(figures['requests at upstreams'])).toBeGreaterThan(20)
}, 150_000)
