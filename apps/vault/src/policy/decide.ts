/** The policy room: says what an agent may do with a connection. Pure; it cannot reach I/O. */

import { applyRules, applyRulesToPast, searchByRules, traceRules } from './apply-rules.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import {
  askOwner,
  type CalledTool,
  type Decision,
  type Facts,
  type PastDecision,
  type PastRequest,
  type PolicyRequest,
  type Refusal,
  type RuleTrace,
} from './decision.ts'
import { findEntry, type Match } from './find-entry.ts'
import { grantOf } from './find-grant.ts'
import { type PathSegments, splitPath } from './path-pattern.ts'
import { pastSubject, subjectOf } from './rule-subject.ts'
import { ownerDecides, sayRuled } from './rule-words.ts'
import type { Searched } from './searched.ts'
import type { Turns } from './sensitive/turns.ts'
import { isOpen, nextOpening } from './time-window.ts'

const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Decides one request. Sync and pure: the live path, the dry run and the tests call the same function, whatever bytes they
 * hand in. The first stage that refuses, refuses: the workspace's freeze, status, no policy or an expired one, the credential's
 * origins, the allow entries (of a call of a tool: the grants), the windows, the size, the rules; then a rule or the mode of the
 * entries says whether an owner is asked. Rate limits are reserved by the caller, since that cannot be pure. A decision with a `redaction` lets nothing out: the
 * body is replaced and what stands then is decided again.
 */
export function decide(
  policy: CompiledPolicy | undefined,
  request: PolicyRequest,
  facts: Facts,
): Decision {
  const bodyBytes = request.body?.byteLength ?? 0
  const passed = passGates(policy, { request, bodyBytes }, facts)
  if ('outcome' in passed) return passed
  const { who, match, path, compiled } = passed
  if (compiled.rules.all.length === 0) return byMode(passed, request.method)
  const { decided, redaction } = applyRules(
    compiled.rules,
    subjectOf(request, path, facts.searched),
  )
  // What is spread stands last: Node 20 makes a hidden class of its own for each object that goes on after a first spread.
  const decision =
    decided === undefined
      ? byMode(passed, request.method)
      : { ruleId: decided.rule.id, ...placeOf(match), ...who, ...sayRuled(decided, compiled) }
  return redaction === undefined ? decision : { ...decision, redaction }
}

/**
 * Looks for what the rules look for in a request, with pauses, so that `decide` has nothing long to do: for large bodies. What
 * comes of it goes into the facts of the same request; undefined where no rule would look.
 */
export function* searchAhead(
  policy: CompiledPolicy | undefined,
  request: PolicyRequest,
  facts: Facts,
): Turns<Searched | undefined> {
  const bodyBytes = request.body?.byteLength ?? 0
  const passed = passGates(policy, { request, bodyBytes }, facts)
  if ('outcome' in passed) return undefined
  return yield* searchByRules(passed.compiled.rules, subjectOf(request, passed.path))
}

/**
 * Decides what is known of a past request by the same stages. `unknown` where what is not known could make a difference:
 * a body that was not kept, values of the query. Nothing else is ever guessed.
 */
export function decideHistory(
  policy: CompiledPolicy | undefined,
  request: PastRequest,
  facts: Facts,
): PastDecision {
  const { tool, bodyBytes } = request
  if (tool === 'unknown') return decideUnknownTool(policy, facts)
  const passed = passGates(policy, { request: { ...request, tool }, bodyBytes }, facts)
  if ('outcome' in passed) return passed
  const { who, match, path, compiled } = passed
  const mode = byMode(passed, request.method)
  const { possible, missing } = applyRulesToPast(compiled.rules, pastSubject(request, path))
  const outcomes = new Set(possible.map((one) => one?.outcome ?? mode.outcome))
  const [first] = possible
  if (outcomes.size > 1) {
    const reason = `It depends on ${missing.join(' and ')}, which history does not keep.`
    return { outcome: 'unknown', reason, ...placeOf(match), ...who }
  }
  if (first === undefined) return mode
  return { ruleId: first.rule.id, ...placeOf(match), ...who, ...sayRuled(first, compiled) }
}

/** Without knowing which tool it was, no grant can be told from another. */
function decideUnknownTool(policy: CompiledPolicy | undefined, facts: Facts): PastDecision {
  const refusal = checkStanding(policy, facts)
  if (refusal !== undefined) return { outcome: 'deny', ...refusal }
  return {
    outcome: 'unknown',
    reason: 'It depends on which tool was called, and that is not known.',
  }
}

/** Where in the policy stands what lets a request on. */
const placeOf = ({ by, at }: Match): Pick<Decision, 'entryAt' | 'grantAt'> =>
  by === 'allow' ? { entryAt: at } : { grantAt: at }

/** Tells what each rule says to a request; undefined where it does not come to them. */
export function traceRulesOf(
  policy: CompiledPolicy | undefined,
  request: PolicyRequest,
  facts: Facts,
): readonly RuleTrace[] | undefined {
  const bodyBytes = request.body?.byteLength ?? 0
  const passed = passGates(policy, { request, bodyBytes }, facts)
  if ('outcome' in passed) return undefined
  return traceRules(passed.compiled.rules, subjectOf(request, passed.path))
}

/** What has passed all that is no matter of the request's content. */
interface Passed {
  readonly compiled: CompiledPolicy
  readonly match: Match
  readonly path: PathSegments
  readonly who: Pick<Decision, 'policyId' | 'policyVersion'>
}

interface Asked {
  readonly request: Pick<PolicyRequest, 'method' | 'origin' | 'path' | 'tool'>
  readonly bodyBytes: number
}

