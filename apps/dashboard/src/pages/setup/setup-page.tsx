import { Problem } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouteContext } from '@tanstack/react-router'
import { client } from '../../api.ts'
import { LinkButton } from '../../components/button.tsx'
import { LightField, LightForm, newPasswordField } from '../../components/light-form.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'
import { sessionQuery } from '../../session.ts'

/** Behind the link of the first start: makes the first owner and signs them in. */
export function SetupPage() {
  const { linkToken: token } = useRouteContext({ from: '/setup' })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const create = async ({
    email = '',
    password = '',
    workspace,
  }: Readonly<Record<string, string>>) => {
    const named = workspace === undefined ? {} : { workspace }
    const input = { setupToken: token, email, password, ...named }
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
      <LightForm submitLabel="Create the owner" onSubmit={create}>
        {(errors) => (
          <>
            <LightField
              name="email"
              label="E-mail address"
              type="email"
              autoComplete="username"
              maxLength={254}
              required
              autoFocus
              error={errors.email}
            />
            <LightField {...newPasswordField} error={errors.password} />
            <LightField
              name="workspace"
              label="Name of the workspace"
              autoComplete="off"
              maxLength={120}
              hint="Your team’s, for example. It can be changed later."
              error={errors.workspace}
            />
          </>
        )}
      </LightForm>
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
