import { customService, type Service } from '@sallyport/catalog'
import type { Connection } from '@sallyport/contracts'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { catalog } from '../../catalog.ts'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConnectService } from '../../components/connect/connect-service.tsx'
import { ExternalLink } from '../../components/external-link.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ServiceLogo } from '../../components/service-logo.tsx'
import { ServicePicker } from '../../components/service-picker.tsx'
import { returnPath } from '../../return-path.ts'
import { useMay } from '../../session.ts'
import { CallerHeader } from './caller-header.tsx'
import { TestConnection } from './test-connection.tsx'

interface AddConnectionProps {
  /** A service of the catalog; none: it is still to be chosen. */
  readonly service: string | undefined
  /** What is wanted of it, ids of actions. */
  readonly wanted: readonly string[]
  /** A path of this dashboard to go back to when it is done. */
  readonly back: string | undefined
}

/** Which API, then how it is connected, then what comes next. */
export function AddConnection({ service: given, wanted, back }: AddConnectionProps) {
  const service = given === undefined ? undefined : catalog.findService(given)
  const [added, setAdded] = useState<Connection>()
  const mayWrite = useMay('connections:write')
  const isKnown = service !== undefined && service.id !== customService.id
  const title =
    service === undefined
      ? 'Add a connection'
      : `Connect ${isKnown ? service.name : 'any other API'}`
  return (
    <>
      <PageHeader
        title={title}
        heading={
          isKnown ? (
            <span className="flex items-center gap-2.5">
              <ServiceLogo service={service.id} /> {title}
            </span>
          ) : (
            title
          )
        }
        description={
          service !== undefined && (
            <>
              What you give here is sealed in this vault. Agents act with it and never see it;
              neither do you, again.{' '}
              {isKnown && (
                <ExternalLink href={service.documentation}>Documentation of the API</ExternalLink>
              )}
            </>
          )
        }
        up={<TextLink to="/connections">Connections</TextLink>}
      />
      {!mayWrite ? (
        <Notice title="Your role can look at connections, not add them.">
          <p>An owner or admin of the workspace can.</p>
        </Notice>
      ) : added !== undefined ? (
        <Added connection={added} back={back} />
      ) : service === undefined ? (
        <ChooseService isUnknown={given !== undefined} back={back} />
      ) : (
        <Connect service={service} wanted={wanted} back={back} onDone={setAdded} />
      )}
    </>
  )
}

function ChooseService({ isUnknown, back }: { isUnknown: boolean; back: string | undefined }) {
  const navigate = useNavigate()
  return (
    <Card title="What do you want to connect?">
      {isUnknown && (
        <div className="mb-4">
          <Notice tone="warn">
            <p>The catalog has no service of the name that the link gives. Choose one here.</p>
          </Notice>
        </div>
      )}
      <ServicePicker
        catalog={catalog}
        onPick={({ id }) =>
          void navigate({ to: '/connections', search: { service: id, return: back } })
        }
      />
    </Card>
  )
}

interface ConnectProps {
  readonly service: Service
  readonly wanted: readonly string[]
  readonly back: string | undefined
  readonly onDone: (connection: Connection) => void
}

function Connect({ service, wanted, back, onDone }: ConnectProps) {
  return (
    <Card>
      <ConnectService
        service={service}
        wanted={wanted}
        returnTo={back}
        onDone={onDone}
        isFull
        actions={
          <LinkButton to="/connections" search={{ add: 'any', return: back }}>
            Another service
          </LinkButton>
        }
      />
    </Card>
  )
}

function Added({ connection, back }: { connection: Connection; back: string | undefined }) {
  const router = useRouter()
  const isOfCaller = connection.credential?.kind === 'caller'
  return (
    <div className="grid gap-4">
      <Notice tone="good" alert title={isOfCaller ? 'The connection is made.' : 'The key is kept.'}>
        <p className="[overflow-wrap:anywhere]">
          “{connection.label}” can be used as soon as a policy lets an agent use it.
        </p>
      </Notice>
      {isOfCaller ? (
        <CallerHeader connectionId={connection.id} />
      ) : (
        <TestConnection connection={connection} />
      )}
      <div className="flex flex-wrap gap-2">
        {back !== undefined && (
          <Button
            variant="primary"
            onClick={() => router.history.push(returnPath(back, connection.id))}
          >
            Back to where you came from
          </Button>
        )}
        <LinkButton
          variant={back === undefined ? 'primary' : 'secondary'}
          to="/policies/$policyId"
          params={{ policyId: 'new' }}
          search={{ connectionId: connection.id }}
        >
          Give an agent access
        </LinkButton>
        <LinkButton to="/connections/$connectionId" params={{ connectionId: connection.id }}>
          Open the connection
        </LinkButton>
      </div>
    </div>
  )
}
