import { changeMemberRole } from '@sallyport/contracts'
import { type Output, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { SelectField } from '../../components/form-fields.tsx'
import { useToast } from '../../components/toast.tsx'
import { roleOptions } from './roles.ts'

interface MemberDialogProps {
  readonly member: Output<'listMembers'>['members'][number] | undefined
  readonly onClose: () => void
}

export function ChangeRoleDialog({ member, onClose }: MemberDialogProps) {
  const toast = useToast()
  const change = useAction('changeMemberRole', {
    invalidates: ['session'],
    onDone: () => {
      toast('Role changed')
      onClose()
    },
  })
  return (
    <Dialog
      title="Change the role"
      description={`Of ${member?.email ?? ''}. Their sessions and tokens end, so they sign in again.`}
      open={member !== undefined}
      onClose={onClose}
    >
      {member !== undefined && (
        <Form
          schema={changeMemberRole.input}
          defaults={{ ownerId: member.id, role: member.role }}
          onSubmit={change.mutateAsync}
          submitLabel="Change role"
          actions={<Button onClick={onClose}>Cancel</Button>}
        >
          <SelectField name="role" label="Role" options={roleOptions} />
        </Form>
      )}
    </Dialog>
  )
}

export function RemoveMemberDialog({ member, onClose }: MemberDialogProps) {
  const toast = useToast()
  const remove = useAction('removeMember', {
    onDone: () => {
      toast('Removed')
      onClose()
    },
  })
  return (
    <ConfirmDialog
      title={`Remove ${member?.email ?? 'this person'}?`}
      confirmLabel="Remove"
      danger
      open={member !== undefined}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => member && remove.mutate({ ownerId: member.id })}
      onClose={onClose}
    >
      <p>
        Their sessions and tokens end at once. What they approved and changed stays in the audit
        log.
      </p>
    </ConfirmDialog>
  )
}
