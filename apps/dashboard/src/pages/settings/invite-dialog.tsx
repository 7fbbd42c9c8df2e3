import { createInvitation } from '@sallyport/contracts'
import { useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { SelectField, TextField } from '../../components/form-fields.tsx'
import { Notice } from '../../components/notice.tsx'
import { roleOptions } from './roles.ts'

/** Invites a person; the link is shown once, to be sent by whatever way the two of them trust. */
export function InviteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const invite = useAction('createInvitation')
  const close = () => {
    invite.reset()
    onClose()
  }
  const made = invite.data
  return (
    <Dialog
      title={made === undefined ? 'Invite somebody' : 'Send this link'}
      description={
        made === undefined
          ? 'They choose a password of their own.'
          : `To ${made.invitation.email}. It works once, for 7 days, and is not shown again.`
      }
      open={open}
      onClose={close}
    >
      {made === undefined ? (
        <Form
          schema={createInvitation.input}
          defaults={{ email: '', role: 'approver' }}
          onSubmit={invite.mutateAsync}
          submitLabel="Make the link"
          actions={<Button onClick={close}>Cancel</Button>}
        >
          <TextField
            name="email"
            label="E-mail address"
            type="email"
            autoComplete="off"
            autoFocus
          />
          <SelectField name="role" label="Role" options={roleOptions} />
        </Form>
      ) : (
        <div className="grid gap-4">
          <CodeBlock label="Invitation" text={made.invitationUrl} />
          <Notice tone="warn">
            <p>Whoever has the link can join with this role. Send it by a way that you trust.</p>
          </Notice>
          <div className="flex justify-end">
            <Button variant="primary" onClick={close}>
              Done
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  )
}
