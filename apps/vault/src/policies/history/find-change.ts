import {
  type AllowEntry,
  allowEntriesMax,
  HttpMethod,
  type PolicyDocument,
  type RequestRules,
  type TimeWindow,
  weekdays,
} from '@sallyport/contracts'
import type { z } from 'zod'
import { compileOriginPattern, matchesOrigin } from '../../policy/origin-pattern.ts'
import { compilePathPattern, matchesPath, splitPath } from '../../policy/path-pattern.ts'
import type { Judge, OriginsOf, Verdict } from './judge-attempt.ts'
import type { Attempt } from './read-attempt.ts'

/** A document with one obstacle less, and what was changed for that. */
export interface Change {
  readonly sentence: string
  readonly document: PolicyDocument
  /** Whether it allows what was not asked for: other methods with the path, or other paths with the method. */
  readonly allowsMore?: boolean
}

export interface ChangeNeeds {
  readonly judgeOf: (document: PolicyDocument) => Judge
  readonly originsOf: OriginsOf
  readonly nowMs: number
  /** How many other denied attempts a document would let on. */
  readonly countAllowed: (document: PolicyDocument) => Promise<number>
}

/** More obstacles than this in one attempt’s way are not cleared away. */
const stepsMax = 12
/** Entries that are compared where several could be widened. */
const waysMax = 8

/** What would let the attempt on, or why nothing of the policy would. */
export type Found =
  | { readonly sentence: string; readonly document: PolicyDocument; readonly alsoAllows: number }
  | { readonly why: string }

/**
 * The smallest change that would let a denied attempt on: one obstacle after the other is taken away, each in the way that lets
 * the fewest other attempts on, and of those in one that allows nothing else. What is answered has been judged: under it the attempt is allowed, or an owner asked.
 */
export async function findChange(
  needs: ChangeNeeds,
  document: PolicyDocument,
  attempt: Attempt,
): Promise<Found> {
  const sentences: string[] = []
  let current = document
  for (let step = 0; step < stepsMax; step++) {
    const verdict = judgeNow(needs, current, attempt)
    if (isLetOn(verdict)) {
      if (sentences.length === 0) return { why: alreadyAllowed(verdict) }
      const asks = verdict.outcome === 'require_approval' ? ' An owner would be asked.' : ''
      return {
        sentence: `${sentences.join(' ')}${asks}`,
        document: current,
        alsoAllows: await needs.countAllowed(current),
      }
    }
    const next = await smallest(needs, waysAround(needs, current, { attempt, verdict }))
    if (next === undefined) return { why: verdict.reason }
    sentences.push(next.sentence)
    current = next.document
  }
  return { why: 'Too much of the policy stands in its way: write it anew.' }
}

const isLetOn = ({ outcome }: Verdict) => outcome === 'allow' || outcome === 'require_approval'

const alreadyAllowed = ({ outcome }: Verdict) =>
  outcome === 'allow'
    ? 'The policy as it is now allows it.'
    : 'The policy as it is now asks an owner about it.'

/** Judged as of then; and as of now, since an end that has come meanwhile would stop it from now on. */
function judgeNow({ judgeOf, nowMs }: ChangeNeeds, document: PolicyDocument, attempt: Attempt) {
  const then = judgeOf(document)(attempt)
  if (!isLetOn(then)) return then
  return judgeOf({ ...document, windows: [] })(attempt, [nowMs])
}

async function smallest(
  { countAllowed }: ChangeNeeds,
  ways: readonly Change[],
): Promise<Change | undefined> {
  const [first, ...others] = ways
  if (first === undefined || others.length === 0) return first
  const more = ({ allowsMore }: Change) => (allowsMore === true ? 1 : 0)
  let best = { change: first, allowed: await countAllowed(first.document) }
  for (const change of others) {
    const allowed = await countAllowed(change.document)
    const isTie = allowed === best.allowed
    if (isTie ? more(change) < more(best.change) : allowed < best.allowed)
      best = { change, allowed }
  }
  return best.change
}

interface Obstacle {
  readonly attempt: Attempt
  readonly verdict: Verdict
}

/** Every way around what denies it now, the smallest in words first. */
function waysAround(
  needs: ChangeNeeds,
  document: PolicyDocument,
  { attempt, verdict }: Obstacle,
): Change[] {
  const { problem, ruleId } = verdict
  if (verdict.outcome === 'unknown') return withoutRule(document, attempt.ruleId)
  if (problem === 'policy-expired') {
    const { expiresAt: _, ...rest } = document
    return [{ sentence: 'Lift the end of the policy.', document: rest }]
  }
  if (problem === 'outside-window') return openWindow(document, attempt)
  if (problem === 'request-too-large') {
    const limits = { ...document.limits, requestBytesMax: attempt.bodyBytes }
    const sentence = `Raise the size of a request to ${attempt.bodyBytes} bytes.`
    return [{ sentence, document: { ...document, limits } }]
  }
  if (ruleId !== undefined) return withoutRule(document, ruleId)
  return problem === 'policy-denied' ? reachRequest(needs, document, attempt) : []
}

type Rules = z.infer<typeof RequestRules>

function withoutRule(document: PolicyDocument, ruleId: string | undefined): Change[] {
  const rules: Rules = document.rules ?? []
  const rule = rules.find(({ id, then }) => id === ruleId && (then === 'deny' || then === 'redact'))
  if (rule === undefined) return []
  const name = rule.label === undefined ? rule.id : `“${rule.label}” (${rule.id})`
  const others = rules.filter((one) => one !== rule)
  return [{ sentence: `Take out the rule ${name}.`, document: { ...document, rules: others } }]
}

