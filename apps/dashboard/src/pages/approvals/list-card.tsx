import type { Approval } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { query } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { Checkbox } from '../../components/input.tsx'
import { ApprovalCard, type CardActions } from './approval-card.tsx'
import type { Steady } from './use-steady.ts'

/** Cards that are scrolled past ask for nothing. */
const settleMs = 120
const keptMs = 60_000

export interface ListCardProps {
  readonly entry: Approval
  readonly steady: Steady
  readonly isSelected: boolean
  readonly canSelect: boolean
  readonly onSelect: (selected: boolean) => void
  readonly onActions: (actions: CardActions | undefined) => void
}

/** One request within the list. Reads the exact request once it has been in sight for a moment. */
export function ListCard(props: ListCardProps) {
  const { entry, steady, isSelected, canSelect, onSelect, onActions } = props
  const [isSettled, setSettled] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), settleMs)
    return () => clearTimeout(timer)
  }, [])
  const isOpen = entry.status === 'pending' || entry.status === 'approved'
  const { data, error, refetch } = useQuery({
    ...query('getApproval', { approvalId: entry.id }),
    enabled: isSettled && isOpen,
    gcTime: keptMs,
  })
  const isPending = (data?.approval ?? entry).status === 'pending'
  return (
    <>
      <ApprovalCard
        entry={entry}
        detail={data?.approval}
        error={error}
        onRetry={refetch}
        steady={steady}
        onActions={onActions}
      />
      <div className="mt-3 flex items-center justify-between gap-3 border-t border-line pt-3 text-[0.93rem]">
        {canSelect && isPending ? (
          // biome-ignore lint/a11y/noLabelWithoutControl: Checkbox is an input
          <label className="flex min-h-8 cursor-pointer items-center gap-2">
            <Checkbox checked={isSelected} onCheckedChange={onSelect} />
            Select
          </label>
        ) : (
          <span />
        )}
        <TextLink to="/approvals/$approvalId" params={{ approvalId: entry.id }}>
          Open on a page of its own
        </TextLink>
      </div>
    </>
  )
}
