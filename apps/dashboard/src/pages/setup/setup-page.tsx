import { Problem, setUp } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouteContext } from '@tanstack/react-router'
import { client, type Input } from '../../api.ts'
import { LinkButton } from '../../components/button.tsx'
import { Form } from '../../components/form.tsx'
import { SecretField, TextField } from '../../components/form-fields.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'
import { sessionQuery } from '../../session.ts'

/** Behind the link of the first start: makes the first owner and signs them in. */
export function SetupPage() {
  const { linkToken: token } = useRouteContext({ from: '/setup' })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const create = async (input: Input<'setUp'>) => {
    const session = await client.call('setUp', input).catch(explain)
    queryClient.clear()
    queryClient.setQueryData(sessionQuery().queryKey, session)
    await navigate({ to: '/welcome' })
  }
  if (token === '') {
    return (
      <OutsidePage
        title="Set up Sallyport"
        description="This link is not complete. Open the whole link that the vault printed when it started."
      >
        <LinkButton to="/sign-in">Sign in instead</LinkButton>
      </OutsidePage>
    )
  }
  return (
    <OutsidePage
      title="Set up Sallyport"
      description="You are the first owner of this vault. Choose how you will sign in."
    >
      <Form
        schema={setUp.input}
        defaults={{ setupToken: token, email: '', password: '' }}
        onSubmit={create}
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
          hint="Your team’s, for example. It can be changed later."
        />
      </Form>
    </OutsidePage>
  )
}

/** Whoever opens the link a second time is told what to do in place of it. */
function explain(thrown: unknown): never {
  if (thrown instanceof Problem && thrown.type === 'already-set-up') {
    throw new Problem('already-set-up', 'This vault has its first owner already.', {
      next: 'Go to the start page and sign in.',
    })
  }
  throw thrown
}
