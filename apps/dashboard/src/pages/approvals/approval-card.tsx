import type { Approval, ApprovalDetail } from '@sallyport/contracts'
import { useEffect, useRef, useState } from 'react'
import { classes } from '../../components/classes.ts'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { AgentWrote } from '../../components/untrusted-text.tsx'
import { useSession } from '../../session.ts'
import { CardHead } from './card-head.tsx'
import { DecideBar } from './decide-bar.tsx'
import { DifferenceNotice } from './difference.tsx'
import { marksOf } from './marks.ts'
import { Outcome, SecondOwner } from './outcome.tsx'
import { RememberedNotice } from './remembered-notice.tsx'
import { RequestView, TargetView } from './request-view.tsx'
import { useDecision } from './use-decision.ts'
import { useExpiry } from './use-expiry.ts'
import type { Steady } from './use-steady.ts'

export interface ApprovalCardProps {
  /** As it was listed. */
  readonly entry: Approval
  /** As it is now, with the exact request; absent until it has come. */
  readonly detail: ApprovalDetail | undefined
  readonly error: unknown
  readonly onRetry: () => unknown
  readonly steady: Steady
  /** On a page of its own, with nothing held back. */
  readonly full?: boolean
  /** Told what its keys do, so that a list can hand keys on. */
  readonly onActions?: (actions: CardActions | undefined) => void
}

/** What the keys of a card do. */
export interface CardActions {
  approve(): void
  deny(): void
}

/** All that an owner needs to decide one request, and the two answers. */
export function ApprovalCard(props: ApprovalCardProps) {
  const { entry, detail, error, onRetry, steady, full = false } = props
  const approval: Approval = detail ?? entry
  const request = useLastRequest(detail)
  const ownerId = useSession()?.owner.id ?? ''
  const decision = useDecision(approval, request !== undefined)
  const { isOver, leftMs } = useExpiry(approval)
  const [isDenying, setDenying] = useState(false)
  const [wasMoved, setWasMoved] = useState(false)
  const { status, approvedBy, digest } = approval
  const isOpen = status === 'pending' || status === 'approved'
  const state = [status, approvedBy.length, digest, request === undefined].join()
  useEffect(() => {
    if (state !== '') steady.moved()
  }, [state, steady])

  const approve = () => {
    setWasMoved(!steady.isSteady())
    if (steady.isSteady()) decision.approve()
  }
  const canDecide = decision.blocked === undefined && decision.busy === undefined && !isOver
  const canApprove = canDecide && decision.approveBlocked === undefined && status === 'pending'
  useActions(props.onActions, {
    approve: () => canApprove && approve(),
    deny: () => canDecide && isOpen && setDenying(true),
  })
  return (
    <div className="grid gap-4">
      <CardHead approval={approval} leftMs={leftMs} isOver={isOver} />
      <TargetView
        method={approval.method}
        url={request?.url ?? `${approval.origin}${approval.path}`}
        connection={approval.connection.label}
      />
      {approval.agentReason !== undefined && <AgentWrote text={approval.agentReason} />}
      {detail?.difference !== undefined && <DifferenceNotice difference={detail.difference} />}
      {request !== undefined && (
        <RequestView
          approval={approval}
          request={request}
          marks={marksOf(detail?.difference)}
          full={full}
        />
      )}
      {request === undefined && isOpen && (
        <NotYet isLoaded={detail !== undefined} error={error} onRetry={onRetry} />
      )}
      {request === undefined && !isOpen && full && (
        <p className="text-[0.93rem] text-ink-soft">
          The request itself is not kept once it can no longer be sent.
        </p>
      )}
      <SecondOwner approval={approval} ownerId={ownerId} />
      {status !== 'pending' && <Outcome approval={approval} />}
      {decision.remembered !== undefined && <RememberedNotice remembered={decision.remembered} />}
      {isOpen && (
        <div
          className={classes(
            full &&
              'max-md:sticky max-md:bottom-14 max-md:z-20 max-md:-mx-4 max-md:border-t max-md:border-line max-md:bg-surface max-md:px-4 max-md:py-3',
          )}
        >
          <DecideBar
            approval={approval}
            decision={decision}
            isOver={isOver}
            isDenying={isDenying}
            onDenying={setDenying}
            onApprove={approve}
            wasMoved={wasMoved}
            rememberable={detail?.rememberable}
          />
        </div>
      )}
    </div>
  )
}

/** The request as it was read: it stays on the screen after the vault has thrown it away, so that nothing jumps. */
function useLastRequest(detail: ApprovalDetail | undefined) {
  const last = useRef(detail?.request)
  if (detail?.request !== undefined) last.current = detail.request
  return last.current
}

function useActions(tell: ApprovalCardProps['onActions'], actions: CardActions): void {
  useEffect(() => {
    tell?.(actions)
    return () => tell?.(undefined)
  })
}

interface NotYetProps {
  readonly isLoaded: boolean
  readonly error: unknown
  readonly onRetry: () => unknown
}

/** In the place of a request that is not there, or not yet. */
function NotYet({ isLoaded, error, onRetry }: NotYetProps) {
  if (isLoaded) {
    return (
      <Notice tone="bad" title="The exact request can not be shown.">
        <p>So it can not be approved here. Deny it; the agent can ask anew.</p>
      </Notice>
    )
  }
  return (
    <div className="min-h-32">
      {error === null ? <LoadingState /> : <ErrorState error={error} onRetry={onRetry} />}
    </div>
  )
}
