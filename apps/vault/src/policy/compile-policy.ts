import type { HttpMethod, Limits, PolicyDocument } from '@sallyport/contracts'
import { type CompiledResponseRule, compileResponseRules } from './compile-response-rules.ts'
import { type CompiledRules, compileRules } from './compile-rules.ts'
import type { ApprovalTerms } from './decision.ts'
import { type CompiledGrants, compileGrants } from './find-grant.ts'
import { type CompiledOriginPattern, compileOriginPattern } from './origin-pattern.ts'
import { type CompiledPathPattern, compilePathPattern } from './path-pattern.ts'
import { type CompiledWindow, compileWindow } from './time-window.ts'

/** A stored policy as the decision needs it. */
interface PolicySource {
  readonly id: string
  readonly version: number
  readonly document: PolicyDocument
}

type Mode = PolicyDocument['approval']

interface CompiledEntry {
  readonly origin: CompiledOriginPattern
  readonly methods: ReadonlySet<string>
  readonly paths: readonly CompiledPathPattern[]
  /** When an owner is asked: the entry's own mode, or the policy's. */
  readonly approval: Mode
  /** Milliseconds since 1970; from that instant on the entry allows nothing. Infinity where it has no end. */
  readonly expiresAt: number
  /** The strictest mode of the entries after this one, expired ones included: where it adds nothing, they need no look. */
  readonly strictestAfter: Mode
}

/** A policy made ready for `decide`. `limits` are read by whoever reserves them. */
export interface CompiledPolicy {
  readonly id: string
  readonly version: number
  /** As it is stored. */
  readonly document: PolicyDocument
  readonly entries: readonly CompiledEntry[]
  /** Which tools the agent has. */
  readonly grants: CompiledGrants
  readonly rules: CompiledRules
  readonly approval: PolicyDocument['approval']
  readonly approvalTerms: ApprovalTerms
  readonly limits: Readonly<Limits>
  readonly windows: readonly CompiledWindow[]
  /** Milliseconds since 1970; the policy is over at that instant. */
  readonly expiresAt: number | undefined
  /** The rules on answers; whoever reads an answer applies them. */
  readonly response: readonly CompiledResponseRule[]
}

const strictness: Readonly<Record<Mode, number>> = { never: 0, writes: 1, always: 2 }

/** The stricter of two modes: `always` asks for more than `writes`, and that for more than `never`. */
export const stricter = (a: Mode, b: Mode): Mode => (strictness[b] > strictness[a] ? b : a)

/** Compiles a policy once for many decisions. Pure; throws RangeError only for a time zone that Intl does not know. */
export function compilePolicy({ id, version, document }: PolicySource): CompiledPolicy {
  return Object.freeze({
    id,
    version,
    document,
    entries: compileEntries(document),
    grants: compileGrants(document),
    rules: compileRules(document.rules),
    approval: document.approval,
    approvalTerms: compileTerms(document),
    limits: Object.freeze({ ...document.limits }),
    windows: document.windows.map(compileWindow),
    expiresAt: document.expiresAt === undefined ? undefined : Date.parse(document.expiresAt),
    response: compileResponseRules(document.response),
  })
}

const expiresInMinutesDefault = 30
const minuteMs = 60_000

function compileTerms({ approvalOptions = {} }: PolicyDocument): ApprovalTerms {
  return Object.freeze({
    expiresInMs: (approvalOptions.expiresInMinutes ?? expiresInMinutesDefault) * minuteMs,
    freshSignIn: approvalOptions.freshSignIn === true,
    ownersNeeded: approvalOptions.secondOwner === true ? 2 : 1,
  })
}

function compileEntries({ allow, approval }: PolicyDocument): CompiledEntry[] {
  const entries: CompiledEntry[] = []
  let strictestAfter: Mode = 'never'
  for (const entry of allow.toReversed()) {
    const own = entry.approval ?? approval
    entries.push({
      origin: compileOriginPattern(entry.origin),
      methods: new Set<HttpMethod>(entry.methods),
      paths: entry.paths.map(compilePathPattern),
      approval: own,
      expiresAt:
        entry.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(entry.expiresAt),
      strictestAfter,
    })
    strictestAfter = stricter(strictestAfter, own)
  }
  return entries.reverse()
}
