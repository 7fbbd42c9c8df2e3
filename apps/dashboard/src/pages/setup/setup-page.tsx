import { setUp } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useAction } from '../../api.ts'
import { Form } from '../../components/form.tsx'
import { SecretField, TextField } from '../../components/form-fields.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'

const readToken = () => new URLSearchParams(location.hash.slice(1)).get('token') ?? ''

/** Behind the link of the first start: makes the first owner and signs them in. */
export function SetupPage() {
  const [setupToken] = useState(readToken)
  const navigate = useNavigate()
  // The token leaves the address bar and the history, where others could read it.
  useEffect(() => history.replaceState(history.state, '', '/setup'), [])
  const create = useAction('setUp', {
    invalidates: ['session'],
    onDone: () => void navigate({ to: '/welcome' }),
  })
  if (setupToken === '') {
    return (
      <OutsidePage
        title="Set up Sallyport"
        description="This link is not complete. Open the whole link that the vault printed when it started."
      />
    )
  }
  return (
    <OutsidePage
      title="Set up Sallyport"
      description="You are the first owner of this vault. Choose how you will sign in."
    >
      <Form
        schema={setUp.input}
        defaults={{ setupToken, email: '', password: '' }}
        onSubmit={create.mutateAsync}
        submitLabel="Create the owner"
      >
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          autoComplete="username"
          autoFocus
        />
        <SecretField
          name="password"
          label="Password"
          autoComplete="new-password"
          hint="At least 12 characters. A few words that you can remember are good."
        />
        <TextField
          name="workspace"
          label="Name of the workspace"
          optional
          hint="Your team or yourself; it can be changed later."
        />
      </Form>
    </OutsidePage>
  )
}
