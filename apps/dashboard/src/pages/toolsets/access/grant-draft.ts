import type { EffectiveGrant, ToolGrant } from '@sallyport/contracts'

// A permission while it is being written: pure parts of the dialog.

export interface GrantDraft {
  /** `inherit`: nothing is said for the tool itself, or for the toolset. */
  readonly may: 'inherit' | 'allow' | 'deny'
  /** Empty: as the policy says. */
  readonly approval: '' | 'always' | 'writes' | 'never'
  readonly perMinute: string
  readonly perHour: string
  readonly perDay: string
  readonly endsAtMs: number | undefined
}

/**
 * What the dialog begins with. `own` is what the vault says of the tool or toolset itself (`from: 'none'` where it says nothing
 * of it), `grant` the same as it stands in the policy, which tells its own mode from the policy’s.
 */
export function draftOf(own: EffectiveGrant, grant: ToolGrant | undefined): GrantDraft {
  const { limits = {}, expiresAt } = own
  const text = (count: number | undefined) => (count === undefined ? '' : String(count))
  return {
    may:
      own.from === 'none' ? 'inherit' : own.allowed || expiresAt !== undefined ? 'allow' : 'deny',
    approval: grant?.approval ?? '',
    perMinute: text(limits.perMinute),
    perHour: text(limits.perHour),
    perDay: text(limits.perDay),
    endsAtMs: expiresAt === undefined ? undefined : Date.parse(expiresAt),
  }
}

/** What the vault is told. */
export function inputOf(draft: GrantDraft) {
  const { may, approval, perMinute, perHour, perDay, endsAtMs } = draft
  if (may !== 'allow') return { allowed: may === 'deny' ? false : null }
  const limits = {
    ...(perMinute !== '' && { perMinute: Number(perMinute) }),
    ...(perHour !== '' && { perHour: Number(perHour) }),
    ...(perDay !== '' && { perDay: Number(perDay) }),
  }
  return {
    allowed: true,
    ...(approval !== '' && { approval }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(endsAtMs !== undefined && { expiresAt: new Date(endsAtMs).toISOString() }),
  }
}
