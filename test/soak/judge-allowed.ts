import { explainsProblem } from './excuses.ts'
import { countBy, type Facts, groupBy, nonceOf } from './facts.ts'

// Whether what was sent was allowed: by policies, limits and people, and whether what people said held.

/** Only what an agent asked for is sent, with the credential of its connection, and nothing that is forbidden. */
export function judgePermission({ hits, notes, attempts, authorization }: Facts): string[] {
  const known = new Set(notes.map(({ nonce }) => nonce))
  const strangers = attempts.flatMap(({ auditId, operation, path }) =>
    operation.startsWith('execute') && !known.has(nonceOf(path))
      ? [`${auditId}, which no agent asked for`]
      : [],
  )
  const sent = hits.flatMap((hit) => {
    if (hit.kind === 'forbidden') return [`${hit.method} ${hit.nonce}`]
    if (!known.has(hit.nonce)) return [`${hit.nonce}, which no agent asked for`]
    return hit.authorization === authorization ? [] : [`${hit.nonce} with another credential`]
  })
  return [...strangers, ...sent]
}

/** Used once, where a person said yes; and nothing is used up without an attempt. */
export function judgeApprovals({ hits, notes, attempts, approvals }: Facts): string[] {
  const rows = new Map(approvals.map((row) => [row.id, row]))
  const nonces = new Map<string, string>()
  const asked = new Map<string, string>()
  for (const { nonce, approvalId } of notes) {
    if (approvalId === undefined) continue
    nonces.set(approvalId, nonce)
    asked.set(nonce, approvalId)
  }
  const sent = hits.flatMap(({ kind, nonce }) => {
    if (kind !== 'asked') return []
    const row = rows.get(asked.get(nonce) ?? '')
    if (row === undefined) return [`${nonce} has none`]
    return row.status === 'consumed' && row.approvedBy > 0
      ? []
      : [`${nonce} was sent, and its approval is ${row.status} with ${row.approvedBy} approvals`]
  })
  const intents = countBy(attempts, ({ path }) => nonceOf(path))
  const used = approvals.flatMap(({ id, status }) => {
    const nonce = nonces.get(id)
    if (nonce === undefined) return []
    const made = intents.get(nonce) ?? 0
    return made === (status === 'consumed' ? 1 : 0)
      ? []
      : [`${id} is ${status} with ${made} intents`]
  })
  return [...sent, ...used]
}

/** What a person was told to be taken is what stands, and nothing stands that nobody said. A denial also takes back an approval. */
export function judgeSaid({ said, approvals }: Facts): string[] {
  const words = groupBy(said, ({ approvalId }) => approvalId)
  return approvals.flatMap(({ id, status, approvedBy }) => {
    const about = words.get(id) ?? []
    const taken = about.flatMap(({ word, isTaken }) => (isTaken ? [word] : []))
    if (taken.length > new Set(taken).size) return [`${id}: one word was taken twice`]
    const spoken = new Set(about.map(({ word }) => word))
    const isDenied = status === 'denied'
    if (taken.includes('deny') && !isDenied) return [`${id} was denied, and is ${status}`]
    if (isDenied && !spoken.has('deny')) return [`${id} is denied, and nobody did`]
    if (taken.includes('approve') && (status === 'pending' || approvedBy === 0)) {
      return [`${id} was approved, and is ${status} with ${approvedBy} approvals`]
    }
    return approvedBy > 0 && !spoken.has('approve') ? [`${id} is approved, and nobody did`] : []
  })
}

/** No limit is exceeded by one, and none says no before it is used up. */
export function judgeLimits(facts: Facts): string[] {
  const { attempts, hits, notes, narrowMost, narrowSeen } = facts
  const intents = countBy(attempts, ({ policyId }) => policyId ?? '')
  const policyOf = new Map(notes.map(({ nonce, policyId }) => [nonce, policyId]))
  const sent = countBy(hits, ({ nonce }) => policyOf.get(nonce) ?? '')
  const refused = new Set(
    notes.flatMap(({ policyId, problem }) => (problem === 'limit-exceeded' ? [policyId] : [])),
  )
  const terms = facts.terms.flatMap(({ policyId, limit, isUsedUp }) => {
    const made = intents.get(policyId) ?? 0
    const came = sent.get(policyId) ?? 0
    if (made > limit || came > limit)
      return [`${policyId}: ${made} attempts and ${came} requests of ${limit}`]
    return (isUsedUp || refused.has(policyId)) && made < limit
      ? [`${policyId}: ${made} of ${limit} were let through`]
      : []
  })
  const narrow = narrowSeen > narrowMost ? [`${narrowSeen} at one time of ${narrowMost}`] : []
  return [...terms, ...narrow]
}

/** Where nothing was wrong at the replica an owner gets done what they want; but for the second of two words. */
export function judgePeople({ people, said, troubles }: Facts): string[] {
  const words = countBy(said, ({ approvalId }) => approvalId)
  return people.flatMap(({ what, member, problem, startedAt, endedAt }) => {
    if (problem === undefined) return []
    const [, approvalId = ''] = what.split(' ')
    if (problem === 'approval-not-pending' && (words.get(approvalId) ?? 0) > 1) return []
    const when = { from: startedAt, to: endedAt, member }
    if (explainsProblem(troubles, when, problem)) return []
    return [`${what} at ${member}: ${problem} after ${endedAt - startedAt} ms`]
  })
}