function passGates(
  policy: CompiledPolicy | undefined,
  { request, bodyBytes }: Asked,
  facts: Facts,
): Passed | (Decision & { readonly outcome: 'deny' }) {
  const who =
    policy === undefined ? undefined : { policyId: policy.id, policyVersion: policy.version }
  const standing = checkStanding(policy, facts)
  if (policy === undefined || who === undefined || standing !== undefined) {
    return { outcome: 'deny', ...(standing ?? missingPolicy), ...who }
  }
  if (!facts.connection.origins.includes(request.origin)) {
    return { outcome: 'deny', ...originRefusal(request.origin), ...who }
  }
  const path = splitPath(request.path)
  const match =
    request.tool === undefined
      ? findEntry(policy, { ...request, segments: path }, facts.now)
      : matchGrant(policy, request.tool, facts.now)
  if ('problem' in match) return { outcome: 'deny', ...match, ...who }
  const refusal = checkWindows(policy, facts.now) ?? checkSize(policy, bodyBytes)
  if (refusal !== undefined) return { outcome: 'deny', ...refusal, ...who }
  return { compiled: policy, match, path, who }
}

/** Of a call of a tool its grant decides alone: the allow entries are about requests that an agent writes itself. */
function matchGrant(policy: CompiledPolicy, tool: CalledTool, nowMs: number): Match | Refusal {
  const grant = grantOf(policy, tool, nowMs)
  return grant === undefined ? missingTool : { by: 'tools', at: grant.at, mode: grant.mode }
}

/** The same for what does not exist (S-09). */
export const missingTool: Refusal = {
  problem: 'tool-not-found',
  reason: 'You have no such tool.',
  next: 'List your tools to see what you have, or ask the owner for this one.',
}

const missingPolicy: Refusal = {
  problem: 'policy-denied',
  reason: 'There is no policy that lets this agent use this connection.',
  next: 'Ask the owner for access, for example with a capability request.',
}

function checkStanding(policy: CompiledPolicy | undefined, facts: Facts): Refusal | undefined {
  if (facts.workspace.isFrozen) {
    return {
      problem: 'workspace-frozen',
      reason: 'An owner has frozen the workspace: nothing goes out for any agent.',
      next: 'An owner can unfreeze it; until then it makes no sense to try again.',
    }
  }
  if (facts.agent.status !== 'active') {
    return {
      problem: 'agent-disabled',
      reason: 'The agent is disabled.',
      next: 'An owner can enable it.',
    }
  }
  if (facts.connection.status === 'revoked') {
    return {
      problem: 'connection-revoked',
      reason: 'The connection has been revoked.',
      next: 'An owner has to connect the account again.',
    }
  }
  if (facts.connection.status !== 'healthy') {
    return {
      problem: 'connection-needs-reauth',
      reason: 'The connection’s credential no longer works.',
      next: 'An owner has to reconnect it.',
    }
  }
  if (policy === undefined) return missingPolicy
  if (policy.expiresAt !== undefined && !(facts.now < policy.expiresAt)) {
    return {
      problem: 'policy-expired',
      reason: `The policy expired at ${new Date(policy.expiresAt).toISOString()}.`,
      next: 'Ask the owner to renew it.',
    }
  }
  return undefined
}

function originRefusal(origin: string): Refusal {
  return {
    problem: 'origin-not-allowed',
    reason: `The credential of this connection may not be sent to ${origin}.`,
    next: 'Check the URL, or ask the owner to add this origin to the connection.',
  }
}

function checkWindows(policy: CompiledPolicy, now: number): Refusal | undefined {
  if (policy.windows.length === 0) return undefined
  if (policy.windows.some((window) => isOpen(window, now))) return undefined
  const opening = nextOpening(policy.windows, now)
  const over = policy.expiresAt ?? Number.POSITIVE_INFINITY
  if (opening === undefined || opening.at >= over) {
    return {
      problem: 'outside-window',
      reason: 'The policy does not allow requests now, and will not before it expires.',
      next: askOwner,
    }
  }
  return {
    problem: 'outside-window',
    reason: 'The policy does not allow requests at this time.',
    next: `It opens at ${new Date(opening.at).toISOString()} (${opening.local}); try again then.`,
    retryAfterSeconds: Math.max(1, Math.ceil((opening.at - now) / 1000)),
  }
}

function checkSize(policy: CompiledPolicy, bytes: number): Refusal | undefined {
  const { requestBytesMax } = policy.limits
  if (requestBytesMax === undefined || bytes <= requestBytesMax) return undefined
  return {
    problem: 'request-too-large',
    reason: `The body has ${bytes} bytes and the policy allows ${requestBytesMax}.`,
    next: 'Send less at a time, or ask the owner to raise the limit.',
  }
}

/** No rule decided: the mode of the entries does. */
function byMode({ compiled, match, who }: Passed, method: string): Decision {
  const { approval, approvalTerms } = compiled
  const { by, at, mode } = match
  const decided =
    by === 'allow'
      ? { ruleId: `allow[${at}]`, entryAt: at, ...who }
      : { ruleId: `tools[${at}]`, grantAt: at, ...who }
  const asks = mode === 'always' || (mode === 'writes' && !readMethods.has(method))
  if (!asks) return { outcome: 'allow', reason: 'The policy allows this request.', ...decided }
  const kind = mode === approval ? '' : ' of this kind'
  return {
    outcome: 'require_approval',
    reason:
      mode === 'always'
        ? `The policy asks for an owner’s approval of every request${kind}.`
        : `The policy asks for an owner’s approval of every write${kind}, and ${method} is one.`,
    next: ownerDecides,
    approval: approvalTerms,
    ...decided,
  }
}
