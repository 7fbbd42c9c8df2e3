import type { ApprovalRow, Attempt } from './books.ts'
import type { CallKind, CallNote } from './calls.ts'
import type { Trouble } from './chaos.ts'
import type { Hit } from './ledger.ts'
import type { LimitedTerm, TakenBack } from './traffic.ts'

// Lays the books side by side: what the upstream saw, what the vault recorded, and what agents and people were told.

/** A request at the API of the provider of accounts. */
export interface AccountHit {
  readonly nonce: string
  readonly at: number
  readonly status: number
}

/** A refresh token that reached its provider more than once. */
export interface Reuse {
  readonly firstAt: number
  readonly lastAt: number
}

export interface Facts {
  readonly hits: readonly Hit[]
  readonly accountHits: readonly AccountHit[]
  readonly notes: readonly CallNote[]
  readonly attempts: readonly Attempt[]
  readonly approvals: readonly ApprovalRow[]
  readonly terms: readonly LimitedTerm[]
  readonly takenBack: readonly TakenBack[]
  readonly reuses: readonly Reuse[]
  readonly troubles: readonly Pick<Trouble, 'what' | 'member' | 'from' | 'to'>[]
  /** What each request at the upstream has to bring. */
  readonly authorization: string
  readonly narrowMost: number
  readonly narrowSeen: number
  /** Attempts that began later than this may still be without an outcome; milliseconds since the epoch. */
  readonly pendingFrom: number
}

/** After a fault is over its traces are still seen for so long: a call that had waited ends. */
const aftermathMs = 5_000
/** After an owner's revocation was answered nothing new is sent on any replica. */
const revokedWithinMs = 1_000
const shownMax = 5

interface When {
  readonly from: number
  readonly to: number
  /** The replica that it happened at: what befell another explains nothing. Any of them where it is left out. */
  readonly member?: string
}

const isTroubled = ({ troubles }: Facts, { from, to, member }: When) =>
  troubles.some(
    (trouble) =>
      trouble.from <= to &&
      trouble.to + aftermathMs >= from &&
      (member === undefined || trouble.member === undefined || trouble.member === member),
  )

const nonceOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function countBy<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const one of list) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1)
  return counts
}

/** Judges them. Answers each breach as a sentence; none where all promises were kept. */
export function judge(facts: Facts): string[] {
  const checks: readonly (readonly [string, (facts: Facts) => readonly string[]])[] = [
    ['an upstream request without an intent of its own before it', judgeIntents],
    ['a request sent more than once', judgeOnce],
    ['an answer without its request', judgeAnswers],
    ['a request that nobody allowed', judgePermission],
    ['an approval that did not hold', judgeApprovals],
    ['a limit exceeded, or not given out whole', judgeLimits],
    ['a request after its connection was taken back', judgeTakenBack],
    ['an outcome that nothing explains', judgeOutcomes],
    ['a call that failed without a fault', judgeFailures],
    ['a refresh token used twice without a fault', judgeReuses],
  ]
  return checks.flatMap(([what, check]) => {
    const found = check(facts)
    if (found.length === 0) return []
    const shown = found.slice(0, shownMax).join('; ')
    const more = found.length > shownMax ? `; and ${found.length - shownMax} more` : ''
    return [`${what} (${found.length}): ${shown}${more}`]
  })
}

function judgeIntents({ hits, accountHits, attempts }: Facts): string[] {
  const byNonce = new Map<string, number[]>()
  for (const { path, at } of attempts) {
    byNonce.set(nonceOf(path), [...(byNonce.get(nonceOf(path)) ?? []), at])
  }
  const seen = new Map<string, number>()
  return [...hits, ...accountHits].flatMap((hit) => {
    const turn = seen.get(hit.nonce) ?? 0
    seen.set(hit.nonce, turn + 1)
    const intentAt = byNonce.get(hit.nonce)?.sort((a, b) => a - b)[turn]
    if (intentAt === undefined) return [`${hit.nonce} has none`]
    if (intentAt > hit.at) return [`${hit.nonce} came ${intentAt - hit.at} ms before it`]
    return 'intentStood' in hit && hit.intentStood === false ? [`${hit.nonce}: not committed`] : []
  })
}

/** An account's request goes out again where its access token was refused; then it did nothing. */
function judgeOnce({ hits, accountHits, attempts }: Facts): string[] {
  const answered = accountHits.filter(({ status }) => status !== 401)
  const counts = countBy([...hits, ...answered], ({ nonce }) => nonce)
  const accounts = new Set(accountHits.map(({ nonce }) => nonce))
  const intents = countBy(
    attempts.filter(({ path }) => !accounts.has(nonceOf(path)) && !path.startsWith('/api/')),
    ({ path }) => nonceOf(path),
  )
  return [...counts, ...intents].flatMap(([nonce, count]) =>
    count > 1 ? [`${nonce}: ${count} times`] : [],
  )
}

function judgeAnswers({ hits, accountHits, notes }: Facts): string[] {
  const receipts = new Map(hits.map(({ nonce, receipt }) => [nonce, receipt]))
  const accounts = new Set(
    accountHits.flatMap(({ nonce, status }) => (status === 200 ? [nonce] : [])),
  )
  const answered = notes.filter(({ status }) => status === 200)
  const twice = countBy(answered, ({ nonce }) => nonce)
  return answered.flatMap(({ kind, nonce, receipt }) => {
    if (twice.get(nonce) !== 1) return [`${nonce} was answered ${twice.get(nonce)} times`]
    const isThere =
      kind === 'account' ? accounts.has(nonce) : receipts.get(nonce) === (receipt ?? 'none')
    return isThere ? [] : [`${kind} ${nonce}`]
  })
}

