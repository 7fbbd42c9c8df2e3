import { X } from 'lucide-react'
import { AlertDialog as RadixAlertDialog, Dialog as RadixDialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { ProblemNotice } from './notice.tsx'

const overlay = 'fixed inset-0 z-40 bg-shade'
const panel =
  'fixed z-50 inset-x-0 bottom-0 sm:inset-auto sm:top-1/2 sm:left-1/2 sm:-translate-x-1/2 sm:-translate-y-1/2 w-full sm:max-w-lg max-h-[92dvh] overflow-y-auto rounded-t-xl sm:rounded-xl border border-line bg-surface p-5 shadow-lift focus:outline-none'

interface DialogProps {
  readonly title: string
  readonly description?: ReactNode
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Something to fill in or read over the page. Closes by Escape, by a press outside and by its button. */
export function Dialog({ title, description, open, onClose, children }: DialogProps) {
  const change = (next: boolean) => {
    if (!next) onClose()
  }
  return (
    <RadixDialog.Root open={open} onOpenChange={change}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={overlay} />
        <RadixDialog.Content
          className={panel}
          {...(description === undefined && { 'aria-describedby': undefined })}
        >
          <div className="mb-4 flex items-start justify-between gap-4">
            <div>
              <RadixDialog.Title className="text-[1.1rem] font-semibold">{title}</RadixDialog.Title>
              {description !== undefined && (
                <RadixDialog.Description asChild>
                  <div className="mt-1 text-[0.93rem] text-ink-soft">{description}</div>
                </RadixDialog.Description>
              )}
            </div>
            <RadixDialog.Close
              aria-label="Close"
              className="-mt-1 -mr-1 grid size-9 shrink-0 place-items-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink"
            >
              <X aria-hidden="true" className="size-4.5" />
            </RadixDialog.Close>
          </div>
          {children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  )
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
  const change = (next: boolean) => {
    if (!next) props.onClose()
  }
  return (
    <RadixAlertDialog.Root open={open} onOpenChange={change}>
      <RadixAlertDialog.Portal>
        <RadixAlertDialog.Overlay className={overlay} />
        <RadixAlertDialog.Content className={panel}>
          <RadixAlertDialog.Title className="text-[1.1rem] font-semibold">
            {title}
          </RadixAlertDialog.Title>
          <RadixAlertDialog.Description asChild>
            <div className="mt-2 grid gap-3 text-ink-soft">{children}</div>
          </RadixAlertDialog.Description>
          {error !== undefined && error !== null && (
            <div className="mt-3">
              <ProblemNotice error={error} />
            </div>
          )}
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <RadixAlertDialog.Cancel asChild>
              <Button disabled={busy}>Cancel</Button>
            </RadixAlertDialog.Cancel>
            <Button
              variant={danger ? 'danger' : 'primary'}
              busy={busy}
              onClick={() => props.onConfirm()}
            >
              {confirmLabel}
            </Button>
          </div>
        </RadixAlertDialog.Content>
      </RadixAlertDialog.Portal>
    </RadixAlertDialog.Root>
  )
}
