import { stoodStill } from './excuses.ts'
import { countBy, type Facts, nonceOf } from './facts.ts'

// Whether what came to an upstream had its intent, came once, was answered to who asked, and was still to be sent.

/** After an owner's revocation was answered nothing new is sent on any replica. */
const revokedWithinMs = 1_000

/** Each request has an intent of its own that stood before it came. */
export function judgeIntents({ hits, accountHits, attempts }: Facts): string[] {
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
export function judgeOnce({ hits, accountHits, attempts }: Facts): string[] {
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

/** Whoever was answered was answered what the upstream said to this request, once; it never says anything but 200. */
export function judgeAnswers({ hits, accountHits, notes, troubles }: Facts): string[] {
  const receipts = new Map(hits.map(({ nonce, receipt }) => [nonce, receipt]))
  const accounts = new Set(
    accountHits.flatMap(({ nonce, status }) => (status === 200 ? [nonce] : [])),
  )
  const answered = notes.filter(({ status }) => status !== undefined)
  const twice = countBy(answered, ({ nonce }) => nonce)
  return answered.flatMap(({ kind, nonce, receipt, status, member, startedAt, endedAt }) => {
    if (twice.get(nonce) !== 1) return [`${nonce} was answered ${twice.get(nonce)} times`]
    if (status !== 200) {
      // A token that was good when it was taken may be over when a machine that stood still goes on.
      const isLate = kind === 'account' && status === 401
      const when = { from: startedAt, to: endedAt, member }
      return isLate && stoodStill(troubles, when) ? [] : [`${kind} ${nonce} was answered ${status}`]
    }
    const isThere =
      kind === 'account' ? accounts.has(nonce) : receipts.get(nonce) === (receipt ?? 'none')
    return isThere ? [] : [`${kind} ${nonce}`]
  })
}

/** A revoked connection sends nothing more. A machine that stood still amid a request goes on with it. */
export function judgeTakenBack({ hits, notes, takenBack, troubles }: Facts): string[] {
  const takenAt = new Map(takenBack.map(({ connectionId, at }) => [connectionId, at]))
  const noteOf = new Map(notes.map((note) => [note.nonce, note]))
  return hits.flatMap(({ nonce, at }) => {
    const note = noteOf.get(nonce)
    const taken = takenAt.get(note?.connectionId ?? '')
    if (note === undefined || taken === undefined || at <= taken + revokedWithinMs) return []
    const { member, startedAt } = note
    const stood = startedAt < taken && stoodStill(troubles, { from: at, to: at, member })
    return stood ? [] : [`${nonce}, ${at - taken} ms later`]
  })
}
