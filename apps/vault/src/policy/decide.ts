/** The policy room: says what an agent may do with a connection. Pure; it cannot reach I/O. */
import type { ProblemType } from '@sallyport/contracts'
import { type ApprovalTerms, type CompiledPolicy, stricter } from './compile-policy.ts'
import { matchesOrigin } from './origin-pattern.ts'
import { matchesPath, splitPath } from './path-pattern.ts'
import { isOpen, nextOpening } from './time-window.ts'

/** What a decision reads of the frozen request: exactly what will be sent. */
export interface PolicyRequest {
  readonly method: string
  readonly origin: string
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
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
}

/** The answer. `problem` is what a caller is told when nothing is sent; `ruleId` is the allow entry that decided. */
export interface Decision {
  readonly outcome: 'allow' | 'deny' | 'require_approval'
  readonly reason: string
  readonly problem?: ProblemType
  readonly next?: string
  readonly retryAfterSeconds?: number
  readonly ruleId?: string
  readonly policyId?: string
  readonly policyVersion?: number
  /** Where an owner is asked: on what terms. */
  readonly approval?: ApprovalTerms
}

type Refusal = Pick<Decision, 'reason' | 'next' | 'retryAfterSeconds'> & { problem: ProblemType }

const askOwner = 'Ask the owner to change the policy.'
const readMethods: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Decides one request. Sync and pure: the live path, the dry run and the tests call the same function. The first
 * stage that refuses, refuses: the workspace's freeze, status, no policy or an expired one, the credential's origins, the allow entries, the
 * windows, the size; then approval. Rate limits are reserved by the caller, since that cannot be pure.
 */
export function decide(
  policy: CompiledPolicy | undefined,
  request: PolicyRequest,
  facts: Facts,
): Decision {
  const who =
    policy === undefined ? undefined : { policyId: policy.id, policyVersion: policy.version }
  const standing = checkStanding(policy, facts)
  if (policy === undefined || standing !== undefined) {
    return { outcome: 'deny', ...(standing ?? missingPolicy), ...who }
  }
  if (!facts.connection.origins.includes(request.origin)) {
    return { outcome: 'deny', ...originRefusal(request.origin), ...who }
  }
  const found = findEntry(policy, request, facts.now)
  if ('problem' in found) return { outcome: 'deny', ...found, ...who }
  const refusal = checkWindows(policy, facts.now) ?? checkSize(policy, request)
  if (refusal !== undefined) return { outcome: 'deny', ...refusal, ...who }
  // What is spread stands last: Node 20 makes a hidden class of its own for each object that goes on after a first spread.
  return { ruleId: `allow[${found.at}]`, ...who, ...checkApproval(policy, request, found.mode) }
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

/** What allows a request: the number of the first entry that does, and the strictest mode of all that do. */
interface Match {
  readonly at: number
  readonly mode: CompiledPolicy['approval']
}

/** How near the entries came to allowing a request, and when what would have allowed it ended. */
interface Near {
  origin: boolean
  method: boolean
  path: boolean
  expiredAt: number | undefined
}

/**
 * What allows the request, or how near it came without showing the policy. All matching entries have a say in the mode,
 * so that an entry that is added never loosens what another one demands. An expired entry is as good as none.
 */
function findEntry(policy: CompiledPolicy, request: PolicyRequest, now: number): Match | Refusal {
  const path = splitPath(request.path)
  const near: Near = { origin: false, method: false, path: false, expiredAt: undefined }
  let first: number | undefined
  let mode: CompiledPolicy['approval'] = 'never'
  for (const [at, entry] of policy.entries.entries()) {
    if (!matchesOrigin(entry.origin, request.origin)) continue
    const method = entry.methods.has(request.method)
    const fits = entry.paths.some((pattern) => matchesPath(pattern, path))
    if (!(now < entry.expiresAt)) {
      if (method && fits) near.expiredAt = Math.max(near.expiredAt ?? 0, entry.expiresAt)
      continue
    }
    if (method && fits) {
      first ??= at
      mode = stricter(mode, entry.approval)
      if (stricter(mode, entry.strictestAfter) === mode) return { at: first, mode }
    }
    near.origin = true
    near.method ||= method
    near.path ||= fits
  }
  if (first !== undefined) return { at: first, mode }
  return { problem: 'policy-denied', reason: nearMiss(near, request), next: askOwner }
}

function nearMiss(near: Near, { method, origin }: PolicyRequest): string {
  if (near.expiredAt !== undefined) {
    return `What the policy allowed here expired at ${new Date(near.expiredAt).toISOString()}.`
  }
  if (near.path) return `The policy allows this path, but not with ${method}.`
  if (near.method) return `The policy allows ${method} at ${origin}, but not this path.`
  if (near.origin) return `The policy allows neither this path nor ${method} at ${origin}.`
  return `The policy allows nothing at ${origin}.`
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

function checkSize(policy: CompiledPolicy, request: PolicyRequest): Refusal | undefined {
  const bytes = request.body?.byteLength ?? 0
  const { requestBytesMax } = policy.limits
  if (requestBytesMax === undefined || bytes <= requestBytesMax) return undefined
  return {
    problem: 'request-too-large',
    reason: `The body has ${bytes} bytes and the policy allows ${requestBytesMax}.`,
    next: 'Send less at a time, or ask the owner to raise the limit.',
  }
}

function checkApproval(
  { approval, approvalTerms }: CompiledPolicy,
  { method }: PolicyRequest,
  mode: CompiledPolicy['approval'],
): Pick<Decision, 'outcome' | 'reason' | 'next' | 'approval'> {
  const asks = mode === 'always' || (mode === 'writes' && !readMethods.has(method))
  if (!asks) return { outcome: 'allow', reason: 'The policy allows this request.' }
  const kind = mode === approval ? '' : ' of this kind'
  return {
    outcome: 'require_approval',
    reason:
      mode === 'always'
        ? `The policy asks for an owner’s approval of every request${kind}.`
        : `The policy asks for an owner’s approval of every write${kind}, and ${method} is one.`,
    next: 'An owner decides when the request is sent.',
    approval: approvalTerms,
  }
}
