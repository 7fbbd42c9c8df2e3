import type { AuditDecision, ModelUsage, ProblemType } from '@sallyport/contracts'
import type { z } from 'zod'
import {
  type AuditDetail,
  bounded,
  boundedDetail,
  boundedNames,
  boundedUsage,
  digestCharsMax,
  hostCharsMax,
  knownId,
  member,
  methodCharsMax,
  operationCharsMax,
  problemCharsMax,
  reasonCharsMax,
  requiredId,
  rounded,
  ruleIdCharsMax,
  toolCharsMax,
  whole,
  withoutQuery,
} from './entry-text.ts'
import type { LimitSettlement } from './limit-reservation.ts'

export type { AuditDetail } from './entry-text.ts'

// What may stand in an audit record, and its exact text. Only the members named here are ever copied: a body, a
// query value or a credential that a caller hands in by mistake has no way into the log (S-38).

type Decision = z.infer<typeof AuditDecision>

/** What an entry is about. `auditId` is made by the caller and names intent and outcome alike. */
export interface AuditSubject {
  readonly auditId: string
  readonly workspaceId: string
  /** The operation's id in contracts, e.g. `execute`. */
  readonly operation: string
  readonly agentId?: string | undefined
  readonly ownerId?: string | undefined
  readonly connectionId?: string | undefined
  /** The full name of the tool that was called. */
  readonly tool?: string | undefined
  /** Absent where there is no such tool. */
  readonly toolId?: string | undefined
  readonly toolsetId?: string | undefined
}

/** What is recorded of a request: names and sizes, never a body or the value of a query parameter. */
export interface AuditRequest {
  readonly method?: string | undefined
  readonly host?: string | undefined
  /** As it is before a credential is put on; anything from `?` or `#` on is cut off. */
  readonly path?: string | undefined
  readonly queryNames?: readonly string[] | undefined
  readonly requestDigest?: string | undefined
  readonly requestBytes?: number | undefined
}

/** What was decided, and by which version of which policy. */
export interface AuditRuling {
  readonly decision: Decision
  readonly reason?: string | undefined
  readonly policyId?: string | undefined
  readonly policyVersion?: number | undefined
  readonly ruleId?: string | undefined
}

/** An attempt that is about to be sent. */
export interface AuditIntent extends AuditSubject, AuditRequest, AuditRuling {
  /** By the limits' clock, milliseconds since the epoch: an intent without an outcome is closed as `unknown` after it. */
  readonly deadlineMs: number
  readonly detail?: AuditDetail | undefined
}

/** How an attempt ended. */
export interface AuditEnd {
  readonly auditId: string
  readonly workspaceId: string
  readonly outcome: 'sent' | 'failed' | 'refused'
  readonly problem?: ProblemType | undefined
  readonly reason?: string | undefined
  /** The upstream's status. */
  readonly status?: number | undefined
  readonly responseBytes?: number | undefined
  readonly durationMs?: number | undefined
  /** How often a secret, or what a rule of the policy redacts, was taken out of the answer. */
  readonly redactions?: number | undefined
  /** The ids of the policy's rules on answers that applied to it. */
  readonly responseRules?: readonly string[] | undefined
  /** What a language model's answer took. */
  readonly usage?: ModelUsage | undefined
  /** What it took of limits that held an estimate; no part of the record. */
  readonly settlement?: LimitSettlement | undefined
}

/** An attempt that was not sent. */
export interface AuditRefusal extends AuditSubject, AuditRequest, AuditRuling {
  /** Absent where it was no failure: an owner was asked. */
  readonly problem?: ProblemType | undefined
  readonly detail?: AuditDetail | undefined
}

/**
 * Something that was done to the vault itself: an owner's change, a sign-in, an enrolment; or a dry run, with the request
 * that was tried and the policy that was asked.
 */
export interface AuditEvent
  extends AuditSubject,
    AuditRequest,
    Pick<AuditRuling, 'policyId' | 'policyVersion' | 'ruleId'> {
  readonly outcome: 'done' | 'failed' | 'refused'
  readonly problem?: ProblemType | undefined
  readonly reason?: string | undefined
  readonly detail?: AuditDetail | undefined
}

export type RecordKind = 'intent' | 'outcome' | 'refusal' | 'event'

/** A record before it has a place in the chain. The columns repeat members of `entry`. */
export interface RecordDraft {
  readonly auditId: string
  readonly kind: RecordKind
  /** RFC 3339 in UTC with milliseconds. */
  readonly at: string
  readonly agentId: string | undefined
  readonly connectionId: string | undefined
  readonly decision: string | undefined
  readonly entry: string
}

/** The layout of an entry's text; raised when a member changes its meaning. */
const entryVersion = 1

