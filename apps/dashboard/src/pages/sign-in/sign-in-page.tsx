import { signIn } from '@sallyport/contracts'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useAction } from '../../api.ts'
import { Form } from '../../components/form.tsx'
import { SecretField, TextField } from '../../components/form-fields.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { next = '/' } = route.useSearch()
  const router = useRouter()
  const enter = useAction('signIn', {
    invalidates: ['session'],
    onDone: () => router.history.replace(next),
  })
  return (
    <OutsidePage title="Sign in">
      <Form
        schema={signIn.input}
        defaults={{ email: '', password: '' }}
        onSubmit={enter.mutateAsync}
        submitLabel="Sign in"
      >
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          autoComplete="username webauthn"
          autoFocus
        />
        <SecretField name="password" label="Password" autoComplete="current-password" />
      </Form>
    </OutsidePage>
  )
}
