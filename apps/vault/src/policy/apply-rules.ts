import type { Answer } from './compare.ts'
import type { CompiledRule, CompiledRules, CompiledScope, RulesByEffect } from './compile-rules.ts'
import type { RuleTrace } from './decision.ts'
import { matchesOrigin } from './origin-pattern.ts'
import { matchesPath } from './path-pattern.ts'
import { redactBody, searchEdits } from './redact-body.ts'
import type { RuleSubject } from './rule-subject.ts'
import type { Decided, Ruled, RulePart } from './rule-verdict.ts'
import { sayTrace } from './rule-words.ts'
import type { Searched, SearchResult } from './searched.ts'
import type { Turns } from './sensitive/turns.ts'
import { type CompiledSensitive, searchRequest, testSensitive } from './sensitive-condition.ts'
import { testBody, testFields } from './test-condition.ts'
import { matchesTool } from './tool-pattern.ts'

/**
 * Applies rules to a request: any that denies and matches wins; then `redact` says what to take out; then the first of the
 * rest that matches decides. `unclear` counts as a match for what keeps back, and never for what allows.
 */
export function applyRules(rules: CompiledRules, subject: RuleSubject): Ruled {
  const { deny, redact, rest } = rulesFor(rules, subject)
  for (const rule of deny) {
    const matched = matchParts(rule, subject)
    if (matched.answer !== 'no') return decidedBy(rule, 'deny', whyOf(matched, subject))
  }
  const matching = redact.filter((rule) => matchRule(rule, subject) !== 'no')
  const redaction = matching.length === 0 ? undefined : redactBody(matching, subject)
  if (redaction !== undefined && 'rule' in redaction) {
    return decidedBy(redaction.rule, 'deny', redaction.why)
  }
  for (const rule of rest) {
    const matched = matchParts(rule, subject)
    const { answer } = matched
    if (answer === 'no' || (answer !== 'yes' && rule.then === 'allow')) continue
    const outcome = rule.then === 'allow' ? 'allow' : 'require_approval'
    return { ...decidedBy(rule, outcome, whyOf(matched, subject)), ...(redaction && { redaction }) }
  }
  return redaction === undefined ? {} : { redaction }
}

/** Looks for what `applyRules` is going to look for, with pauses; undefined where it looks for nothing. */
export function* searchByRules(
  rules: CompiledRules,
  subject: RuleSubject,
): Turns<Searched | undefined> {
  const searched = new Map<CompiledSensitive, SearchResult>()
  const { deny, redact, rest } = rulesFor(rules, subject)
  for (const rule of [...deny, ...redact, ...rest]) {
    const { sensitive } = rule
    if (sensitive === undefined || matchPlain(rule, subject).answer === 'no') continue
    const known = searched.get(sensitive)
    const answer = known?.answer ?? (yield* searchRequest(sensitive, subject))
    // Nothing comes after a rule that denies.
    if (rule.then === 'deny' && answer !== 'no') return searched.set(sensitive, { answer })
    const body = subject.body()
    const isTaking = rule.then === 'redact' && answer !== 'no' && body !== 'unknown'
    const taking = isTaking ? yield* searchEdits(sensitive, body) : known?.taking
    searched.set(sensitive, { answer, ...(taking && { taking }) })
  }
  return searched.size === 0 ? undefined : searched
}

const decidedBy = (
  rule: CompiledRule,
  outcome: Decided['outcome'],
  why: string | undefined,
): Ruled => ({
  decided: { rule, outcome, ...(why !== undefined && { why }) },
})

/** Why the body cannot be read, where that is what a rule goes by. */
function whyOf({ answer, part }: Matched, subject: RuleSubject): string | undefined {
  if (answer !== 'unclear' || (part.kind !== 'body' && part.kind !== 'sensitive')) return undefined
  const body = subject.body()
  if (body === 'unknown' || body.kind === 'none') return undefined
  if (body.kind === 'unreadable') return body.why
  return body.kind === 'text' || body.kind === 'message' ? notFields : undefined
}

const notFields = 'it is neither JSON nor a form'

const rulesFor = ({ byMethod, other }: CompiledRules, { method }: RuleSubject): RulesByEffect =>
  byMethod.get(method) ?? other

/** One thing that rules may say to a request of which not all is known; undefined: none of them decides. */
type Possible = Decided | undefined

/**
 * All that rules could say to a request of the past, whatever was in what is not known, the surest first; and what that is.
 */
export function applyRulesToPast(
  rules: CompiledRules,
  subject: RuleSubject,
): { readonly possible: readonly [Possible, ...Possible[]]; readonly missing: readonly string[] } {
  const { deny, redact, rest } = rulesFor(rules, subject)
  const answers = deny.map((rule) => ({ rule, answer: matchRule(rule, subject) }))
  const sure = answers.find(({ answer }) => answer === 'yes' || answer === 'unclear')
  if (sure !== undefined) return { possible: [{ rule: sure.rule, outcome: 'deny' }], missing: [] }
  // Whoever redacts refuses where it cannot; of what cannot be looked at nobody knows.
  const keepBack = [
    ...answers.filter(({ answer }) => answer === 'unknown').map(({ rule }) => rule),
    ...redact.filter((rule) => matchRule(rule, subject) !== 'no'),
  ]
  const [first, ...others] = possibleOf(rest, subject)
  const denials = keepBack.map((rule): Possible => ({ rule, outcome: 'deny' }))
  return { possible: [first, ...others, ...denials], missing: missingOf(subject) }
}

