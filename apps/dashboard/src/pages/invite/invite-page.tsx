import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouteContext } from '@tanstack/react-router'
import { client, type Output, query } from '../../api.ts'
import { Facts } from '../../components/card.tsx'
import { LightField, LightForm, newPasswordField } from '../../components/light-form.tsx'
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
  const join = async ({ password = '' }: Readonly<Record<string, string>>) => {
    const session = await client.call('acceptInvitation', { token, password })
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
      <LightForm submitLabel="Join" onSubmit={join}>
        {(errors) => (
          <>
            {/* For the browser's own store of passwords. */}
            <input type="email" autoComplete="username" value={email} readOnly hidden />
            <LightField {...newPasswordField} autoFocus error={errors.password} />
          </>
        )}
      </LightForm>
    </OutsidePage>
  )
}
