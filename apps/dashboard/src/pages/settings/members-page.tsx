import { useInfiniteQuery } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { type Output, pages } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { type Session, useSession } from '../../session.ts'
import { Invitations } from './invitations.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { ChangeRoleDialog, RemoveMemberDialog } from './member-dialogs.tsx'
import { peopleMs, roleHints, roleNames } from './roles.ts'

type Member = Output<'listMembers'>['members'][number]

/** The people of the workspace, and those who are invited. Only owners change who they are. */
export function MembersPage() {
  const session = useSession()
  const list = useInfiniteQuery({ ...pages('listMembers', {}), refetchInterval: peopleMs })
  const [inviting, setInviting] = useState(false)
  const [changing, setChanging] = useState<Member>()
  const [removing, setRemoving] = useState<Member>()
  const isOwner = session?.owner.role === 'owner'
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft">
          People who can sign in to this workspace.{' '}
          {!isOwner && 'Only an owner can change who they are.'}
        </p>
        {isOwner && (
          <Button variant="primary" onClick={() => setInviting(true)}>
            <UserPlus aria-hidden="true" /> Invite somebody
          </Button>
        )}
      </div>
      <DataTable
        label="Members"
        list={list}
        rowsOf={(page) => page.members}
        keyOf={(member) => member.id}
        columns={columnsFor(session, { onChange: setChanging, onRemove: setRemoving })}
        empty={<EmptyState title="Nobody" />}
      />
      <Invitations canWithdraw={isOwner} />
      <InviteDialog open={inviting} onClose={() => setInviting(false)} />
      <ChangeRoleDialog member={changing} onClose={() => setChanging(undefined)} />
      <RemoveMemberDialog member={removing} onClose={() => setRemoving(undefined)} />
    </div>
  )
}

interface Acts {
  readonly onChange: (member: Member) => void
  readonly onRemove: (member: Member) => void
}

function columnsFor(session: Session | undefined, { onChange, onRemove }: Acts): Column<Member>[] {
  const columns: Column<Member>[] = [
    {
      id: 'email',
      header: 'E-mail address',
      width: '2fr',
      primary: true,
      cell: ({ id, email }) => (
        <span className="flex flex-wrap items-center gap-2" title={email}>
          <span className="min-w-0 truncate max-md:whitespace-normal max-md:[overflow-wrap:anywhere]">
            {email}
          </span>
          {id === session?.owner.id && <Badge tone="good">You</Badge>}
        </span>
      ),
    },
    {
      id: 'role',
      header: 'Role',
      cell: ({ role }) => <span title={roleHints[role]}>{roleNames[role]}</span>,
    },
    { id: 'since', header: 'Since', cell: ({ createdAt }) => <Time at={createdAt} /> },
  ]
  if (session?.owner.role !== 'owner') return columns
  return [
    ...columns,
    {
      id: 'acts',
      header: 'Change',
      width: '13rem',
      cell: (member) => (
        <span className="flex gap-2">
          <Button
            size="sm"
            onClick={() => onChange(member)}
            aria-label={`Change role of ${member.email}`}
          >
            Change role
          </Button>
          <Button size="sm" onClick={() => onRemove(member)} aria-label={`Remove ${member.email}`}>
            Remove
          </Button>
        </span>
      ),
    },
  ]
}
