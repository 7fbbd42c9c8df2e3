import type { InputOf, OutputOf, simulatePolicy } from '@sallyport/contracts'
import type { Judge, Verdict } from './judge-attempt.ts'
import type { Attempt, Said } from './read-attempt.ts'
import { type HistoryNeeds, readHistory, type Whose } from './read-history.ts'

type Simulated = OutputOf<typeof simulatePolicy>
type Entry = Simulated['entries'][number]
type Change = Entry['change']

/** Which entries are shown: of this kind alone, or all but the same; a page of them, after the one that the cursor names. */
export type Shown = Pick<InputOf<typeof simulatePolicy>, 'change' | 'limit' | 'cursor'>

/** What a draft changes, counted, with the newest entries that are asked for. */
export type Simulation = Omit<Simulated, 'from' | 'to'>

/** Runs a draft over history. */
export async function simulate(
  needs: HistoryNeeds,
  {
    whose,
    judge,
    shown,
  }: {
    readonly whose: Whose
    readonly judge: Judge
    readonly shown: Shown
  },
): Promise<Simulation> {
  const tally: Record<Change, number> = {
    same: 0,
    newlyDenied: 0,
    newlyAllowed: 0,
    newlyAsking: 0,
    unknown: 0,
  }
  const entries: Entry[] = []
  const { change, limit, cursor } = shown
  let isAhead = cursor === undefined
  let hasMore = false
  const end = await readHistory(needs, whose, (attempt) => {
    const verdict = judge(attempt)
    const kind = changeOf(attempt.was, verdict.outcome)
    tally[kind] += 1
    const isShown = change === undefined ? kind !== 'same' : kind === change
    if (isAhead && isShown) {
      if (entries.length < limit) entries.push(show(attempt, verdict, kind))
      else hasMore = true
    }
    if (attempt.auditId === cursor) isAhead = true
  })
  const last = hasMore ? entries.at(-1) : undefined
  return { ...end, ...tally, entries, ...(last !== undefined && { nextCursor: last.auditId }) }
}

/** What becomes of an attempt. */
function changeOf(was: Said, wouldBe: Verdict['outcome']): Change {
  if (wouldBe === 'unknown') return 'unknown'
  if (wouldBe === was) return 'same'
  if (wouldBe === 'deny') return 'newlyDenied'
  return wouldBe === 'allow' ? 'newlyAllowed' : 'newlyAsking'
}

const show = (attempt: Attempt, { outcome, reason, ruleId }: Verdict, change: Change): Entry => ({
  auditId: attempt.auditId,
  at: attempt.at,
  method: attempt.method,
  host: attempt.host,
  path: attempt.path,
  was: attempt.was,
  wouldBe: outcome,
  change,
  reason,
  ...(ruleId !== undefined && { ruleId }),
})
