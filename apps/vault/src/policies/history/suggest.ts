import {
  type AuditEntry,
  type OutputOf,
  type PolicyDocument,
  Problem,
  type suggestPolicy,
} from '@sallyport/contracts'
import { type Found, findChange } from './find-change.ts'
import { createUseCounter, type EntryUse, findUnused } from './find-unused.ts'
import { createJudge, type Judge, type OriginsOf, type ToolNames } from './judge-attempt.ts'
import { narrowAllowlist } from './narrow-allowlist.ts'
import { type Attempt, attemptOf } from './read-attempt.ts'
import { createPace, type HistoryNeeds, readHistory, type Whose } from './read-history.ts'

type Suggested = Omit<OutputOf<typeof suggestPolicy>, 'from' | 'to'>

/** What suggesting is about. */
export interface Suggesting {
  readonly whose: Whose
  readonly document: PolicyDocument
  readonly originsOf: OriginsOf
  readonly toolNames?: ToolNames
  /** The attempt that is to be let on. */
  readonly denied: AuditEntry | undefined
  readonly nowMs: number
}

/** Says from history what of a policy is not used, what would have sufficed, and what would let a denied attempt on. */
export async function suggest(needs: HistoryNeeds, asked: Suggesting): Promise<Suggested> {
  const { whose, document, originsOf, denied } = asked
  const counter = createUseCounter(document.allow, originsOf)
  const refused: Attempt[] = []
  const used: Attempt[] = []
  const seen = new Set<string>()
  const end = await readHistory(needs, whose, (attempt) => {
    if (attempt.was === 'deny') {
      refused.push(attempt)
      return
    }
    const key = `${attempt.method} ${attempt.host}${attempt.path}`
    if (seen.has(key)) return
    seen.add(key)
    used.push(attempt)
    counter.count(attempt)
  })
  const uses = counter.entries()
  const narrower = await narrow(needs, asked, { uses, used })
  const found =
    denied === undefined
      ? undefined
      : await findWay(needs, asked, { denied, refused: refused.filter(isNot(denied.id)) })
  return {
    ...end,
    unused: findUnused(uses),
    ...(narrower !== undefined && { narrower }),
    ...(found !== undefined && ('why' in found ? { why: found.why } : { smallest: found })),
  }
}

const isNot = (auditId: string) => (attempt: Attempt) => attempt.auditId !== auditId

/** Offered only where each attempt would have been answered as the present policy would answer it. */
async function narrow(
  needs: HistoryNeeds,
  { document, originsOf, toolNames, nowMs }: Suggesting,
  { uses, used }: { readonly uses: readonly EntryUse[]; readonly used: readonly Attempt[] },
): Promise<Suggested['narrower']> {
  const pace = createPace(needs)
  const rest = async () => (pace.isLong() ? pace.rest() : undefined)
  const allow = await narrowAllowlist(document, uses, { nowMs, rest })
  if (allow === undefined) return undefined
  const narrower = { ...document, allow }
  const judgeOf = createJudges(originsOf, toolNames)
  const [before, after] = [judgeOf(document), judgeOf(narrower)]
  for (const attempt of used) {
    if (pace.isOver() || before(attempt).outcome !== after(attempt).outcome) return undefined
    if (pace.isLong()) await pace.rest()
  }
  return { allow, document: narrower }
}

/** Refusals of what no policy has a say in. */
const beyondPolicy: ReadonlySet<string | undefined> = new Set([
  'workspace-frozen',
  'agent-disabled',
  'connection-revoked',
  'connection-needs-reauth',
  'token-refresh-failed',
  'origin-not-allowed',
])

async function findWay(
  needs: HistoryNeeds,
  { document, originsOf, toolNames, nowMs }: Suggesting,
  { denied, refused }: { readonly denied: AuditEntry; readonly refused: readonly Attempt[] },
): Promise<Found> {
  const { decision, outcome, problem, reason = '' } = denied
  if (decision !== 'deny') return { why: 'It was not denied.' }
  if (beyondPolicy.has(problem)) return { why: `No policy would have allowed it. ${reason}` }
  const kind = outcome === 'refused' ? 'refusal' : 'intent'
  const attempt = attemptOf({ ...denied, kind })
  if (attempt === undefined) {
    return { why: `It was refused for a reason that is not the policy’s. ${reason}` }
  }
  if (attempt.was !== 'deny') {
    return { why: `The policy did not deny it. ${reason}` }
  }
  const judges = createJudges(originsOf, toolNames)
  const present = judges(document)
  const pace = createPace(needs)
  return findChange(
    {
      originsOf,
      nowMs,
      judgeOf: judges,
      async countAllowed(changed) {
        const judge = judges(changed)
        let allowed = 0
        for (const other of refused) {
          if (pace.isOver()) throw tooLong()
          if (isLetOn(judge, other) && !isLetOn(present, other)) allowed += 1
          if (pace.isLong()) await pace.rest()
        }
        return allowed
      },
    },
    document,
    attempt,
  )
}

const tooLong = () =>
  new Problem('overloaded', 'So many denied attempts cannot be compared in time.', {
    next: 'Ask for fewer days, or try again in a while.',
    retryAfterSeconds: 5,
  })

const isLetOn = (judge: Judge, attempt: Attempt) =>
  ['allow', 'require_approval'].includes(judge(attempt).outcome)

/** A document is compiled once. */
function createJudges(
  originsOf: OriginsOf,
  toolNames?: ToolNames,
): (document: PolicyDocument) => Judge {
  const known = new WeakMap<PolicyDocument, Judge>()
  return (document) => {
    const judge = known.get(document) ?? createJudge(document, originsOf, toolNames)
    known.set(document, judge)
    return judge
  }
}
