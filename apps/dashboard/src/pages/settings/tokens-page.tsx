import { useInfiniteQuery } from '@tanstack/react-query'
import { KeySquare, Plus } from 'lucide-react'
import { useState } from 'react'
import { type Output, pages, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { TokenDialog } from './token-dialog.tsx'

type Token = Output<'listTokens'>['tokens'][number]

/** One's personal access tokens, for programs that act as oneself. */
export function TokensPage() {
  const list = useInfiniteQuery(pages('listTokens', {}))
  const [making, setMaking] = useState(false)
  const [ending, setEnding] = useState<Token>()
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft">
          For scripts of your own that manage the vault. They act as you, with the scopes that you
          give them and never more than your role. Agents do not take them.
        </p>
        <Button variant="primary" onClick={() => setMaking(true)}>
          <Plus aria-hidden="true" /> New token
        </Button>
      </div>
      <DataTable
        label="Personal access tokens"
        list={list}
        rowsOf={(page) => page.tokens}
        keyOf={(token) => token.id}
        columns={columnsWith(setEnding)}
        empty={
          <EmptyState title="No tokens" icon={<KeySquare aria-hidden="true" />}>
            You need none to use this page.
          </EmptyState>
        }
      />
      <TokenDialog open={making} onClose={() => setMaking(false)} />
      <EndTokenDialog token={ending} onClose={() => setEnding(undefined)} />
    </div>
  )
}

const columnsWith = (onEnd: (token: Token) => void): Column<Token>[] => [
  {
    id: 'name',
    header: 'Name',
    primary: true,
    cell: ({ name }) => <span title={name}>{name}</span>,
  },
  {
    id: 'scopes',
    header: 'Scopes',
    width: '2fr',
    cell: ({ scopes }) => <span title={scopes.join(', ')}>{scopes.join(', ')}</span>,
  },
  {
    id: 'used',
    header: 'Last used',
    cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'Never' : <Time at={lastUsedAt} />),
  },
  { id: 'ends', header: 'Ends', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
  {
    id: 'end',
    header: 'Change',
    width: '6rem',
    cell: (token) => (
      <Button size="sm" onClick={() => onEnd(token)} aria-label={`End the token ${token.name}`}>
        End
      </Button>
    ),
  },
]

function EndTokenDialog({ token, onClose }: { token: Token | undefined; onClose: () => void }) {
  const toast = useToast()
  const end = useAction('deleteToken', {
    onDone: () => {
      toast('Token ended')
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`End ${token?.name ?? 'the token'}?`}
      confirmLabel="End token"
      danger
      open={token !== undefined}
      busy={end.isPending}
      error={end.error}
      onConfirm={() => token && end.mutate({ tokenId: token.id })}
      onClose={onClose}
    >
      <p>Whatever uses it is refused from now on.</p>
    </ConfirmDialog>
  )
}
