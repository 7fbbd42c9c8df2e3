import type { Answer } from './compare.ts'
import type { CompiledPolicy } from './compile-policy.ts'
import type { CompiledRule } from './compile-rules.ts'
import { askOwner, type Decision } from './decision.ts'
import type { RuleSubject } from './rule-subject.ts'
import type { Decided, RulePart } from './rule-verdict.ts'

// What agents are told of rules: the label that an owner gave one, never what it compares with. And what owners are told while
// they write one.

/** What agents do about an approval. */
export const ownerDecides = 'An owner decides when the request is sent.'

const nameOf = ({ label, id }: Pick<CompiledRule, 'label' | 'id'>) => `“${label ?? id}”`

type Said = Pick<Decision, 'outcome' | 'reason' | 'problem' | 'next' | 'approval'>

/** The decision that a rule made, in words. */
export function sayRuled(
  { rule, outcome, why }: Decided,
  { approvalTerms }: Pick<CompiledPolicy, 'approvalTerms'>,
): Said {
  const name = nameOf(rule)
  const unread = why === undefined ? '' : ` It looks at the body, which cannot be read: ${why}.`
  if (outcome === 'allow') return { outcome, reason: `The policy allows this by its rule ${name}.` }
  if (outcome === 'require_approval') {
    const reason = `The policy asks for an owner’s approval by its rule ${name}.${unread}`
    return { outcome, reason, next: ownerDecides, approval: approvalTerms }
  }
  if (rule.then === 'redact') {
    const reason = `The rule ${name} of the policy takes sensitive data out of what is sent, and here it cannot: ${why ?? 'the request cannot be read'}.`
    return { outcome: 'deny', reason, problem: 'policy-denied', next: leaveOut }
  }
  const reason = `The rule ${name} of the policy denies this request.${unread}`
  const next = why === undefined ? askOwner : `${sendPlainly} ${askOwner}`
  return { outcome: 'deny', reason, problem: 'policy-denied', next }
}

const sendPlainly =
  'Send the body as JSON or as a form with its content type, in UTF-8, each member once.'
const leaveOut = `Leave sensitive data out, or send it in a JSON body, a form or plain text. ${askOwner}`

interface Traced {
  readonly rule: CompiledRule
  readonly answer: Answer
  readonly part: RulePart
  readonly subject: RuleSubject
}

/** Why a rule matched or did not, for the owner who writes it. */
export function sayTrace({ rule, answer, part, subject }: Traced): string {
  const about = nameOfPart(part, subject)
  if (answer === 'yes') return 'All that it says holds.'
  if (answer === 'no') return `It does not match: ${about.no}.`
  const why = unclearOf(part) ?? about.unclear
  return rule.then === 'allow'
    ? `It does not match, to be on the safe side: ${why}.`
    : `It matches, to be on the safe side: ${why}.`
}

function unclearOf({ kind }: RulePart): string | undefined {
  if (kind === 'query') return 'what stands there can be read in two ways'
  return kind === 'path' ? 'some servers take this path for one that it is about' : undefined
}

function nameOfPart(part: RulePart, subject: RuleSubject): { no: string; unclear: string } {
  const body = subject.body()
  const unclear =
    body !== 'unknown' && body.kind === 'unreadable'
      ? `the body cannot be read, since ${body.why}`
      : 'what it looks at can be read in two ways, or not whole'
  return { no: noOf(part, subject), unclear }
}

function noOf(part: RulePart, { method, origin }: RuleSubject): string {
  if (part.kind === 'method') return `it is not about ${method}`
  if (part.kind === 'origin') return `it is not about ${origin}`
  if (part.kind === 'path') return 'it is not about this path'
  if (part.kind === 'tool') return 'it is about calls of other tools alone'
  if (part.kind === 'query') return `nothing in the query at ${JSON.stringify(part.where)} fits`
  if (part.kind === 'body') {
    return `nothing in the body at ${part.where === '' ? 'its root' : part.where} fits`
  }
  return 'no such sensitive data was found'
}
