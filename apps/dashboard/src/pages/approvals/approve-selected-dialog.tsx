import { type Approval, type ApprovalDetail, Problem } from '@sallyport/contracts'
import { useQueries } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { asProblem, query, useAction } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { useConnectionState } from '../../events.ts'
import { useSession } from '../../session.ts'
import { Sentence } from './card-head.tsx'
import { marksOf } from './marks.ts'
import { RequestView, TargetView } from './request-view.tsx'

type Results = ReadonlyMap<string, 'done' | Problem>

interface ApproveSelectedDialogProps {
  readonly selected: readonly Approval[]
  readonly onClose: () => void
}

/** Shows every selected request whole, and approves one after the other once all have been read from the vault. */
export function ApproveSelectedDialog({ selected, onClose }: ApproveSelectedDialogProps) {
  const details = useQueries({
    queries: selected.map(({ id }) => query('getApproval', { approvalId: id })),
  })
  const ownerId = useSession()?.owner.id
  const isOffline = useConnectionState() === 'offline'
  const { approveAll, results, isRunning } = useApproveAll()
  const loaded = details.flatMap(({ data }) => (data === undefined ? [] : [data.approval]))
  const ready = loaded.filter(
    ({ id, status, request, approvedBy }) =>
      status === 'pending' &&
      request !== undefined &&
      !results.has(id) &&
      !approvedBy.some((answer) => answer.ownerId === ownerId),
  )
  const isAllLoaded = details.every(({ isPending }) => !isPending)
  return (
    <Dialog
      title={`Approve ${selected.length === 1 ? 'one request' : `${selected.length} requests`}?`}
      description="Each is sent as it is shown here, once. Look through them."
      open
      onClose={onClose}
    >
      <ol className="grid gap-4">
        {selected.map((entry, index) => (
          <SelectedItem
            key={entry.id}
            entry={entry}
            detail={details[index]?.data?.approval}
            error={details[index]?.error}
            result={results.get(entry.id)}
          />
        ))}
      </ol>
      <div className="sticky bottom-0 -mx-5 mt-5 -mb-5 flex flex-wrap items-center justify-end gap-2 border-t border-line bg-surface px-5 py-3">
        {isOffline && <span className="text-[0.93rem] text-ink-soft">You are offline.</span>}
        <Button onClick={onClose}>{results.size > 0 && !isRunning ? 'Close' : 'Cancel'}</Button>
        {(ready.length > 0 || !isAllLoaded) && (
          <Button
            variant="primary"
            busy={isRunning}
            disabled={!isAllLoaded || isOffline}
            onClick={() => void approveAll(ready)}
          >
            {isAllLoaded ? `Approve ${ready.length}` : 'Loading…'}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

/** Approves one after the other, and keeps what came of each. */
function useApproveAll() {
  const approving = useAction('approveRequest')
  const [results, setResults] = useState<Results>(new Map())
  const [isRunning, setRunning] = useState(false)
  const isStarted = useRef(false)
  const approveAll = async (approvals: readonly ApprovalDetail[]) => {
    if (isStarted.current) return
    isStarted.current = true
    setRunning(true)
    for (const { id } of approvals) {
      const result = await approving.mutateAsync({ approvalId: id }).then(
        () => 'done' as const,
        (thrown: unknown) => asProblem(thrown),
      )
      setResults((before) => new Map([...before, [id, result]]))
      // Whoever does not prove who they are is not asked again for each.
      if (result instanceof Problem && result.type === 'fresh-sign-in-required') break
    }
    setRunning(false)
    isStarted.current = false
  }
  return { approveAll, results, isRunning }
}

interface SelectedItemProps {
  readonly entry: Approval
  readonly detail: ApprovalDetail | undefined
  readonly error: unknown
  readonly result: 'done' | Problem | undefined
}

function SelectedItem({ entry, detail, error, result }: SelectedItemProps) {
  const approval = detail ?? entry
  const request = detail?.request
  const isFailed = error !== null && error !== undefined
  return (
    <li className="grid gap-2.5 rounded-md border border-line p-3">
      <div className="flex flex-wrap items-start justify-between gap-2">
        <h3 className="min-w-0 font-semibold">
          <Sentence approval={approval} />
        </h3>
        {approval.status !== 'pending' && <StatusBadge status={approval.status} />}
      </div>
      <TargetView
        method={approval.method}
        url={request?.url ?? `${approval.origin}${approval.path}`}
        connection={approval.connection.label}
      />
      {request !== undefined && (
        <RequestView
          approval={approval}
          request={request}
          marks={marksOf(detail?.difference)}
          full={false}
        />
      )}
      {request === undefined && isFailed && <ProblemNotice error={error} />}
      {detail === undefined && !isFailed && <LoadingState lines={2} />}
      {result === 'done' && approval.status === 'pending' && (
        <p className="text-[0.93rem] text-ink-soft">Your answer is kept. A second person has to.</p>
      )}
      {result instanceof Problem && <ProblemNotice error={result} />}
    </li>
  )
}