/** What the rules that neither deny nor redact may come to: each that may match, up to the first that does. */
function possibleOf(rest: readonly CompiledRule[], subject: RuleSubject): Possible[] {
  const possible: Possible[] = []
  for (const rule of rest) {
    const answer = matchRule(rule, subject)
    if (answer === 'no' || (answer === 'unclear' && rule.then === 'allow')) continue
    possible.push({ rule, outcome: rule.then === 'allow' ? 'allow' : 'require_approval' })
    if (answer !== 'unknown') return possible
  }
  return [...possible, undefined]
}

function missingOf(subject: RuleSubject): readonly string[] {
  const query = subject.query()
  const isQueryKnown = query?.every(({ node }) => node !== undefined) === true
  return [
    ...(subject.body() === 'unknown' ? ['the body'] : []),
    ...(isQueryKnown ? [] : ['values of the query']),
  ]
}

/** What each rule says, in the order of the policy, in words. */
export function traceRules({ all }: CompiledRules, subject: RuleSubject): readonly RuleTrace[] {
  return all.map((rule) => {
    const { answer, part } = matchParts(rule, subject)
    const matched = answer === 'yes' || (answer === 'unclear' && rule.then !== 'allow')
    return { id: rule.id, matched, why: sayTrace({ rule, answer, part, subject }) }
  })
}

/** Does what a condition says about the first line of a request hold? Unclear: only to servers that read paths generously. */
function matchScope(
  { methods, origins, paths, loosePaths, tools }: CompiledScope,
  subject: Pick<RuleSubject, 'method' | 'origin' | 'path' | 'loosePaths' | 'tool'>,
): 'no' | 'yes' | 'unclear' {
  if (methods !== undefined && !methods.has(subject.method)) return 'no'
  if (tools !== undefined && !matchesTool(tools, subject.tool)) return 'no'
  if (origins !== undefined && !origins.some((one) => matchesOrigin(one, subject.origin))) {
    return 'no'
  }
  if (paths === undefined || paths.some((one) => matchesPath(one, subject.path))) return 'yes'
  const forms = subject.loosePaths()
  const isLoose = loosePaths?.some((one) => forms.some((form) => matchesPath(one, form)))
  return isLoose === true ? 'unclear' : 'no'
}

interface Matched {
  readonly answer: Answer
  /** What said no, or is not clear; `all` where everything holds. */
  readonly part: RulePart
}

const matchRule = (rule: CompiledRule, subject: RuleSubject): Answer =>
  matchParts(rule, subject).answer

const everything: RulePart = { kind: 'all' }
const no = {
  method: { kind: 'method' },
  origin: { kind: 'origin' },
  path: { kind: 'path' },
  tool: { kind: 'tool' },
} as const

function matchParts(rule: CompiledRule, subject: RuleSubject): Matched {
  const matched = matchPlain(rule, subject)
  if (rule.sensitive === undefined || matched.answer === 'no') return matched
  const answer = testSensitive(rule.sensitive, subject)
  return both(matched, { answer, part: { kind: 'sensitive' } })
}

/** All parts but what is looked for in texts. */
function matchPlain(rule: CompiledRule, subject: RuleSubject): Matched {
  const { scope } = rule
  const scoped = matchScope(scope, subject)
  if (scoped === 'no') return { answer: 'no', part: no[missedPart(scope, subject)] }
  let matched: Matched = { answer: scoped, part: scoped === 'yes' ? everything : no.path }
  for (const condition of rule.query) {
    const query = subject.query()
    const answer = query === undefined ? 'unknown' : testFields(condition, query)
    matched = both(matched, { answer, part: condition.part })
    if (matched.answer === 'no') return matched
  }
  for (const condition of rule.body) {
    const body = subject.body()
    const answer = body === 'unknown' ? 'unknown' : testBody(condition, body)
    matched = both(matched, { answer, part: condition.part })
    if (matched.answer === 'no') return matched
  }
  return matched
}

function missedPart(
  { methods, origins, tools }: CompiledScope,
  { method, origin, tool }: RuleSubject,
): keyof typeof no {
  if (tools !== undefined && !matchesTool(tools, tool)) return 'tool'
  if (methods?.has(method) === false) return 'method'
  return origins?.some((one) => matchesOrigin(one, origin)) === false ? 'origin' : 'path'
}

/** What holds only if both do: no before unknown, unknown before unclear, unclear before yes. */
function both(one: Matched, other: Matched): Matched {
  if (one.answer === 'no' || other.answer === 'yes') return one
  if (other.answer === 'no' || one.answer === 'yes') return other
  return one.answer === 'unknown' ? one : other
}
