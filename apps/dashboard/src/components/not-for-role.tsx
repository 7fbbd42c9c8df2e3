import type { OwnerScope } from '@sallyport/contracts'
import { Lock } from 'lucide-react'
import { useSession } from '../session.ts'
import { EmptyState } from './states.tsx'

interface NotForRoleProps {
  /** What cannot be seen, as the end of "does not read …": "the audit log". */
  readonly what: string
  readonly scope: OwnerScope
}

/** In place of a page that the vault would refuse to this person: why, and who can change it. */
export function NotForRole({ what, scope }: NotForRoleProps) {
  const role = useSession()?.owner.role ?? ''
  return (
    <EmptyState title="Your role does not include this page" icon={<Lock aria-hidden="true" />}>
      You are {/^[aeiou]/.test(role) ? 'an' : 'a'} {role}, who does not read {what} (
      <span className="font-mono text-[0.87rem]">{scope}</span>). An owner of the workspace can give
      you another role.
    </EmptyState>
  )
}