function judgePermission({ hits, notes, authorization }: Facts): string[] {
  const known = new Set(notes.map(({ nonce }) => nonce))
  return hits.flatMap((hit) => {
    if (hit.kind === 'forbidden') return [`${hit.method} ${hit.nonce}`]
    if (!known.has(hit.nonce)) return [`${hit.nonce}, which no agent asked for`]
    return hit.authorization === authorization ? [] : [`${hit.nonce} with another credential`]
  })
}

function judgeApprovals({ hits, notes, approvals }: Facts): string[] {
  const rows = new Map(approvals.map((row) => [row.id, row]))
  const approvalOf = new Map(
    notes.flatMap(({ nonce, approvalId }) =>
      approvalId === undefined ? [] : [[nonce, approvalId]],
    ),
  )
  return hits.flatMap(({ kind, nonce }) => {
    if (kind !== 'asked') return []
    const row = rows.get(approvalOf.get(nonce) ?? '')
    if (row === undefined) return [`${nonce} has none`]
    return row.status === 'consumed' && row.approvedBy > 0
      ? []
      : [`${nonce} was sent, and its approval is ${row.status} with ${row.approvedBy} approvals`]
  })
}

function judgeLimits(facts: Facts): string[] {
  const { attempts, hits, notes, narrowMost, narrowSeen } = facts
  const intents = countBy(attempts, ({ policyId }) => policyId ?? '')
  const policyOf = new Map(notes.map(({ nonce, policyId }) => [nonce, policyId]))
  const sent = countBy(hits, ({ nonce }) => policyOf.get(nonce) ?? '')
  const terms = facts.terms.flatMap(({ policyId, limit, isUsedUp }) => {
    const made = intents.get(policyId) ?? 0
    const came = sent.get(policyId) ?? 0
    if (made > limit || came > limit)
      return [`${policyId}: ${made} attempts and ${came} requests of ${limit}`]
    return isUsedUp && made < limit ? [`${policyId}: ${made} of ${limit} were let through`] : []
  })
  const narrow = narrowSeen > narrowMost ? [`${narrowSeen} at one time of ${narrowMost}`] : []
  return [...terms, ...narrow]
}

function judgeTakenBack({ hits, notes, takenBack, troubles }: Facts): string[] {
  const takenAt = new Map(takenBack.map(({ connectionId, at }) => [connectionId, at]))
  const noteOf = new Map(notes.map((note) => [note.nonce, note]))
  return hits.flatMap(({ nonce, at }) => {
    const note = noteOf.get(nonce)
    const taken = takenAt.get(note?.connectionId ?? '')
    if (note === undefined || taken === undefined || at <= taken + revokedWithinMs) return []
    // A machine that stood still amid a request goes on with it: it knows of nothing that happened meanwhile.
    const stood = troubles.some(
      ({ what, member, from, to }) =>
        what.includes('stood still') &&
        member === note.member &&
        from <= at &&
        at <= to + aftermathMs &&
        to >= taken,
    )
    return stood && note.startedAt < taken ? [] : [`${nonce}, ${at - taken} ms later`]
  })
}

function judgeOutcomes(facts: Facts): string[] {
  const seen = new Set([...facts.hits, ...facts.accountHits].map(({ nonce }) => nonce))
  return facts.attempts.flatMap(({ auditId, operation, at, outcome, path }) => {
    if (outcome === 'sent' && operation.startsWith('execute') && !seen.has(nonceOf(path)))
      return [`${auditId} is said to be sent and never came`]
    const isOpen = outcome === 'unknown' || outcome === 'pending'
    if (!isOpen) return []
    if (outcome === 'pending' && at < facts.pendingFrom) return [`${auditId} is still pending`]
    return isTroubled(facts, { from: at, to: at + aftermathMs }) ? [] : [`${auditId} is ${outcome}`]
  })
}

/** What an agent may be told though nothing is broken. */
const expected: Readonly<Record<CallKind, readonly string[]>> = {
  plain: [],
  slow: [],
  account: [],
  limited: ['limit-exceeded'],
  narrow: ['limit-exceeded'],
  asked: ['approval-consumed', 'approval-denied', 'approval-pending', 'approval-expired'],
  forbidden: ['policy-denied'],
  doomed: ['connection-revoked', 'request-stopped'],
}

function judgeFailures(facts: Facts): string[] {
  return facts.notes.flatMap(({ kind, member, problem, startedAt, endedAt }) => {
    if (problem === undefined || expected[kind].includes(problem)) return []
    // One replica asks the provider for all of them.
    const where = kind === 'account' ? {} : { member }
    if (isTroubled(facts, { from: startedAt, to: endedAt, ...where })) return []
    const at = new Date(endedAt).toISOString().slice(11, 19)
    return [`${kind} at ${member}: ${problem} at ${at} after ${endedAt - startedAt} ms`]
  })
}

const judgeReuses = (facts: Facts): string[] =>
  facts.reuses.flatMap(({ firstAt, lastAt }) =>
    isTroubled(facts, { from: firstAt, to: lastAt }) ? [] : [`${lastAt - firstAt} ms apart`],
  )
