import {
  type AllowEntry,
  type CallOf,
  type GuardLevel,
  type HttpMethod,
  type operations,
  PathPattern,
} from '@sallyport/contracts'

// What an owner is about to grant: the action as the catalog has it, narrowed as far as they like.

type Mode = 'always' | 'writes' | 'never'
type Grant = Omit<CallOf<(typeof operations)['approveCapabilityRequest']>, 'capabilityRequestId'>

/** An entry of the action with what is kept of it. */
export interface DraftEntry {
  readonly given: AllowEntry
  readonly isKept: boolean
  readonly methods: readonly HttpMethod[]
  /** As it was typed: one path a line. */
  readonly paths: string
}

export interface GrantDraft {
  readonly connectionId: string | undefined
  readonly entries: readonly DraftEntry[]
  readonly approval: Mode
  /** When the grant ends, in milliseconds since the epoch. */
  readonly endsAtMs: number | undefined
  readonly guard: { readonly level: GuardLevel | 'none'; readonly domains: readonly string[] }
}

interface Action {
  readonly allow: readonly AllowEntry[]
  readonly approval: Mode
}

interface Candidate {
  readonly id: string
  readonly status: string
  readonly originsCovered: boolean
}

/** Whether an action can be granted on a connection as it is. */
export const isUsable = ({ status, originsCovered }: Candidate) =>
  status !== 'revoked' && originsCovered

/** The whole action, on the connection that was made for it, else on the one that fits, if there is one. */
export function startDraft(
  action: Action,
  candidates: readonly Candidate[],
  { wanted, ownDomains = [] }: { wanted?: string | undefined; ownDomains?: readonly string[] } = {},
): GrantDraft {
  const usable = candidates.filter(isUsable)
  const made = usable.find(({ id }) => id === wanted)
  return {
    connectionId: made?.id ?? (usable.length === 1 ? usable[0]?.id : undefined),
    entries: action.allow.map((given) => ({
      given,
      isKept: true,
      methods: given.methods,
      paths: given.paths.join('\n'),
    })),
    approval: action.approval,
    endsAtMs: undefined,
    guard: { level: 'standard', domains: ownDomains },
  }
}

/** The paths of a text with one a line. */
const pathsOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** What a draft would allow, as a policy writes it. */
export const allowOf = ({ entries }: GrantDraft): AllowEntry[] =>
  entries
    .filter(({ isKept }) => isKept)
    .map(({ given, methods, paths }) => ({
      ...given,
      methods: [...methods],
      paths: pathsOf(paths),
    }))

/** Why a draft can not be granted as it is; nothing where it can. The vault also checks that it is no wider than the action. */
export function faultsOf(draft: GrantDraft, nowMs: number): string[] {
  const kept = draft.entries.filter(({ isKept }) => isKept)
  const faults: string[] = []
  if (draft.connectionId === undefined) faults.push('Choose a connection.')
  if (kept.length === 0) faults.push('Keep at least one part, or deny the request.')
  if (kept.some(({ methods }) => methods.length === 0)) {
    faults.push('Keep at least one method of each part.')
  }
  for (const { paths } of kept) {
    const lines = pathsOf(paths)
    if (lines.length === 0) faults.push('Keep at least one path of each part.')
    for (const line of lines) {
      const checked = PathPattern.safeParse(line)
      if (!checked.success) faults.push(`A path ${checked.error.issues[0]?.message ?? 'is wrong'}.`)
    }
  }
  if (draft.endsAtMs !== undefined && draft.endsAtMs <= nowMs) {
    faults.push('The end has to be in the future.')
  }
  return [...new Set(faults)]
}

/** What is sent: only what differs from the action as it is. */
export function grantOf(draft: GrantDraft, action: Action): Grant {
  const { connectionId, approval, endsAtMs, guard } = draft
  const allow = allowOf(draft)
  const isNarrowed = JSON.stringify(allow) !== JSON.stringify(action.allow)
  return {
    ...(connectionId !== undefined && { connectionId }),
    ...(isNarrowed && {
      allow: allow.map(({ actionTemplateId: _, ...entry }) => entry),
    }),
    ...(approval !== action.approval && { approval }),
    ...(endsAtMs !== undefined && { expiresAt: new Date(endsAtMs).toISOString() }),
    ...(guard.level !== 'none' && {
      guard: { level: guard.level, domains: [...guard.domains] },
    }),
  }
}

/** Whether anything but the connection is not as the action has it. */
export function isChanged(draft: GrantDraft, action: Action): boolean {
  const { connectionId: _, guard: __, ...changes } = grantOf(draft, action)
  return Object.keys(changes).length > 0
}
