import { X } from 'lucide-react'
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react'
import { Button } from './button.tsx'
import { ProblemNotice } from './notice.tsx'

interface ModalProps {
  readonly role?: 'alertdialog'
  readonly title: string
  readonly description?: ReactNode
  readonly onClose: () => void
  /** A press beside it closes it. */
  readonly isLight?: boolean
  readonly children: ReactNode
}

/**
 * The browser's own modal dialog: it keeps the focus inside, makes the rest inert, closes by Escape and gives the focus back.
 * Shown as long as it is mounted.
 */
function Modal({ role, title, description, onClose, isLight = false, children }: ModalProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    const first = '[data-initial-focus], input:not([type=hidden]), textarea, select'
    dialog?.querySelector<HTMLElement>(first)?.focus()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      role={role}
      aria-labelledby={id}
      aria-describedby={description === undefined ? undefined : `${id}-about`}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // The browser may close it without asking, after Escape twice.
      onClose={({ currentTarget }) => {
        if (!currentTarget.open) onClose()
      }}
      onMouseDown={({ target, currentTarget }) => {
        if (isLight && target === currentTarget) onClose()
      }}
      className="m-auto max-h-[92dvh] w-full max-w-lg overflow-y-auto rounded-xl border border-line bg-surface text-ink shadow-lift backdrop:bg-shade max-sm:mb-0 max-sm:max-w-full max-sm:rounded-b-none"
    >
      <div className="p-5">
        <div className="mb-4 flex items-start justify-between gap-4">
          <div className="min-w-0">
            <h2 id={id} className="text-[1.1rem] font-semibold">
              {title}
            </h2>
            {description !== undefined && (
              <div
                id={`${id}-about`}
                className="mt-1 grid gap-3 text-[0.93rem] text-ink-soft [overflow-wrap:anywhere]"
              >
                {description}
              </div>
            )}
          </div>
          {role !== 'alertdialog' && (
            <button
              type="button"
              aria-label="Close"
              onClick={onClose}
              className="-mt-1 -mr-1 grid size-9 shrink-0 place-items-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink"
            >
              <X aria-hidden="true" className="size-4.5" />
            </button>
          )}
        </div>
        {children}
      </div>
    </dialog>
  )
}

interface DialogProps {
  readonly title: string
  readonly description?: ReactNode
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Something to fill in or read over the page. Begins in its first field; closes by Escape, by its button, by a press beside it. */
export function Dialog({ open, ...rest }: DialogProps) {
  return open ? <Modal {...rest} isLight /> : null
}

interface ConfirmDialogProps {
  /** The question: "Revoke GitHub?". */
  readonly title: string
  /** What will happen, to whom, and whether it can be undone. */
  readonly children: ReactNode
  /** The button that does it, named for what it does: "Revoke". */
  readonly confirmLabel: string
  readonly danger?: boolean
  readonly open: boolean
  readonly busy?: boolean
  /** Why the last try failed. */
  readonly error?: unknown
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** Asks before something that cannot be taken back, or that others will feel. Begins on "Cancel". */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirmLabel, danger = false, open, busy = false, error } = props
  if (!open) return null
  return (
    <Modal role="alertdialog" title={title} description={children} onClose={props.onClose}>
      {error !== undefined && error !== null && <ProblemNotice error={error} />}
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button data-initial-focus="" disabled={busy} onClick={() => props.onClose()}>
          Cancel
        </Button>
        <Button
          variant={danger ? 'danger' : 'primary'}
          busy={busy}
          onClick={() => props.onConfirm()}
        >
          {confirmLabel}
        </Button>
      </div>
    </Modal>
  )
}