/** The members that every entry begins with: texts of our own making, which need no escapes. */
const beginEntry = (kind: RecordKind, auditId: string, at: string): string =>
  `{"v":${entryVersion},"kind":"${kind}","id":"${auditId}","at":"${at}"`

/** The parts that an opening record is made of; a kind that lacks one hands in nothing for it. */
interface Opening {
  readonly kind: Exclude<RecordKind, 'outcome'>
  readonly at: string
  readonly subject: AuditSubject
  readonly request?: AuditRequest
  readonly ruling?: Omit<AuditRuling, 'reason'>
  readonly reason?: string | undefined
  readonly closing?: Partial<Pick<AuditEvent, 'outcome' | 'problem' | 'detail'>>
}

/**
 * Drafts the record that opens an entry: an intent, a refusal or an event. The text is JSON with its members in
 * this fixed order and absent ones left out, so equal entries have equal bytes.
 */
function draftOpening(opening: Opening): RecordDraft {
  const { kind, at, subject, request = {}, ruling = { decision: 'none' }, closing = {} } = opening
  const auditId = requiredId(subject.auditId)
  const agentId = knownId(subject.agentId)
  const connectionId = knownId(subject.connectionId)
  const { decision } = ruling
  const entry =
    beginEntry(kind, auditId, at) +
    member('operation', bounded(subject.operation, operationCharsMax)) +
    member('agentId', agentId) +
    member('ownerId', knownId(subject.ownerId)) +
    member('connectionId', connectionId) +
    member('toolId', knownId(subject.toolId)) +
    member('toolsetId', knownId(subject.toolsetId)) +
    member('tool', bounded(subject.tool, toolCharsMax)) +
    member('decision', decision) +
    member('outcome', closing.outcome) +
    member('reason', bounded(opening.reason, reasonCharsMax)) +
    member('problem', bounded(closing.problem, problemCharsMax)) +
    member('policyId', knownId(ruling.policyId)) +
    member('policyVersion', whole(ruling.policyVersion)) +
    member('ruleId', bounded(ruling.ruleId, ruleIdCharsMax)) +
    member('method', bounded(request.method, methodCharsMax)) +
    member('host', bounded(request.host, hostCharsMax)) +
    member('path', withoutQuery(request.path)) +
    member('queryNames', boundedNames(request.queryNames)) +
    member('requestDigest', bounded(request.requestDigest, digestCharsMax)) +
    member('requestBytes', whole(request.requestBytes)) +
    member('detail', boundedDetail(closing.detail)) +
    '}'
  return { auditId, kind, at, agentId, connectionId, decision, entry }
}

/** Drafts the record of an attempt that is about to be sent. */
export function draftIntent(intent: AuditIntent, at: string): RecordDraft {
  return draftOpening({
    kind: 'intent',
    at,
    subject: intent,
    request: intent,
    ruling: intent,
    reason: intent.reason,
    closing: { detail: intent.detail },
  })
}

/** Drafts the record of an attempt that is not sent. */
export function draftRefusal(refusal: AuditRefusal, at: string): RecordDraft {
  return draftOpening({
    kind: 'refusal',
    at,
    subject: refusal,
    request: refusal,
    ruling: refusal,
    reason: refusal.reason,
    closing: { outcome: 'refused', problem: refusal.problem, detail: refusal.detail },
  })
}

/** Drafts the record of something that was done to the vault itself. */
export function draftEvent(event: AuditEvent, at: string): RecordDraft {
  return draftOpening({
    kind: 'event',
    at,
    subject: event,
    request: event,
    // Who looks for what was denied finds every refusal, whichever room refused.
    ruling: { ...event, decision: event.outcome === 'refused' ? 'deny' : 'none' },
    reason: event.reason,
    closing: event,
  })
}

/** Drafts the record that closes an entry. `unknown` is written by the vault alone, after a crash. */
export function draftOutcome(
  end: Omit<AuditEnd, 'outcome'> & { readonly outcome: AuditEnd['outcome'] | 'unknown' },
  at: string,
): RecordDraft {
  const auditId = requiredId(end.auditId)
  const entry =
    beginEntry('outcome', auditId, at) +
    member('outcome', end.outcome) +
    member('reason', bounded(end.reason, reasonCharsMax)) +
    member('problem', bounded(end.problem, problemCharsMax)) +
    member('status', whole(end.status)) +
    member('responseBytes', whole(end.responseBytes)) +
    member('durationMs', rounded(end.durationMs)) +
    member('redactions', whole(end.redactions)) +
    member('detail', boundedDetail(end.responseRules && { responseRules: end.responseRules })) +
    member('usage', boundedUsage(end.usage)) +
    '}'
  return {
    auditId,
    kind: 'outcome',
    at,
    agentId: undefined,
    connectionId: undefined,
    decision: undefined,
    entry,
  }
}
