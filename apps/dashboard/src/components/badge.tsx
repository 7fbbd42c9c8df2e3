import type { ReactNode } from 'react'
import { classes } from './classes.ts'
import type { Tone } from './notice.tsx'

const tones: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-ink-soft',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
}

export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={classes(
        'inline-flex items-center rounded-full px-2 py-0.5 text-[0.8rem] leading-5 font-medium whitespace-nowrap',
        tones[tone],
      )}
    >
      {children}
    </span>
  )
}

const statuses: Readonly<Record<string, readonly [Tone, string]>> = {
  active: ['good', 'Active'],
  healthy: ['good', 'Healthy'],
  approved: ['good', 'Approved'],
  done: ['good', 'Done'],
  sent: ['good', 'Sent'],
  allow: ['good', 'Allowed'],
  consumed: ['neutral', 'Used'],
  pending: ['warn', 'Pending'],
  needs_reauth: ['warn', 'Reconnect'],
  require_approval: ['warn', 'Asked'],
  unknown: ['warn', 'Unknown'],
  denied: ['bad', 'Denied'],
  deny: ['bad', 'Denied'],
  refused: ['bad', 'Refused'],
  failed: ['bad', 'Failed'],
  disabled: ['bad', 'Disabled'],
  revoked: ['bad', 'Revoked'],
  expired: ['neutral', 'Expired'],
  cancelled: ['neutral', 'Cancelled'],
}

/** A status of the contracts in one word, always with its own colour. */
export function StatusBadge({ status }: { status: string }) {
  const [tone, label] = statuses[status] ?? (['neutral', status] as const)
  return <Badge tone={tone}>{label}</Badge>
}
