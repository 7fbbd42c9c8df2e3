import type { RememberedApproval } from '@sallyport/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { pages, useAction } from '../api.ts'
import { useMay } from '../session.ts'
import { Badge, StatusBadge } from './badge.tsx'
import { Button, TextLink } from './button.tsx'
import { Card } from './card.tsx'
import { ConfirmDialog } from './dialog.tsx'
import { LoadingState } from './loading-state.tsx'
import { ConnectionName } from './names.tsx'
import { ErrorState } from './states.tsx'
import { Time } from './time.tsx'
import { useToast } from './toast.tsx'
import { CallName } from './tools/call-name.tsx'
import { callTargetOf } from './tools/call-target.ts'
import { UntrustedText } from './untrusted-text.tsx'

const charsShown = 200

type Of = { readonly policyId: string } | { readonly agentId: string }

/** Answers that count for more than one request: what goes through without asking because somebody said so once. */
export function RememberedList({ of }: { of: Of }) {
  const [isAll, setAll] = useState(false)
  const list = useInfiniteQuery(
    pages('listRememberedApprovals', { ...of, ...(!isAll && { status: 'active' as const }) }),
  )
  const remembered = list.data?.pages.flatMap((page) => page.rememberedApprovals)
  // On an agent's page there is no need to say that there are none.
  if ('agentId' in of && !isAll && remembered?.length === 0) return null
  return (
    <Card
      title="Remembered answers"
      description="What goes through without asking, because somebody approved a request like it and chose so."
      actions={
        <Button size="sm" variant="quiet" aria-pressed={isAll} onClick={() => setAll(!isAll)}>
          {isAll ? 'Only those that count' : 'Also those that ended'}
        </Button>
      }
      flush
    >
      {remembered === undefined ? (
        <div className="px-5 py-4">
          {list.isError ? (
            <ErrorState error={list.error} onRetry={list.refetch} />
          ) : (
            <LoadingState lines={2} />
          )}
        </div>
      ) : remembered.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">
          {isAll ? 'None.' : 'None. When you approve a request you can have the answer remembered.'}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {remembered.map((one) => (
            <RememberedRow key={one.id} remembered={one} showConnection={'agentId' in of} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <div className="border-t border-line px-5 py-3">
          <Button
            size="sm"
            busy={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        </div>
      )}
    </Card>
  )
}

interface RememberedRowProps {
  readonly remembered: RememberedApproval
  readonly showConnection: boolean
}

function RememberedRow({ remembered, showConnection }: RememberedRowProps) {
  const { status, method, origin, path, scope, fields, connection } = remembered
  const isActive = status === 'active'
  const call = callTargetOf(`${origin}${path}`)
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-5 py-3.5">
      <div className="grid min-w-0 flex-1 basis-64 gap-1">
        {call === undefined ? (
          <UntrustedText inline mono limit={charsShown} text={`${method} ${origin}${path}`} />
        ) : (
          <span>
            <CallName target={call} owner={connection.label} />
          </span>
        )}
        {scope === 'exact' ? (
          <p className="text-[0.93rem] text-ink-soft">The very same request, byte for byte.</p>
        ) : (
          <FieldValues fields={fields} />
        )}
        {showConnection && (
          <p className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
            With <ConnectionName connectionId={connection.id} />
          </p>
        )}
        <UseAndEnd remembered={remembered} />
      </div>
      <div className="flex items-center gap-2">
        {isActive ? (
          <RevokeRemembered remembered={remembered} />
        ) : (
          <StandingBadge status={status} />
        )}
      </div>
    </li>
  )
}

function StandingBadge({ status }: Pick<RememberedApproval, 'status'>) {
  return status === 'used_up' ? <Badge>Used up</Badge> : <StatusBadge status={status} />
}

function FieldValues({ fields }: Pick<RememberedApproval, 'fields'>) {
  if (fields.length === 0) {
    return <p className="text-[0.93rem] text-ink-soft">Whatever its parts say.</p>
  }
  return (
    <ul className="grid gap-0.5 text-[0.93rem]">
      {fields.map(({ name, value }) => (
        <li key={name} className="min-w-0">
          <UntrustedText inline mono limit={charsShown} text={name} />{' '}
          <span className="text-ink-soft">is</span>{' '}
          {value === undefined ? (
            <span className="text-ink-soft">as it was approved</span>
          ) : (
            <UntrustedText inline limit={charsShown} text={value} />
          )}
        </li>
      ))}
    </ul>
  )
}

function UseAndEnd({ remembered }: { remembered: RememberedApproval }) {
  const { uses, used, expiresAt, createdBy, lastUsedAt, approvalId, status } = remembered
  const left = Math.max(0, uses - used)
  return (
    <p className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
      {left.toLocaleString('en')} of {uses.toLocaleString('en')} {uses === 1 ? 'use' : 'uses'} left
      {status === 'expired' ? ' · ended ' : ' · ends '}
      <Time at={expiresAt} />
      {lastUsedAt !== undefined && (
        <>
          {' · '}last used <Time at={lastUsedAt} />
        </>
      )}
      {' · '}by {createdBy.email},{' '}
      <TextLink to="/approvals/$approvalId" params={{ approvalId }}>
        from this approval
      </TextLink>
    </p>
  )
}

function RevokeRemembered({ remembered }: { remembered: RememberedApproval }) {
  const [isOpen, setOpen] = useState(false)
  const mayWrite = useMay('approvals:write')
  const toast = useToast()
  const revoke = useAction('revokeRememberedApproval', {
    onDone: () => {
      toast('Revoked: you are asked again')
      setOpen(false)
    },
  })
  if (!mayWrite) return null
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Revoke
      </Button>
      <ConfirmDialog
        title="Ask again from now on?"
        confirmLabel="Revoke"
        danger
        open={isOpen}
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate({ rememberedApprovalId: remembered.id })}
        onClose={() => setOpen(false)}
      >
        <p>The next request like this waits for an owner. What was sent before stays as it is.</p>
      </ConfirmDialog>
    </>
  )
}
