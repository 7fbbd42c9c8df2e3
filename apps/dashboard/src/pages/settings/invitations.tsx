import { useInfiniteQuery } from '@tanstack/react-query'
import { type Output, pages, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { peopleMs, roleNames } from './roles.ts'

type Invitation = Output<'listInvitations'>['invitations'][number]

/** Invitations that nobody has accepted yet; nothing where there are none. */
export function Invitations({ canWithdraw }: { canWithdraw: boolean }) {
  const toast = useToast()
  const list = useInfiniteQuery({ ...pages('listInvitations', {}), refetchInterval: peopleMs })
  const withdraw = useAction('deleteInvitation', { onDone: () => toast('Invitation withdrawn') })
  if (list.data === undefined) {
    return list.isError ? <ErrorState error={list.error} onRetry={list.refetch} /> : null
  }
  const invitations = list.data.pages.flatMap((page) => page.invitations)
  if (invitations.length === 0) return null
  return (
    <Card title="Invited" description="They have not joined yet.">
      {withdraw.error !== null && <ProblemNotice error={withdraw.error} />}
      <ul className="divide-y divide-line">
        {invitations.map((invitation) => (
          <InvitationRow
            key={invitation.id}
            invitation={invitation}
            busy={withdraw.isPending && withdraw.variables.invitationId === invitation.id}
            {...(canWithdraw && {
              onWithdraw: () => withdraw.mutate({ invitationId: invitation.id }),
            })}
          />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Load more
        </Button>
      )}
    </Card>
  )
}

interface InvitationRowProps {
  readonly invitation: Invitation
  readonly busy: boolean
  readonly onWithdraw?: () => void
}

function InvitationRow({ invitation, busy, onWithdraw }: InvitationRowProps) {
  const { email, role, invitedBy, expiresAt } = invitation
  return (
    <li className="flex items-center justify-between gap-3 py-2.5">
      <div className="min-w-0">
        <p className="font-medium [overflow-wrap:anywhere]">{email}</p>
        <p className="text-[0.87rem] text-ink-soft">
          {roleNames[role]}, invited by {invitedBy}, ends <Time at={expiresAt} />
        </p>
      </div>
      {onWithdraw !== undefined && (
        <Button
          size="sm"
          busy={busy}
          onClick={onWithdraw}
          aria-label={`Withdraw the invitation of ${email}`}
        >
          Withdraw
        </Button>
      )}
    </li>
  )
}
