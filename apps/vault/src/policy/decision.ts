import type { ProblemType } from '@sallyport/contracts'
import type { ToolRef } from './find-grant.ts'
import type { Searched } from './searched.ts'
import type { NamedTool } from './tool-pattern.ts'

/** Advice where nothing but another policy would help. */
export const askOwner = 'Ask the owner to change the policy.'

/** The tool that a request is a call of. */
export interface CalledTool extends ToolRef, NamedTool {}

/** What a decision reads of the frozen request: exactly what will be sent. */
export interface PolicyRequest {
  readonly method: string
  readonly origin: string
  readonly path: string
  /** Decoded, every occurrence. */
  readonly query: readonly (readonly [string, string])[]
  /** Names in lower case. Without `content-type` no rule can read the body. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
  /** Of a call of a tool: then the policy's grants say whether it may be sent, in place of the allow entries. */
  readonly tool?: CalledTool | undefined
}

/** What the audit log keeps of a request. */
export interface PastRequest extends Pick<PolicyRequest, 'method' | 'origin' | 'path'> {
  /** Decoded, every one, none cut; undefined where that is not known. */
  readonly queryNames: readonly string[] | undefined
  /** 0: it had no body. */
  readonly bodyBytes: number
  /** Of a call of a tool; `unknown`: of one that is not known any more. */
  readonly tool?: CalledTool | 'unknown' | undefined
}

/** What a decision may know beside the request. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number
  /** While an owner has frozen it, nothing of any agent goes out. */
  readonly workspace: { readonly isFrozen: boolean }
  readonly agent: { readonly status: 'pending' | 'active' | 'disabled' }
  readonly connection: {
    readonly status: 'healthy' | 'needs_reauth' | 'revoked'
    /** Where the credential may go, whatever the policy says. */
    readonly origins: readonly string[]
  }
  /** What was looked for in the request already (`searchAhead`). */
  readonly searched?: Searched | undefined
}

/** On what terms an owner is asked. */
export interface ApprovalTerms {
  /** How long an owner has to decide and the agent to use it, in ms. */
  readonly expiresInMs: number
  /** Approving needs a sign-in of the last minutes. */
  readonly freshSignIn: boolean
  readonly ownersNeeded: 1 | 2
}

/** What rules took out of a body, and how often something was found. */
export interface Redacted {
  readonly ruleIds: readonly string[]
  readonly count: number
}

/** The answer. `problem` is what a caller is told when nothing is sent. */
export interface Decision {
  readonly outcome: 'allow' | 'deny' | 'require_approval'
  readonly reason: string
  readonly problem?: ProblemType
  readonly next?: string
  readonly retryAfterSeconds?: number
  /** The rule that decided, or `allow[n]` or `tools[n]`: the entry or the grant whose mode did. */
  readonly ruleId?: string
  /** The place in `allow` of the first entry that takes the request, whoever decided. */
  readonly entryAt?: number
  /** Of a call of a tool: the place in `tools` of the grant by which the agent has it, whoever decided. */
  readonly grantAt?: number
  readonly policyId?: string
  readonly policyVersion?: number
  /** Where an owner is asked: on what terms. */
  readonly approval?: ApprovalTerms
  /** Nothing may be sent as it stands: this body has to take the place of the other, and what is sent then is decided again. */
  readonly redaction?: Redacted & { readonly body: Uint8Array }
  /** What had been taken out of the request when this was decided. Set by whoever replaced the body. */
  readonly redacted?: Redacted
}

/** What would have been decided about a request of which not all is known. */
export type PastDecision = Omit<Decision, 'outcome' | 'redaction' | 'redacted'> & {
  readonly outcome: Decision['outcome'] | 'unknown'
}

/** What one rule says to a request, for whoever edits it. `why` is a sentence and shows no value of the request. */
export interface RuleTrace {
  readonly id: string
  readonly matched: boolean
  readonly why: string
}

export type Refusal = Pick<Decision, 'reason' | 'next' | 'retryAfterSeconds'> & {
  readonly problem: ProblemType
}
