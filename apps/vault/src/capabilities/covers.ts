import type { ActionTemplate, PolicyDocument } from '@sallyport/contracts'

/** Does a policy allow all that an action template names? Compared entry by entry, without expanding patterns. */
export function covers(policy: PolicyDocument, action: ActionTemplate): boolean {
  return action.allow.every((wanted) =>
    wanted.methods.every((method) =>
      wanted.paths.every((path) =>
        policy.allow.some(
          (entry) =>
            entry.origin === wanted.origin &&
            entry.methods.includes(method) &&
            (entry.paths.includes(path) || entry.paths.includes('/**')),
        ),
      ),
    ),
  )
}
