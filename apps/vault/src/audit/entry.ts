import type { AuditDecision, ProblemType } from '@sallyport/contracts'
import type { z } from 'zod'

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
  /** Milliseconds since the epoch after which an intent without an outcome is closed as `unknown`. */
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
}

/** An attempt that was not sent. */
export interface AuditRefusal extends AuditSubject, AuditRequest, AuditRuling {
  /** Absent where it was no failure: an owner was asked. */
  readonly problem?: ProblemType | undefined
  readonly detail?: AuditDetail | undefined
}

/** Further facts of an event: a few short values, never a secret. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | readonly string[]>>

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

const idPattern = /^[a-z]{3}_[0-9A-Za-z_-]{1,60}$/
const operationCharsMax = 64
const reasonCharsMax = 500
const methodCharsMax = 16
const hostCharsMax = 300
const pathCharsMax = 2048
const queryNamesMax = 64
const nameCharsMax = 128
const digestCharsMax = 128
const ruleIdCharsMax = 64
const problemCharsMax = 64
const detailMembersMax = 16
const detailValueCharsMax = 300

/** The layout of an entry's text; raised when a member changes its meaning. */
const entryVersion = 1

/** Cuts a text at a bound without splitting a surrogate pair. */
function bounded(value: string | undefined, charsMax: number): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value.length <= charsMax) return value
  const last = value.charCodeAt(charsMax - 2)
  const end = last >= 0xd800 && last <= 0xdbff ? charsMax - 2 : charsMax - 1
  return `${value.slice(0, end)}…`
}

/** An id of our own making, or nothing: what an agent wrote in an id's place is not repeated. */
function knownId(value: string | undefined): string | undefined {
  return value !== undefined && idPattern.test(value) ? value : undefined
}

function requiredId(value: string): string {
  if (!idPattern.test(value)) throw new Error('An audit record needs an id of the usual form.')
  return value
}

function whole(value: number | undefined): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}

function rounded(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? Math.round(value * 1000) / 1000 : undefined
}

function withoutQuery(path: string | undefined): string | undefined {
  if (typeof path !== 'string') return undefined
  const end = path.search(/[?#]/)
  return bounded(end < 0 ? path : path.slice(0, end), pathCharsMax)
}

function boundedNames(names: readonly string[] | undefined): (string | undefined)[] | undefined {
  if (names === undefined || names.length === 0) return undefined
  return names.slice(0, queryNamesMax).map((name) => bounded(name, nameCharsMax))
}

function boundedDetail(detail: AuditDetail | undefined): Record<string, unknown> | undefined {
  if (detail === undefined) return undefined
  const result: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(detail).sort().slice(0, detailMembersMax)) {
    const value = detail[name]
    result[name.slice(0, nameCharsMax)] = detailValue(value)
  }
  return result
}

function detailValue(value: AuditDetail[string] | undefined): unknown {
  if (typeof value === 'string') return bounded(value, detailValueCharsMax)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value
  if (!Array.isArray(value)) return undefined
  return value.slice(0, detailMembersMax).map((item) => bounded(String(item), detailValueCharsMax))
}

/** Texts that JSON holds as they are. */
const plainText = /^[ !#-[\]-~]*$/

/** One more member of an object's JSON; an absent one is left out. */
function member(name: string, value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string' && plainText.test(value)) return `,"${name}":"${value}"`
  return `,"${name}":${JSON.stringify(value)}`
}

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
