import { describe, expect, it } from 'vitest'
import type { Fault, FaultKind } from './excuses.ts'
import type { Facts } from './facts.ts'
import { judge } from './judge.ts'

// The judge of a soak has to see what it is there for: books with a breach in them, and with each excuse that is one.

const authorization = 'Bearer upstream'
const call = (kind: Facts['notes'][number]['kind'], nonce: string) => ({
  ...{ kind, nonce, connectionId: 'con_1', policyId: 'pol_1', member: 'replica 1' },
  ...{ startedAt: 1_000, endedAt: 1_100, auditId: `aud_${nonce}` },
})
const hit = (kind: string, nonce: string) => ({
  ...{ kind, nonce, method: 'GET', at: 1_050, authorization, receipt: `of ${nonce}` },
  intentStood: true,
})
const attempt = (nonce: string, outcome = 'sent') => ({
  ...{ auditId: `aud_${nonce}`, operation: 'execute', at: 1_040, path: `/plain/${nonce}` },
  ...{ policyId: 'pol_1', outcome, status: outcome === 'sent' ? 200 : undefined },
})
const answered = (nonce: string) => ({
  ...call('plain', nonce),
  ...{ status: 200, receipt: `of ${nonce}` },
})
const told = (nonce: string, problem: string) => ({ ...call('plain', nonce), problem })
const fault = (kind: FaultKind, member?: string): Fault => ({ kind, member, from: 900, to: 1_200 })
const person = (what: string, problem: string) => ({
  ...{ what, problem, member: 'replica 1', startedAt: 1_000, endedAt: 1_010 },
})
const word = (approvalId: string, spoken: 'approve' | 'deny', isTaken = true) => ({
  ...{ approvalId, isTaken, word: spoken },
})
const approval = (id: string, status: string, approvedBy = 0) => ({ id, status, approvedBy })

const fine: Facts = {
  hits: [hit('plain', 'a'), hit('asked', 'b')],
  accountHits: [
    { nonce: 'c', at: 1_050, status: 401 },
    { nonce: 'c', at: 1_060, status: 200 },
  ],
  notes: [
    answered('a'),
    { ...call('asked', 'b'), auditId: 'aud_asked', approvalId: 'apr_1' },
    { ...call('asked', 'b'), approvalId: 'apr_1', status: 200, receipt: 'of b' },
    { ...call('asked', 'b'), approvalId: 'apr_1', auditId: 'aud_z', problem: 'approval-consumed' },
    { ...call('account', 'c'), status: 200, auditId: 'aud_c2' },
  ],
  people: [],
  said: [word('apr_1', 'approve')],
  attempts: [
    attempt('a'),
    attempt('b'),
    { ...attempt('c'), path: '/api/account/c', status: 401 },
    { ...attempt('c2'), path: '/api/account/c' },
  ],
  approvals: [approval('apr_1', 'consumed', 1)],
  terms: [{ policyId: 'pol_1', limit: 4, isUsedUp: true }],
  takenBack: [],
  reuses: [],
  troubles: [],
  authorization,
  narrowMost: 3,
  narrowSeen: 3,
  pendingFrom: 0,
}
const more = { ...fine, terms: [] }
const withNotes = (...notes: Facts['notes']): Facts => ({
  ...more,
  notes: [...fine.notes, ...notes],
})
const withAttempts = (facts: Facts, ...attempts: Facts['attempts']): Facts => ({
  ...facts,
  attempts: [...facts.attempts, ...attempts],
})
const withApproval = (row: Facts['approvals'][number], ...said: Facts['said']): Facts => ({
  ...more,
  approvals: [...fine.approvals, row],
  said: [...fine.said, ...said],
})
const firstNote = (note: Partial<Facts['notes'][number]>): Facts => ({
  ...more,
  notes: [{ ...answered('a'), ...note }, ...fine.notes.slice(1)],
})
const firstAttempt = (one: Partial<Facts['attempts'][number]>): Facts => ({
  ...more,
  attempts: [{ ...attempt('a'), ...one }, ...fine.attempts.slice(1)],
})
const revoked = { connectionId: 'con_1', askedAt: 5, at: 10 }