const windowsMax = 20

/** One more window, of the hour in which it came. */
function openWindow(document: PolicyDocument, { atMs }: Attempt): Change[] {
  const { windows } = document
  const timezone = windows[0]?.timezone ?? 'UTC'
  const { day, hour } = localHour(atMs, timezone)
  if (day === undefined || windows.length >= windowsMax) {
    return [{ sentence: 'Allow requests at all times.', document: { ...document, windows: [] } }]
  }
  const window: TimeWindow = {
    days: [day],
    from: clock(hour),
    to: clock((hour + 1) % 24),
    timezone,
  }
  return [
    {
      sentence: `Allow requests on ${dayNames[day]} from ${window.from} to ${window.to} (${timezone}) as well.`,
      document: { ...document, windows: [...windows, window] },
    },
  ]
}

const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`

const dayNames: Readonly<Record<(typeof weekdays)[number], string>> = {
  mon: 'Mondays',
  tue: 'Tuesdays',
  wed: 'Wednesdays',
  thu: 'Thursdays',
  fri: 'Fridays',
  sat: 'Saturdays',
  sun: 'Sundays',
}

function localHour(atMs: number, timeZone: string) {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' },
  }).formatToParts(atMs)
  const partOf = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const day = weekdays.find((name) => name === partOf('weekday').toLowerCase())
  return { day, hour: Number(partOf('hour')) }
}

/** No entry takes it: one that nearly does is widened, or there is one more. */
function reachRequest(
  { originsOf, nowMs }: ChangeNeeds,
  document: PolicyDocument,
  attempt: Attempt,
): Change[] {
  const { method, pathIsCut } = attempt
  const known = HttpMethod.safeParse(method)
  const [origin, ...others] = originsOf(attempt)
  if (!known.success || origin === undefined || pathIsCut || others.length > 0) return []
  const path = attempt.path.replaceAll('*', '%2A')
  if (path.length > pathCharsMax) return []
  const asked: Asked = { method: known.data, origin, path, segments: splitPath(attempt.path) }
  const near = document.allow.map((entry) => nearness(entry, asked))
  const ways = document.allow.flatMap((entry, at) => {
    const { method: hasMethod, path: hasPath, origin: hasOrigin } = near[at] ?? far
    if (!hasOrigin) return []
    const { expiresAt, ...lasting } = entry
    const isOver = expiresAt !== undefined && Date.parse(expiresAt) <= Math.max(nowMs, attempt.atMs)
    if (hasMethod && hasPath && isOver) {
      return [change(document, { at, entry: lasting, what: 'Lift the end of' })]
    }
    if (isOver || hasMethod === hasPath) return []
    if (hasPath) {
      const wider = { ...entry, methods: [...entry.methods, asked.method] }
      const allowsMore = entry.paths.some((pattern) => pattern !== path) || entry.origin !== origin
      return [
        { ...change(document, { at, entry: wider, what: `Add ${asked.method} to` }), allowsMore },
      ]
    }
    if (entry.paths.length >= pathsMax) return []
    const wider = { ...entry, paths: [...entry.paths, path] }
    const allowsMore = entry.methods.some((one) => one !== asked.method) || entry.origin !== origin
    return [
      { ...change(document, { at, entry: wider, what: `Add the path ${path} to` }), allowsMore },
    ]
  })
  if (document.allow.length >= allowEntriesMax) return ways.slice(0, waysMax)
  const neighbours = document.allow.filter((_, at) => {
    const { method: hasMethod, path: hasPath, origin: hasOrigin } = near[at] ?? far
    return hasOrigin && (hasMethod || hasPath)
  })
  const added: AllowEntry = {
    ...{ origin, methods: [asked.method], paths: [path] },
    ...strictestOf(document, neighbours),
  }
  return [
    ...ways.slice(0, waysMax),
    {
      sentence: `Add an entry that allows ${asked.method} at ${origin}${path}.`,
      document: { ...document, allow: [...document.allow, added] },
    },
  ]
}

/** An entry that stands beside others asks an owner no less often than they do. */
function strictestOf(
  { approval }: PolicyDocument,
  neighbours: readonly AllowEntry[],
): Pick<AllowEntry, 'approval'> {
  const modes = neighbours.map((entry) => entry.approval ?? approval)
  const strictest = (['always', 'writes', 'never'] as const).find((mode) => modes.includes(mode))
  return strictest === undefined || strictest === approval ? {} : { approval: strictest }
}

const pathsMax = 100
const pathCharsMax = 1_000

interface Asked {
  readonly method: HttpMethod
  readonly origin: string
  readonly path: string
  readonly segments: ReturnType<typeof splitPath>
}

const far = { origin: false, method: false, path: false }

const nearness = (entry: AllowEntry, { method, origin, segments }: Asked) => ({
  origin: matchesOrigin(compileOriginPattern(entry.origin), origin),
  method: entry.methods.includes(method),
  path: entry.paths.some((pattern) => matchesPath(compilePathPattern(pattern), segments)),
})

const change = (
  document: PolicyDocument,
  { at, entry, what }: { at: number; entry: AllowEntry; what: string },
): Change => ({
  sentence: `${what} entry ${at + 1} (${entry.origin}).`,
  document: { ...document, allow: document.allow.with(at, entry) },
})
