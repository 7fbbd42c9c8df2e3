import type { Connection, RevokedAtProvider } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { query, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { AgentName } from '../../components/names.tsx'
import { useToast } from '../../components/toast.tsx'

const agentsNamed = 10

interface RevokeConnectionProps {
  readonly connection: Connection
  /** Gets what the provider made of it, where it was told. */
  readonly onRevoked: (atProvider: RevokedAtProvider | undefined) => void
}

/** Ends a connection for good; says first who loses access. */
export function RevokeConnection({ connection, onRevoked }: RevokeConnectionProps) {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const revoke = useAction('revokeConnectionByOwner', {
    invalidates: ['approvals', 'policies', 'audit'],
    onDone: ({ atProvider }) => {
      setOpen(false)
      onRevoked(atProvider)
      toast('Connection revoked')
    },
  })
  return (
    <Card title="Revoke">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          {connection.credential?.kind === 'oauth2'
            ? 'Destroys its tokens here, at once and for good, and tells the provider to take the access back.'
            : 'Destroys the key here, at once and for good. To make the key itself worthless, delete it at the API as well.'}
        </p>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Revoke
        </Button>
      </div>
      <ConfirmDialog
        title="Revoke this connection?"
        confirmLabel="Revoke"
        danger
        open={open}
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoke.mutate({ connectionId: connection.id })}
        onClose={() => setOpen(false)}
      >
        <p className="font-medium text-ink [overflow-wrap:anywhere]">{connection.label}</p>
        <Losers connectionId={connection.id} />
        <p>
          {connection.credential?.kind === 'oauth2' ? 'Its tokens are' : 'The key is'} destroyed,
          running calls through it end, and what waits for your approval is cancelled. This cannot
          be undone.
        </p>
      </ConfirmDialog>
    </Card>
  )
}

/** Who loses access by it. */
function Losers({ connectionId }: { connectionId: string }) {
  const { data } = useQuery(query('listPolicies', { connectionId, limit: agentsNamed }))
  if (data === undefined) return null
  if (data.policies.length === 0) return <p>No agent uses it.</p>
  return (
    <div>
      <p>These lose access at once:</p>
      <ul className="list-disc pl-5 text-ink">
        {data.policies.map(({ id, agentId }) => (
          <li key={id} className="[overflow-wrap:anywhere]">
            <AgentName agentId={agentId} link={false} />
          </li>
        ))}
        {data.nextCursor !== undefined && <li>and others</li>}
      </ul>
    </div>
  )
}
