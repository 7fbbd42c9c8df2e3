import type { Approval, Rememberable } from '@sallyport/contracts'
import { Check, X } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../components/button.tsx'
import { DenyDialog } from '../../components/deny-dialog.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import type { Decision } from './use-decision.ts'

interface DecideBarProps {
  readonly approval: Approval
  readonly decision: Decision
  /** Nobody can decide any more, though the last word of the vault is still to come. */
  readonly isOver: boolean
  readonly isDenying: boolean
  readonly onDenying: (open: boolean) => void
  readonly onApprove: () => void
  /** A press was not counted, because something had just moved. */
  readonly wasMoved: boolean
  /** What of the request can be remembered; absent where nothing can. */
  readonly rememberable: Rememberable | undefined
}

const RememberDialog = lazyPart(async () => (await import('./remember-dialog.tsx')).RememberDialog)

/** The two answers, what came of the last try, and why there are none where there are none. */
export function DecideBar(props: DecideBarProps) {
  const { approval, decision, isOver, isDenying, onDenying, onApprove, wasMoved } = props
  const { busy, error, blocked, approveBlocked } = decision
  const isPending = approval.status === 'pending'
  if (!isPending && approval.status !== 'approved') return null
  if (blocked !== undefined) return <p className="text-[0.93rem] text-ink-soft">{blocked}</p>
  return (
    <div className="grid gap-2.5">
      {error !== null && <ProblemNotice error={error} />}
      <div className="flex flex-wrap items-center gap-2 max-sm:grid max-sm:grid-cols-2">
        {isPending && (
          <Button
            variant="primary"
            className="min-w-28 max-md:min-h-12"
            busy={busy === 'approve'}
            disabled={isOver || approveBlocked !== undefined || busy !== undefined}
            onClick={onApprove}
          >
            {busy !== 'approve' && <Check aria-hidden="true" />} Approve
          </Button>
        )}
        <Button
          className="min-w-28 max-md:min-h-12"
          busy={busy === 'deny'}
          disabled={isOver || busy !== undefined}
          onClick={() => onDenying(true)}
        >
          {busy !== 'deny' && <X aria-hidden="true" />} {isPending ? 'Deny…' : 'Take back…'}
        </Button>
        {isPending && props.rememberable !== undefined && (
          <RememberButton {...props} rememberable={props.rememberable} />
        )}
        <span role="status" className="text-[0.87rem] text-ink-soft max-sm:col-span-2">
          {wasMoved
            ? 'Something moved just then, so the press was not counted. Press again.'
            : isPending && approval.freshSignIn && approveBlocked === undefined
              ? 'Needs a sign-in of the last five minutes; you may be asked for it.'
              : isPending && approveBlocked}
        </span>
      </div>
      <DenyDialog
        title={isPending ? 'Deny this request?' : 'Take this approval back?'}
        description="It will not be sent. The agent is told, with your note if you write one."
        confirmLabel={isPending ? 'Deny' : 'Take back'}
        open={isDenying}
        busy={busy === 'deny'}
        onDeny={(note) => void decision.deny(note).then(() => onDenying(false))}
        onClose={() => onDenying(false)}
      />
    </div>
  )
}

/** Leads to a dialog, so that nothing of the card moves under the finger. */
function RememberButton(props: DecideBarProps & { readonly rememberable: Rememberable }) {
  const { approval, rememberable, decision, isOver } = props
  const { busy, approveBlocked } = decision
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button
        variant="quiet"
        className="text-[0.93rem] max-md:min-h-10 max-sm:col-span-2"
        disabled={isOver || approveBlocked !== undefined || busy !== undefined}
        onClick={() => setOpen(true)}
      >
        Approve and remember…
      </Button>
      {isOpen && (
        <RememberDialog
          approval={approval}
          rememberable={rememberable}
          decision={decision}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}