type Book = [string, Facts, RegExp]

const ofRequests: Book[] = [
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
    withAttempts({ ...more, hits: [...fine.hits, hit('asked', 'b')] }, attempt('b')),
    /more than once/,
  ],
  ['an answer from nowhere', withNotes(answered('z')), /without its/],
  ['an answer of another request', firstNote({ receipt: 'other' }), /without its request/],
  ['a status that the upstream never says', firstNote({ status: 502 }), /a was answered 502/],
  [
    'an access token that was over, of a machine that ran on',
    withNotes({ ...call('account', 'd'), status: 401 }),
    /account d was answered 401/,
  ],
  [
    'what was forbidden',
    withAttempts({ ...more, hits: [...fine.hits, hit('forbidden', 'd')] }, attempt('d')),
    /DELETE|GET d/,
  ],
  ['an attempt of nobody', withAttempts(more, attempt('d', 'failed')), /no agent asked for/],
  [
    'another credential',
    { ...more, hits: [{ ...hit('plain', 'a'), authorization: 'Bearer x' }] },
    /another credential/,
  ],
  [
    'a request after the revocation',
    { ...more, takenBack: [revoked], hits: [hit('plain', 'a')] },
    /1040 ms later/,
  ],
  [
    'a request long after the revocation, of a machine that stood still once',
    {
      ...more,
      takenBack: [{ ...revoked, at: 1_010 }],
      hits: [{ ...hit('plain', 'a'), at: 9_000 }],
      troubles: [fault('hold', 'replica 1')],
    },
    /7990 ms later/,
  ],
]

const ofPeople: Book[] = [
  [
    'a denied approval that was sent',
    { ...more, approvals: [approval('apr_1', 'denied')] },
    /its approval is denied/,
  ],
  [
    'an approval that was used up for nothing',
    { ...more, attempts: [] },
    /consumed with 0 intents/,
  ],
  [
    'a word that was taken twice',
    { ...more, said: [...fine.said, word('apr_1', 'approve')] },
    /apr_1: one word was taken twice/,
  ],
  [
    'a denial that did not hold',
    { ...more, said: [word('apr_1', 'deny')] },
    /apr_1 was denied, and is consumed/,
  ],
  [
    'an approval that did not hold',
    withApproval(approval('apr_2', 'pending'), word('apr_2', 'approve')),
    /apr_2 was approved, and is pending/,
  ],
  ['a denial of nobody', withApproval(approval('apr_2', 'denied')), /is denied, and nobody did/],
  ['an approval of nobody', { ...more, said: [] }, /is approved, and nobody did/],
  [
    'an owner who was told no for no reason',
    { ...more, people: [person('list', 'store-unavailable')] },
    /list at replica 1: store-unavailable/,
  ],
  [
    'one word that came too late for no other',
    {
      ...withApproval(approval('apr_2', 'denied'), word('apr_2', 'deny', false)),
      people: [person('deny apr_2', 'approval-not-pending')],
    },
    /deny apr_2 at replica 1/,
  ],
  ['one too many', { ...fine, terms: [{ policyId: 'pol_1', limit: 3, isUsedUp: true }] }, /of 3/],
  [
    'one too few',
    { ...fine, terms: [{ policyId: 'pol_1', limit: 5, isUsedUp: true }] },
    /4 of 5 were let through/,
  ],
  [
    'a limit that said no too soon, once',
    {
      ...withNotes({ ...told('f', 'limit-exceeded'), kind: 'limited' }),
      terms: [{ policyId: 'pol_1', limit: 5, isUsedUp: false }],
    },
    /4 of 5 were let through/,
  ],
  ['too many at once', { ...more, narrowSeen: 4 }, /4 at one time of 3/],
]

