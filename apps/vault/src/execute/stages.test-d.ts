import { attachCredential, type OpenedCredential } from './attach-credential.ts'
import type { callTool } from './call-tool.ts'
import type { carryOut } from './carry-out.ts'
import { type AllowedRequest, type Decided, requireAllowed } from './decide-request.ts'
import { type FrozenRequest, freezeRequest, type RequestInput } from './freeze-request.ts'
import type { permitOwnersCall } from './permit.ts'
import { type BeginAttempt, type PermittedRequest, permit } from './permit.ts'
import { type SendNeeds, sendPermitted } from './send-permitted.ts'

// No stage can be called without what only the stage before makes, by a call of a tool no more than by a request of the agent's own.

declare const built: RequestInput & { readonly ownHeaders: readonly string[] }
declare const decided: Decided
declare const allowed: AllowedRequest
declare const permitted: PermittedRequest
declare const begin: BeginAttempt
declare const needs: SendNeeds
declare const put: OpenedCredential
declare const attempt: Parameters<typeof permit>[2]
declare const ready: Parameters<typeof sendPermitted>[2]

// @ts-expect-error what a tool builds is frozen before anything is decided about it
const notFrozen: FrozenRequest = built
export const frozen: FrozenRequest = freezeRequest(built)

// @ts-expect-error nothing is permitted that was merely decided
export const early = permit(begin, decided, attempt)
// @ts-expect-error allowed requests come of a decision that says so, and of nothing else
export const forgedAllowed: AllowedRequest = { ...decided, approvalId: undefined, again: undefined }
export const late = permit(begin, requireAllowed(decided), attempt)

// @ts-expect-error credentials go on nothing that was not permitted
export const armedEarly = attachCredential(allowed, put)
// @ts-expect-error nor on a frozen request by itself
export const armedAtOnce = attachCredential({ frozen }, put)
// @ts-expect-error nothing is sent that was not permitted
export const sentEarly = sendPermitted(needs, allowed, ready)
export const sent = sendPermitted(needs, permitted, ready)

// @ts-expect-error only permitting makes a permitted request
export const forgedPermitted: PermittedRequest = {
  frozen,
  connection: permitted.connection,
  attempt: permitted.attempt,
  responseBytesMax: undefined,
  responseRules: [],
  shape: undefined,
  tally: undefined,
}

// A tool's call gives the way a request as it was built, never one that was frozen or permitted elsewhere.
type Wanted = Parameters<typeof carryOut>[1]['wanted']
export const wanted: Wanted = built
export type CallAnswer = ReturnType<typeof callTool>
export type OwnersAnswer = ReturnType<typeof permitOwnersCall>
export const unused: FrozenRequest = notFrozen
