import { type FormEvent, useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { Input } from './input.tsx'
import { ProblemNotice } from './notice.tsx'

const noteCharsMax = 500

interface DenyDialogProps {
  /** The question: "Deny this request?". */
  readonly title: string
  readonly description: string
  readonly confirmLabel: string
  readonly open: boolean
  readonly busy: boolean
  /** Why the last try failed. */
  readonly error?: unknown
  readonly onDeny: (note: string | undefined) => void
  readonly onClose: () => void
}

/** Says no to an agent, with a word to it for those who want. Enter is enough. */
export function DenyDialog(props: DenyDialogProps) {
  const { title, description, confirmLabel, open, busy, error, onDeny, onClose } = props
  const [note, setNote] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!busy) onDeny(note.trim() === '' ? undefined : note.trim())
  }
  return (
    <Dialog title={title} description={description} open={open} onClose={onClose}>
      <form onSubmit={submit} className="grid gap-4">
        {error !== undefined && error !== null && <ProblemNotice error={error} />}
        <Field label="Note to the agent" optional>
          {(aria) => (
            <Input
              {...aria}
              autoComplete="off"
              maxLength={noteCharsMax}
              value={note}
              onChange={({ target }) => setNote(target.value)}
            />
          )}
        </Field>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="danger" busy={busy}>
            {confirmLabel}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
