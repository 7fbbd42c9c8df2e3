import type { ConnectFlow } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { query, useAction } from '../../api.ts'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { ServiceName } from '../../components/lazy-names.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ConnectionName } from '../../components/names.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { leaveFor } from '../../leave-for.ts'
import { returnPath } from '../../return-path.ts'
import { ownPath } from '../../search.ts'
import { useSession } from '../../session.ts'
import { DeviceCode } from './device-code.tsx'
import { GiveUp } from './give-up.tsx'

/** How often the vault is asked how far it has come; the vault keeps to the provider's own pace. */
const lookEveryMs = 3_000

const route = getRouteApi('/frame/connections/flows/$flowId')
const AskedScopes = lazyPart(async () => (await import('./asked-scopes.tsx')).AskedScopes)

/** An attempt to connect an account that was begun elsewhere, or goes on with a code. */
export function FlowPage() {
  const { flowId } = route.useParams()
  const { data, error, refetch } = useQuery({
    ...query('getConnectFlow', { flowId }),
    refetchInterval: ({ state }) =>
      state.data === undefined || state.data.flow.status === 'waiting' ? lookEveryMs : false,
    gcTime: 0,
  })
  return (
    <>
      <PageHeader
        title="Connect an account"
        up={<TextLink to="/connections">Connections</TextLink>}
      />
      {data !== undefined ? (
        <Flow flow={data.flow} />
      ) : error === null ? (
        <LoadingState />
      ) : (
        <ErrorState error={error} onRetry={refetch} />
      )}
    </>
  )
}

function Flow({ flow }: { flow: ConnectFlow }) {
  if (flow.status === 'connected') return <Connected flow={flow} />
  if (flow.status !== 'waiting') return <Over flow={flow} />
  return (
    <div className="grid gap-4">
      {flow.method === 'device' ? <DeviceCode flow={flow} /> : <GoOn flow={flow} />}
      <About flow={flow} />
    </div>
  )
}

/** What a program began with a person's token goes on in the same person's browser. */
function GoOn({ flow }: { flow: ConnectFlow }) {
  const [isLeaving, setLeaving] = useState(false)
  const email = useSession()?.owner.email ?? ''
  const goOn = useAction('continueConnectFlow')
  const press = async () => {
    setLeaving(true)
    try {
      await leaveFor((await goOn.mutateAsync({ flowId: flow.id })).authorizationUrl)
    } catch {
      // The mutation keeps its problem, which is shown below.
    } finally {
      setLeaving(false)
    }
  }
  if (flow.continueUrl === undefined) {
    return (
      <Notice title="This goes on where it was begun.">
        <p>
          Sign in at the provider in the tab that you were sent to, or cancel it here. It ends by
          itself <Time at={flow.expiresAt} />
        </p>
        <div className="mt-2">
          <GiveUp flow={flow} />
        </div>
      </Notice>
    )
  }
  return (
    <Card
      title="Go on with what was begun with a token of yours"
      description={`A program that has a token of ${email}, such as the sallyport command, wants to connect an account. Go on only if you have just asked it to.`}
    >
      <div className="grid gap-3">
        {goOn.error !== null && <ProblemNotice error={goOn.error} />}
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" busy={isLeaving} onClick={() => void press()}>
            Continue
          </Button>
          <GiveUp flow={flow} />
        </div>
      </div>
    </Card>
  )
}

function About({ flow }: { flow: ConnectFlow }) {
  const { service, label, connectionId, scopes, origins, createdAt, expiresAt } = flow
  return (
    <Card title="What is asked for">
      <Facts
        items={[
          ['Service', <ServiceName key="service" service={service} />],
          connectionId === undefined
            ? ['Name', label]
            : ['Connected anew', <ConnectionName key="of" connectionId={connectionId} />],
          [
            'The vault may then',
            <AskedScopes key="scopes" provider={flow.provider} scopes={scopes} />,
          ],
          ...(origins === undefined ? [] : [['Its token may go to', origins.join(', ')] as const]),
          ['Begun', <Time key="begun" at={createdAt} exact />],
          ['Ends', <Time key="ends" at={expiresAt} exact />],
        ]}
      />
    </Card>
  )
}

function Connected({ flow: { connectionId, returnTo } }: { flow: ConnectFlow }) {
  const router = useRouter()
  const back = ownPath(returnTo)
  if (connectionId === undefined) return null
  return (
    <Notice tone="good" alert title="The account is connected.">
      <div className="mt-2 flex flex-wrap gap-2">
        {back !== undefined && (
          <Button
            variant="primary"
            onClick={() => router.history.push(returnPath(back, connectionId))}
          >
            Back to where you came from
          </Button>
        )}
        <LinkButton to="/connections/$connectionId" params={{ connectionId }}>
          Open the connection
        </LinkButton>
      </div>
    </Notice>
  )
}

/** It failed, or nobody went on in time. */
function Over({ flow }: { flow: ConnectFlow }) {
  const { status, problem, service, connectionId } = flow
  return (
    <div className="grid gap-4">
      <Notice
        tone="bad"
        alert
        title={status === 'expired' ? 'It took too long.' : 'The account is not connected.'}
      >
        {problem === undefined ? (
          <p>Nobody went on in time, and nothing was connected. Begin again.</p>
        ) : (
          <>
            <UntrustedText text={problem.detail} />
            {problem.next !== undefined && <p className="mt-1">{problem.next}</p>}
          </>
        )}
      </Notice>
      <div className="flex flex-wrap gap-2">
        {connectionId === undefined ? (
          <LinkButton variant="primary" to="/connections" search={{ service }}>
            Begin again
          </LinkButton>
        ) : (
          <LinkButton variant="primary" to="/connections/$connectionId" params={{ connectionId }}>
            Open the connection
          </LinkButton>
        )}
        <LinkButton to="/connections">All connections</LinkButton>
      </div>
    </div>
  )
}
