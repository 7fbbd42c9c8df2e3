import type { Attempt } from './books.ts'
import type { CallKind, CallNote } from './calls.ts'
import { explainsProblem, explainsRefresh, explainsReuse, explainsUnknown } from './excuses.ts'
import { type Facts, groupBy, nonceOf } from './facts.ts'

// How calls ended: what the agent was told, what is recorded, and whether a fault at the replica that was asked explains it.

const timeOf = (at: number) => new Date(at).toISOString().slice(11, 19)

/** What is recorded as sent came; what has no outcome was open when its replica, or its database, was lost. */
export function judgeOutcomes(facts: Facts): string[] {
  const seen = new Set([...facts.hits, ...facts.accountHits].map(({ nonce }) => nonce))
  const notes = groupBy(facts.notes, ({ nonce }) => nonce)
  return facts.attempts.flatMap(({ auditId, operation, at, outcome, path }) => {
    if (outcome === 'sent' && operation.startsWith('execute') && !seen.has(nonceOf(path)))
      return [`${auditId} is said to be sent and never came`]
    if (outcome !== 'unknown' && outcome !== 'pending') return []
    if (outcome === 'pending' && at < facts.pendingFrom) return [`${auditId} is still pending`]
    // Several may redeem one approval: whose attempt it is the log does not say.
    const isExplained = (notes.get(nonceOf(path)) ?? []).some(({ member, endedAt }) =>
      explainsUnknown(facts.troubles, { from: at, to: Math.max(at, endedAt), member }),
    )
    return isExplained ? [] : [`${auditId} of ${timeOf(at)} is ${outcome}`]
  })
}

/** Whoever was answered finds the same status recorded, and whoever was told a problem the same problem. */
export function judgeAgreement({ notes, attempts }: Facts): string[] {
  const recorded = new Map(attempts.map((attempt) => [attempt.auditId, attempt]))
  return notes.flatMap((note) => {
    const { kind, nonce, status, problem, auditId } = note
    if (status === undefined && problem === undefined) return []
    const attempt = recorded.get(auditId ?? '')
    const what = `${kind} ${nonce} was told ${status ?? problem}`
    if (attempt === undefined) return status === undefined ? [] : [`${what} and has no intent`]
    return agrees(note, attempt) ? [] : [`${what}, and recorded is ${tell(attempt)}`]
  })
}

/** What has no outcome is asked about elsewhere. */
function agrees({ status, problem }: CallNote, attempt: Attempt): boolean {
  if (attempt.outcome === 'unknown' || attempt.outcome === 'pending') return true
  if (status !== undefined) return attempt.outcome === 'sent' && attempt.status === status
  return attempt.outcome === 'failed' && attempt.problem === problem
}

const tell = ({ outcome, status, problem }: Attempt) =>
  [outcome, status, problem].filter((part) => part !== undefined).join(' ')

/** After these nobody claims to know whether it was sent. */
const uncertain: ReadonlySet<string> = new Set([
  'vault-unreachable',
  'vault-timeout',
  'upstream-unreachable',
  'upstream-timeout',
  'upstream-invalid-response',
  'request-stopped',
  'internal-error',
])

/** What an agent was told to be refused did not reach the upstream. Of those who redeem one approval all but one are refused. */
export function judgeNos({ hits, accountHits, notes }: Facts): string[] {
  const came = new Set([
    ...hits.map(({ nonce }) => nonce),
    ...accountHits.flatMap(({ nonce, status }) => (status === 401 ? [] : [nonce])),
  ])
  return notes.flatMap(({ kind, nonce, problem }) =>
    kind !== 'asked' && problem !== undefined && !uncertain.has(problem) && came.has(nonce)
      ? [`${kind} ${nonce}: ${problem}`]
      : [],
  )
}

/** What an agent may be told though nothing is broken. */
const expected: Readonly<Record<CallKind, readonly string[]>> = {
  plain: [],
  slow: [],
  account: [],
  limited: ['limit-exceeded'],
  narrow: ['limit-exceeded'],
  asked: [],
  forbidden: ['policy-denied'],
  doomed: [],
}

const ofRefresh: ReadonlySet<string> = new Set(['token-refresh-failed', 'provider-unavailable'])
const ofRevocation: ReadonlySet<string> = new Set(['connection-revoked', 'request-stopped'])

/** A call fails because of what it is, of what a person said, or of a fault at the replica that was asked. */
export function judgeFailures(facts: Facts): string[] {
  const rows = new Map(facts.approvals.map((row) => [row.id, row.status]))
  const takenFrom = new Map(
    facts.takenBack.map(({ connectionId, askedAt }) => [connectionId, askedAt]),
  )
  const intents = new Set(facts.attempts.map(({ path }) => nonceOf(path)))
  const isExpected = (note: CallNote, problem: string) => {
    if (expected[note.kind].includes(problem)) return true
    const askedAt = takenFrom.get(note.connectionId) ?? Number.POSITIVE_INFINITY
    if (ofRevocation.has(problem)) return note.kind === 'doomed' && askedAt <= note.endedAt
    return note.kind === 'asked' && problem === `approval-${rows.get(note.approvalId ?? '')}`
  }
  return facts.notes.flatMap((note) => {
    const { kind, nonce, member, problem, startedAt, endedAt } = note
    if (problem === undefined || isExpected(note, problem)) return []
    const when = { from: startedAt, to: endedAt, member }
    // Whoever is told to stop answers what is under way: only what it did not begin it may leave unanswered.
    const begun = problem === 'vault-unreachable' && kind !== 'asked' && intents.has(nonce)
    const faults = facts.troubles.filter((fault) => !(begun && fault.kind === 'drain'))
    if (explainsProblem(faults, when, problem)) return []
    if (kind === 'account' && ofRefresh.has(problem) && explainsRefresh(faults, when)) return []
    const took = `at ${timeOf(endedAt)} after ${endedAt - startedAt} ms`
    return [`${kind} at ${member}: ${problem}${begun ? ' amid it' : ''} ${took}`]
  })
}

/** A refresh token is sent twice only where whoever had its successor was lost. */
export const judgeReuses = (facts: Facts): string[] =>
  facts.reuses.flatMap(({ firstAt, lastAt }) =>
    explainsReuse(facts.troubles, { from: firstAt, to: lastAt })
      ? []
      : [`${lastAt - firstAt} ms apart`],
  )
