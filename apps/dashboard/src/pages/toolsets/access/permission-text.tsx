import type { EffectiveGrant } from '@sallyport/contracts'
import { Check, Minus, X } from 'lucide-react'
import { classes } from '../../../components/classes.ts'
import { describePermission } from '../../../components/tools/permission-words.ts'

interface PermissionTextProps {
  readonly permission: EffectiveGrant
  /** Said of the tool itself; else it only follows from what is said of all. */
  readonly isOwn: boolean
}

/** A permission in a line, with a sign that tells yes from no without colours. */
export function PermissionText({ permission, isOwn }: PermissionTextProps) {
  const text = describePermission(permission, Date.now())
  const Icon = permission.allowed ? Check : permission.from === 'none' ? Minus : X
  return (
    <span
      className={classes(
        'inline-flex min-w-0 items-center gap-1.5 text-[0.87rem] [&_svg]:size-4 [&_svg]:shrink-0',
        !permission.allowed && (permission.from === 'none' ? 'text-ink-soft' : 'text-bad'),
        permission.allowed && (isOwn ? 'text-good' : 'text-ink-soft'),
        isOwn && 'font-medium',
      )}
    >
      <Icon aria-hidden="true" />
      <span className="truncate">
        {text}
        {!isOwn && permission.allowed && <span className="sr-only">, as for all tools</span>}
      </span>
    </span>
  )
}