const ofEnds: Book[] = [
  [
    'an outcome that is unknown for no reason',
    { ...more, hits: [], attempts: [attempt('a', 'unknown')], notes: [] },
    /aud_a of .* is unknown/,
  ],
  [
    'an outcome that is unknown because of another replica',
    { ...firstAttempt({ outcome: 'unknown' }), troubles: [fault('kill', 'replica 2')] },
    /aud_a of .* is unknown/,
  ],
  [
    'an outcome that is unknown of a vault that was told to stop',
    { ...firstAttempt({ outcome: 'unknown' }), troubles: [fault('drain', 'replica 1')] },
    /aud_a of .* is unknown/,
  ],
  [
    'an outcome that is still to come',
    {
      ...withAttempts(withNotes(told('e', 'vault-unreachable')), attempt('e', 'pending')),
      ...{ pendingFrom: 2_000, troubles: [fault('kill', 'replica 1')] },
    },
    /still pending/,
  ],
  [
    'what is said to be sent and did not come',
    withAttempts(withNotes(call('plain', 'e')), attempt('e')),
    /is said to be sent and never came/,
  ],
  [
    'an answer that is recorded as a failure',
    firstAttempt({ outcome: 'failed', problem: 'upstream-timeout', status: undefined }),
    /a was told 200, and recorded is failed upstream-timeout/,
  ],
  ['an answer with another status', firstAttempt({ status: 500 }), /recorded is sent 500/],
  [
    'an answer that names no entry',
    firstNote({ auditId: undefined }),
    /a was told 200 and has no intent/,
  ],
  [
    'a failure that is recorded as sent',
    firstNote({ status: undefined, receipt: undefined, problem: 'upstream-timeout' }),
    /a was told upstream-timeout, and recorded is sent 200/,
  ],
  [
    'a no to what was sent, also amid a fault',
    {
      ...firstNote({ status: undefined, auditId: undefined, problem: 'store-unavailable' }),
      troubles: [fault('database')],
    },
    /told no, and it was sent.*plain a: store-unavailable/,
  ],
  [
    'a call that failed for no reason',
    withNotes(told('f', 'store-unavailable')),
    /failed without a fault.*store-unavailable/,
  ],
  [
    'a refresh that failed while only the worker was away',
    {
      ...withNotes({ ...told('f', 'token-refresh-failed'), kind: 'account' }),
      troubles: [fault('worker')],
    },
    /failed without a fault/,
  ],
  [
    'an account that failed with what another replica lacks',
    {
      ...withNotes({ ...told('f', 'store-unavailable'), kind: 'account' }),
      troubles: [fault('database-of', 'replica 2')],
    },
    /failed without a fault/,
  ],
  [
    'a call long after the fault',
    {
      ...withNotes({ ...told('f', 'vault-unreachable'), startedAt: 2_300, endedAt: 2_400 }),
      troubles: [fault('kill', 'replica 1')],
    },
    /failed without a fault/,
  ],
  [
    'a call that a vault that was told to stop left amid it',
    {
      ...firstNote({ status: undefined, auditId: undefined, problem: 'vault-unreachable' }),
      troubles: [fault('drain', 'replica 1')],
    },
    /vault-unreachable amid it/,
  ],
  [
    'a revoked connection that nobody revoked',
    withNotes({ ...told('f', 'connection-revoked'), kind: 'doomed' }),
    /connection-revoked/,
  ],
  [
    'a revoked connection before anybody revoked it',
    {
      ...withNotes({ ...told('f', 'connection-revoked'), kind: 'doomed', connectionId: 'con_2' }),
      takenBack: [{ connectionId: 'con_2', askedAt: 2_000, at: 2_100 }],
    },
    /connection-revoked/,
  ],
  [
    'an approval that was told to be denied, and is not',
    withNotes({ ...told('b', 'approval-denied'), kind: 'asked', approvalId: 'apr_1' }),
    /approval-denied/,
  ],
  ['a refresh token used twice', { ...more, reuses: [{ firstAt: 1, lastAt: 9 }] }, /8 ms apart/],
  [
    'a refresh token used twice of vaults that ended in order',
    {
      ...more,
      reuses: [{ firstAt: 1_000, lastAt: 1_100 }],
      troubles: [fault('drain', 'replica 1')],
    },
    /100 ms apart/,
  ],
]

