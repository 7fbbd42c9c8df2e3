import type { CatalogAction } from '@sallyport/catalog'
import {
  type ActionTemplate,
  type AllowEntry,
  allowEntriesMax,
  type approveCapabilityRequest,
  type FieldFault,
  type InputOf,
  type PolicyDocument,
  Problem,
} from '@sallyport/contracts'
import { stricter } from '../policy/compile-policy.ts'
import { coversOrigin, narrowToOrigins } from './fit-origins.ts'
import { coversSome, isOver } from './grants.ts'
import { putGuard } from './guard-grant.ts'

type Wish = Pick<
  InputOf<typeof approveCapabilityRequest>,
  'allow' | 'approval' | 'expiresAt' | 'guard'
>
type WishedEntry = Omit<AllowEntry, 'actionTemplateId'>

/** What an owner grants: an action template, narrowed or not, to what the agent has already. */
export interface GrantDraft {
  readonly service: Pick<CatalogAction['service'], 'category'>
  readonly action: ActionTemplate
  readonly wish: Wish
  /** Where the connection's credential may go. */
  readonly origins: readonly string[]
  /** The agent's policy for the connection, where there is one. */
  readonly policy: PolicyDocument | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/**
 * The policy with a grant in it. Entries that are there stay as they are, but for what an earlier grant of the same action
 * left behind when it ended; the new ones are no wider than the action template, name origins of the connection, and ask at
 * least as often as the policy does on its own.
 * @throws Problem invalid-input where the wish is wider than the action or ends before it begins, or the policy is full;
 * policy-expired
 */
export function draftGrant(draft: GrantDraft): PolicyDocument {
  const { service, action, wish } = draft
  const { document, entries } = draftEntries(draft)
  return putGuard(document, { service, action, entries }, wish.guard)
}

function draftEntries({ action, wish, origins, policy, nowMs }: GrantDraft): {
  document: PolicyDocument
  entries: AllowEntry[]
} {
  refuseFaults([...faultsOfEnds(wish, nowMs), ...faultsOfWidth(wish.allow ?? [], action)])
  if (policy !== undefined && isOver(policy, nowMs)) {
    throw new Problem('policy-expired', 'The agent’s policy for this connection has expired.', {
      next: 'Give the policy a later end or delete it, then grant the request.',
    })
  }
  const wanted = (wish.allow ?? action.allow).flatMap((entry) => narrowToOrigins(entry, origins))
  const entries = wanted.map((entry): AllowEntry => {
    const expiresAt = earlier(entry.expiresAt, wish.expiresAt)
    const mode = entry.approval ?? wish.approval ?? action.approval
    return {
      origin: entry.origin,
      methods: entry.methods,
      paths: entry.paths,
      approval: policy === undefined ? mode : stricter(mode, policy.approval),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(entry.limits !== undefined && { limits: entry.limits }),
      actionTemplateId: action.id,
    }
  })
  if (policy === undefined) {
    return { document: { allow: entries, approval: 'writes', limits: {}, windows: [] }, entries }
  }
  const kept = policy.allow.filter(
    (entry) => entry.actionTemplateId !== action.id || !isOver(entry, nowMs),
  )
  if (kept.length + entries.length > allowEntriesMax) {
    throw new Problem('invalid-input', `A policy has at most ${allowEntriesMax} entries.`, {
      next: 'Take entries out of the agent’s policy for this connection, then grant the request.',
      fields: [{ field: 'allow', message: 'must fit into the policy' }],
    })
  }
  return { document: { ...policy, allow: [...kept, ...entries] }, entries }
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(a) <= Date.parse(b) ? a : b
}

function faultsOfEnds({ allow = [], expiresAt }: Wish, nowMs: number): FieldFault[] {
  const ends = [
    { field: 'expiresAt', expiresAt },
    ...allow.map((entry, at) => ({ field: `allow.${at}.expiresAt`, expiresAt: entry.expiresAt })),
  ]
  return ends
    .filter((end) => isOver(end, nowMs))
    .map(({ field }) => ({ field, message: 'must be in the future' }))
}

function faultsOfWidth(allow: readonly WishedEntry[], action: ActionTemplate): FieldFault[] {
  return allow.flatMap((entry, at): FieldFault[] => {
    const field = (name: string) => `allow.${at}.${name}`
    const there = action.allow.filter(({ origin }) => coversOrigin(origin, entry.origin))
    if (there.length === 0) {
      const origins = [...new Set(action.allow.map(({ origin }) => origin))]
      return [{ field: field('origin'), message: `must be ${origins.join(' or ')}` }]
    }
    const methods = [...new Set(there.flatMap((wide) => wide.methods))]
    if (entry.methods.some((method) => !methods.includes(method))) {
      return [{ field: field('methods'), message: `must be among ${methods.join(', ')}` }]
    }
    return entry.paths.flatMap((path, pathAt) => {
      const tooWide = entry.methods.find(
        (method) =>
          !there.some((wide) => wide.methods.includes(method) && coversSome(wide.paths, path)),
      )
      if (tooWide === undefined) return []
      const message = `must lie within what ${action.id} allows with ${tooWide}`
      return [{ field: `${field('paths')}.${pathAt}`, message }]
    })
  })
}

function refuseFaults(faults: readonly FieldFault[]): void {
  const [first] = faults
  if (first === undefined) return
  throw new Problem('invalid-input', `${first.field} ${first.message}.`, {
    next: 'Grant a part of what the action allows, or all of it by leaving allow out; anything wider is a matter of the policy.',
    fields: faults,
  })
}
