import { acceptInvitation } from '@sallyport/contracts'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouteContext } from '@tanstack/react-router'
import { client, type Input, type Output, query } from '../../api.ts'
import { Facts } from '../../components/card.tsx'
import { Form } from '../../components/form.tsx'
import { SecretField } from '../../components/form-fields.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { OutsidePage } from '../../components/outside-page.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { sessionQuery } from '../../session.ts'

/** Behind the link that an owner gives to a person: joins the workspace and signs in. */
export function InvitePage() {
  const { linkToken: token } = useRouteContext({ from: '/invite' })
  const { data, error, refetch } = useQuery({
    ...query('readInvitation', { token }),
    enabled: token !== '',
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (token === '') {
    return (
      <OutsidePage
        title="Join a workspace"
        description="This link is not complete. Open the whole link that you were given."
      />
    )
  }
  if (data === undefined) {
    return (
      <OutsidePage title="Join a workspace">
        {error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />}
      </OutsidePage>
    )
  }
  return <Invitation token={token} invitation={data} />
}

interface InvitationProps {
  readonly token: string
  readonly invitation: Output<'readInvitation'>
}

function Invitation({ token, invitation }: InvitationProps) {
  const { workspace, invitedBy, email, role, expiresAt } = invitation
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const join = async (input: Input<'acceptInvitation'>) => {
    const session = await client.call('acceptInvitation', input)
    queryClient.clear()
    queryClient.setQueryData(sessionQuery().queryKey, session)
    await navigate({ to: '/' })
  }
  return (
    <OutsidePage title={`Join ${workspace}`} description={`${invitedBy} invites you.`}>
      <div className="mb-6">
        <Facts
          items={[
            ['You sign in as', email],
            ['Your role', role],
            ['Open until', <Time key="expires" at={expiresAt} exact />],
          ]}
        />
      </div>
      <Form
        schema={acceptInvitation.input}
        defaults={{ token, password: '' }}
        onSubmit={join}
        submitLabel="Join"
      >
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <SecretField
          name="password"
          label="Password"
          autoComplete="new-password"
          autoFocus
          hint="At least 12 characters. A few words that you can remember are good."
        />
      </Form>
    </OutsidePage>
  )
}
