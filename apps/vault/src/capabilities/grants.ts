import type { CatalogAction } from '@sallyport/catalog'
import type { ActionTemplate, PolicyDocument } from '@sallyport/contracts'
import { compilePathPattern, coversPath } from '../policy/path-pattern.ts'
import type { GrantedConnection } from './capabilities-needs.ts'
import { coversOrigin } from './fit-origins.ts'

type Ends = { readonly expiresAt?: string | undefined }

/** Is it over at that instant, in ms since the epoch? */
export const isOver = ({ expiresAt }: Ends, nowMs: number): boolean =>
  expiresAt !== undefined && !(nowMs < Date.parse(expiresAt))

/**
 * Does an agent have an action template by this policy: does a live entry say that it was granted, if only in part, or do
 * the live entries allow all that it names? Whether an owner is asked first makes no difference: what has to be approved
 * was granted all the same. What has expired was not.
 */
export function grants(policy: PolicyDocument, action: ActionTemplate, nowMs: number): boolean {
  if (isOver(policy, nowMs)) return false
  const live = policy.allow.filter((entry) => !isOver(entry, nowMs))
  if (live.some((entry) => entry.actionTemplateId === action.id)) return true
  return action.allow.every((wanted) =>
    wanted.methods.every((method) =>
      wanted.paths.every((path) =>
        live.some(
          (entry) =>
            entry.methods.includes(method) &&
            // Of an action that names a pattern, what is granted names hosts of the connection.
            (coversOrigin(entry.origin, wanted.origin) ||
              coversOrigin(wanted.origin, entry.origin)) &&
            coversSome(entry.paths, path),
        ),
      ),
    ),
  )
}

/** Does one of the patterns match all that this one matches? */
export const coversSome = (wide: readonly string[], narrow: string): boolean =>
  wide.includes(narrow) || wide.some((path) => coversPath(compilePathPattern(path), narrow))

/** Does the agent have an action template by one of its connections? */
export const isGranted = (
  granted: readonly GrantedConnection[],
  { service, action }: CatalogAction,
  nowMs: number,
): boolean =>
  granted.some(
    (connection) =>
      connection.service === service.id &&
      connection.status !== 'revoked' &&
      connection.policies.some((policy) => grants(policy, action, nowMs)),
  )
