import { type CompiledPolicy, stricter } from './compile-policy.ts'
import { askOwner, type PolicyRequest, type Refusal } from './decision.ts'
import { matchesOrigin } from './origin-pattern.ts'
import { matchesPath, type PathSegments } from './path-pattern.ts'

/** What allows a request: the number of the first entry that does, and the strictest mode of all that do; or the grant of its tool. */
export interface Match {
  readonly by: 'allow' | 'tools'
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
export function findEntry(
  policy: CompiledPolicy,
  request: Pick<PolicyRequest, 'method' | 'origin'> & { readonly segments: PathSegments },
  now: number,
): Match | Refusal {
  const path = request.segments
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
      if (stricter(mode, entry.strictestAfter) === mode) return { by: 'allow', at: first, mode }
    }
    near.origin = true
    near.method ||= method
    near.path ||= fits
  }
  if (first !== undefined) return { by: 'allow', at: first, mode }
  return { problem: 'policy-denied', reason: nearMiss(near, request), next: askOwner }
}

function nearMiss(
  near: Near,
  { method, origin }: Pick<PolicyRequest, 'method' | 'origin'>,
): string {
  if (near.expiredAt !== undefined) {
    return `What the policy allowed here expired at ${new Date(near.expiredAt).toISOString()}.`
  }
  if (near.path) return `The policy allows this path, but not with ${method}.`
  if (near.method) return `The policy allows ${method} at ${origin}, but not this path.`
  if (near.origin) return `The policy allows neither this path nor ${method} at ${origin}.`
  return `The policy allows nothing at ${origin}.`
}
