import type { Approval } from '@sallyport/contracts'
import { Inbox as InboxIcon } from 'lucide-react'
import { useCallback, useEffect, useState } from 'react'
import { Button, TextLink } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { EmptyState, ErrorState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'
import { type ApprovalSearch, filterOf } from './approval-filters.tsx'
import { useApprovalList } from './use-approval-list.ts'
import { useShortcuts } from './use-shortcuts.ts'

const ApprovalList = lazyPart(
  async () => (await import('./approval-list.tsx')).ApprovalList,
  <LoadingState lines={6} />,
)
const ApproveSelectedDialog = lazyPart(
  async () => (await import('./approve-selected-dialog.tsx')).ApproveSelectedDialog,
)

const DenySelectedDialog = lazyPart(
  async () => (await import('./deny-selected-dialog.tsx')).DenySelectedDialog,
)

/** So many are read before they are approved together, and no more. */
const selectedMax = 50

/** The list with what stands above it: how many wait, what is new, what is selected. */
export function Inbox({ search, onHelp }: { search: ApprovalSearch; onHelp: () => void }) {
  const inbox = useApprovalList(filterOf(search))
  const { list, entries, newCount, showNew } = inbox
  const [selected, setSelected] = useState<readonly Approval[]>([])
  const [answering, setAnswering] = useState<'approve' | 'deny'>()
  const may = useMay('approvals:write')
  const show = () => {
    setSelected([])
    showNew()
    window.scrollTo({ top: 0 })
  }
  const answered = () => {
    setAnswering(undefined)
    setSelected([])
  }
  // Where nothing is shown nothing can move under a pointer.
  const isEmpty = list.data !== undefined && entries.length === 0 && !list.isFetching
  useEffect(() => {
    if (isEmpty && newCount > 0) showNew()
  })
  const toggle = (id: string) =>
    setSelected((before) => {
      if (before.some((entry) => entry.id === id)) return before.filter((entry) => entry.id !== id)
      const entry = entries.find((listed) => listed.id === id)
      return entry === undefined || before.length >= selectedMax ? before : [...before, entry]
    })
  useShortcuts({
    n: () => newCount > 0 && show(),
    A: () => selected.length > 0 && setAnswering('approve'),
    D: () => selected.length > 0 && setAnswering('deny'),
    '?': onHelp,
  })
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = list
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage])

  if (list.data === undefined) {
    return list.isError ? (
      <ErrorState error={list.error} onRetry={list.refetch} />
    ) : (
      <LoadingState lines={6} />
    )
  }
  if (entries.length === 0) return <Nothing search={search} />
  return (
    <>
      <Bar
        inbox={inbox}
        isWhole={Object.values(search).every((value) => value === undefined)}
        selectedCount={selected.length}
        onShowNew={show}
        onAnswer={setAnswering}
        onClear={() => setSelected([])}
      />
      <ApprovalList
        entries={entries}
        selection={{ ids: new Set(selected.map(({ id }) => id)), canSelect: may, toggle }}
        onEnd={more}
      />
      {isFetchingNextPage && <LoadingState lines={2} />}
      {isError && <ErrorState error={list.error} onRetry={fetchNextPage} />}
      {answering === 'approve' && <ApproveSelectedDialog selected={selected} onClose={answered} />}
      {answering === 'deny' && <DenySelectedDialog selected={selected} onClose={answered} />}
    </>
  )
}

interface BarProps {
  readonly inbox: ReturnType<typeof useApprovalList>
  /** All that waits is listed, whoever asks. */
  readonly isWhole: boolean
  readonly selectedCount: number
  readonly onShowNew: () => void
  readonly onAnswer: (answer: 'approve' | 'deny') => void
  readonly onClear: () => void
}

/** Always as high as it is, so that nothing below it moves when something new is announced. */
function Bar(props: BarProps) {
  const { inbox, isWhole, selectedCount, onShowNew, onAnswer, onClear } = props
  const { pendingCount, newCount, newMax } = inbox
  return (
    <div className="sticky top-13 z-20 -mx-4 mb-2 flex min-h-12 flex-wrap items-center gap-2 bg-canvas px-4 md:top-0">
      {selectedCount > 0 ? (
        <>
          <span className="mr-2 font-medium">{selectedCount} selected</span>
          <Button size="sm" variant="primary" onClick={() => onAnswer('approve')}>
            Look at them and approve…
          </Button>
          <Button size="sm" onClick={() => onAnswer('deny')}>
            Deny…
          </Button>
          <Button size="sm" variant="quiet" onClick={onClear}>
            Clear
          </Button>
        </>
      ) : (
        <span className="text-[0.93rem] text-ink-soft">
          {isWhole && pendingCount !== undefined && `${pendingCount.toLocaleString('en')} waiting`}
        </span>
      )}
      <span role="status" className="ml-auto">
        {newCount > 0 && (
          <Button size="sm" onClick={onShowNew}>
            Show {newCount >= newMax ? `${newMax}+` : newCount} new
          </Button>
        )}
      </span>
    </div>
  )
}

function Nothing({ search }: { search: ApprovalSearch }) {
  if (search.status === undefined) {
    return (
      <EmptyState title="Nothing waits for you" icon={<InboxIcon aria-hidden="true" />}>
        When a policy asks for a person, the agent’s request appears here by itself. It can also{' '}
        <TextLink to="/settings/notifications">reach you where you are</TextLink>.
      </EmptyState>
    )
  }
  return (
    <EmptyState title="There are none" icon={<InboxIcon aria-hidden="true" />}>
      No approval is in this state
      {search.agentId !== undefined || search.connectionId !== undefined
        ? ' for what is chosen above.'
        : '.'}
    </EmptyState>
  )
}
