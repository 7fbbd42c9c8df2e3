import { customService, type Service } from '@sallyport/catalog'
import type { Connection } from '@sallyport/contracts'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { catalog } from '../../catalog.ts'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConnectionForm } from '../../components/connection-form.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ServicePicker } from '../../components/service-picker.tsx'
import { useMay } from '../../session.ts'
import { TestConnection } from './test-connection.tsx'

interface AddConnectionProps {
  /** A service of the catalog to begin with. */
  readonly service: string | undefined
  /** A path of this dashboard to go back to when it is done. */
  readonly back: string | undefined
}

/** Which API, then its key, then what comes next. */
export function AddConnection({ service: wanted, back }: AddConnectionProps) {
  const [service, setService] = useState(
    wanted === undefined ? undefined : catalog.findService(wanted),
  )
  const [added, setAdded] = useState<Connection>()
  const mayWrite = useMay('connections:write')
  const title =
    service === undefined || service.id === customService.id
      ? 'Add a connection'
      : `Connect ${service.name}`
  return (
    <>
      <PageHeader title={title} up={<TextLink to="/connections">Connections</TextLink>} />
      {!mayWrite ? (
        <Notice title="Your role can look at connections, not add them.">
          <p>An owner or admin of the workspace can.</p>
        </Notice>
      ) : added !== undefined ? (
        <Added connection={added} back={back} />
      ) : service === undefined ? (
        <Card title="Which API is the key for?">
          {wanted !== undefined && (
            <div className="mb-4">
              <Notice tone="warn">
                <p>The catalog has no service of the name that the link gives. Choose one here.</p>
              </Notice>
            </div>
          )}
          <ServicePicker catalog={catalog} onPick={setService} />
        </Card>
      ) : (
        <KeyCard service={service} onDone={setAdded} onOther={() => setService(undefined)} />
      )}
    </>
  )
}

interface KeyCardProps {
  readonly service: Service
  readonly onDone: (connection: Connection) => void
  readonly onOther: () => void
}

function KeyCard({ service, onDone, onOther }: KeyCardProps) {
  return (
    <Card
      title="The key"
      description="It is sealed as soon as you save. Agents use it through the vault and never see it; neither do you, again."
      actions={service.id !== customService.id && <Documentation service={service} />}
    >
      <ConnectionForm
        service={service}
        onDone={onDone}
        isFull
        actions={<Button onClick={onOther}>Another service</Button>}
      />
    </Card>
  )
}

function Documentation({ service }: { service: Service }) {
  return (
    <a
      href={service.documentation}
      target="_blank"
      rel="noreferrer"
      className="text-[0.93rem] text-accent underline underline-offset-3"
    >
      Documentation of the API
    </a>
  )
}

function Added({ connection, back }: { connection: Connection; back: string | undefined }) {
  const router = useRouter()
  return (
    <div className="grid gap-4">
      <Notice tone="good" alert title="The key is kept.">
        <p className="[overflow-wrap:anywhere]">
          “{connection.label}” can be used as soon as a policy lets an agent use it.
        </p>
      </Notice>
      <TestConnection connection={connection} />
      <div className="flex flex-wrap gap-2">
        {back !== undefined && (
          <Button variant="primary" onClick={() => router.history.push(back)}>
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
