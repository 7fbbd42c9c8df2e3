import { changePassword } from '@sallyport/contracts'
import { useState } from 'react'
import { useAction } from '../../api.ts'
import { Card } from '../../components/card.tsx'
import { Form } from '../../components/form.tsx'
import { SecretField } from '../../components/form-fields.tsx'
import { useToast } from '../../components/toast.tsx'
import { UserName } from '../../components/user-name.tsx'

/** Changing one's password. */
export function PasswordCard() {
  const toast = useToast()
  const [round, setRound] = useState(0)
  const change = useAction('changePassword', {
    invalidates: ['sessions'],
    onDone: () => {
      toast('Password changed. You are signed out everywhere else.')
      setRound(round + 1)
    },
  })
  return (
    <Card title="Password" description="Changing it ends all your other sessions.">
      <div className="max-w-md">
        <Form
          key={round}
          schema={changePassword.input}
          defaults={{ currentPassword: '', newPassword: '' }}
          onSubmit={change.mutateAsync}
          submitLabel="Change password"
        >
          <UserName />
          <SecretField
            name="currentPassword"
            label="Current password"
            autoComplete="current-password"
          />
          <SecretField
            name="newPassword"
            label="New password"
            hint="At least 12 characters. A few words that you can remember are good."
            autoComplete="new-password"
          />
        </Form>
      </div>
    </Card>
  )
}