describe('the judge of a soak', () => {
  it('finds nothing where there is nothing', () => {
    expect(judge(fine)).toEqual([])
  })

  it.each([...ofRequests, ...ofPeople, ...ofEnds])('finds %s', (_what, facts, breach) => {
    expect(judge(facts)).toContainEqual(expect.stringMatching(breach))
  })

  it.each<[FaultKind, string | undefined]>([
    ['worker', undefined],
    ['redis', undefined],
    ['rotation', undefined],
    ['kill', 'replica 2'],
    ['drain', 'replica 2'],
    ['hold', 'replica 2'],
    ['database-of', 'replica 2'],
  ])('takes %s of %s for no reason that a call failed', (kind, member) => {
    for (const problem of ['vault-unreachable', 'store-unavailable', 'audit-unavailable']) {
      const found = judge({ ...withNotes(told('f', problem)), troubles: [fault(kind, member)] })
      expect(found).toContainEqual(expect.stringMatching(/failed without a fault/))
    }
  })

  it.each<[FaultKind, string | undefined, string]>([
    ['kill', 'replica 1', 'vault-unreachable'],
    ['drain', 'replica 1', 'overloaded'],
    ['drain', 'replica 1', 'vault-unreachable'],
    ['hold', 'replica 1', 'store-unavailable'],
    ['database-of', 'replica 1', 'audit-unavailable'],
    ['database', undefined, 'store-unavailable'],
  ])('takes %s of %s for a reason to be told %s', (kind, member, problem) => {
    const troubles = [fault(kind, member)]
    expect(judge({ ...withNotes(told('f', problem)), troubles })).toEqual([])
    expect(judge({ ...more, people: [person('list', problem)], troubles })).toEqual([])
  })

  it.each<[FaultKind, string | undefined]>([
    ['kill', 'replica 1'],
    ['database-of', 'replica 1'],
    ['database', undefined],
  ])('takes %s of %s for a reason that an outcome is unknown', (kind, member) => {
    const facts = withAttempts(more, attempt('f', 'unknown'))
    const lost = { ...call('plain', 'f'), auditId: undefined }
    const troubles = [fault(kind, member)]
    expect(judge({ ...facts, notes: [...fine.notes, lost], troubles })).toEqual([])
  })

  it.each<[FaultKind, string | undefined]>([
    ['kill', 'replica 2'],
    ['hold', 'replica 2'],
    ['worker', undefined],
  ])('takes %s of %s for a reason to send a refresh token again', (kind, member) => {
    const reuses = [{ firstAt: 1_000, lastAt: 1_100 }]
    expect(judge({ ...more, reuses, troubles: [fault(kind, member)] })).toEqual([])
  })

  it('takes what another replica lost for a reason that a refresh failed', () => {
    const note = { ...told('f', 'token-refresh-failed'), kind: 'account' as const }
    const troubles = [fault('kill', 'replica 2')]
    expect(judge({ ...withNotes(note), troubles })).toEqual([])
  })

  it('takes a machine that stood still for a reason of a late token and of a late request', () => {
    const troubles = [fault('hold', 'replica 1')]
    const account = { ...call('account', 'c'), auditId: 'aud_c', status: 401 }
    const notes = [...fine.notes.slice(0, -1), account]
    expect(judge({ ...more, notes, troubles })).toEqual([])
    const hits = [{ ...hit('plain', 'a'), at: 2_100 }, hit('asked', 'b')]
    const takenBack = [{ ...revoked, askedAt: 1_010, at: 1_050 }]
    expect(judge({ ...more, hits, takenBack, troubles })).toEqual([])
  })

  it('takes a revocation, the second of two words and a denial for what they are', () => {
    const facts: Facts = {
      ...withApproval(
        approval('apr_2', 'denied'),
        word('apr_2', 'deny'),
        word('apr_2', 'approve', false),
      ),
      notes: [
        ...fine.notes,
        { ...told('f', 'request-stopped'), kind: 'doomed', connectionId: 'con_2' },
        { ...told('g', 'approval-denied'), kind: 'asked', approvalId: 'apr_2' },
      ],
      people: [person('approve apr_2', 'approval-not-pending')],
      takenBack: [{ connectionId: 'con_2', askedAt: 1_050, at: 1_090 }],
    }
    expect(judge(facts)).toEqual([])
  })
})
