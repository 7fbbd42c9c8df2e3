import { useQuery } from '@tanstack/react-query'
import { query } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { Button, TextLink } from '../../components/button.tsx'
import { ScopeList } from '../../components/connect/scope-list.tsx'
import { useReconnect } from '../../components/connect/use-reconnect.ts'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { useMay } from '../../session.ts'
import type { Detail } from './detail.ts'

interface ConnectFirstProps {
  readonly capabilityRequestId: string
  readonly action: NonNullable<Detail['action']>
  /** The connection that was chosen for it. */
  readonly connection: Detail['connections'][number] | undefined
}

/** What the account itself has still to give before the agent can do what is granted. */
export function ConnectFirst({ capabilityRequestId, action, connection }: ConnectFirstProps) {
  if (connection === undefined) return null
  const { status, missingScopes } = connection
  if (status === 'healthy' && missingScopes.length === 0) return null
  const isBroken = status !== 'healthy'
  return (
    <Notice
      tone="warn"
      title={
        isBroken
          ? 'The account has to be connected again first.'
          : 'The account has not given all that this needs.'
      }
    >
      {missingScopes.length > 0 && (
        <div className="my-2 text-ink">
          <p className="mb-1">Without it some of this fails: that the vault may</p>
          <ScopeList
            scopes={missingScopes}
            provider={catalog.findProvider(action.service.provider)}
          />
        </div>
      )}
      <AskTheAccount
        connectionId={connection.id}
        actionId={action.id}
        returnTo={`/capability-requests/${capabilityRequestId}`}
        label={isBroken ? 'Reconnect' : 'Reconnect with the missing scopes'}
      />
    </Notice>
  )
}

interface AskTheAccountProps {
  readonly connectionId: string
  readonly actionId: string
  readonly returnTo: string
  readonly label: string
}

function AskTheAccount({ connectionId, actionId, returnTo, label }: AskTheAccountProps) {
  const { data } = useQuery(query('getConnection', { connectionId }))
  const { reconnect, busy, error } = useReconnect()
  const mayWrite = useMay('connections:write')
  if (data === undefined) return null
  if (!mayWrite) return <p>An owner or admin can connect it again.</p>
  if (data.connection.credential?.kind !== 'oauth2') {
    return (
      <p>
        Its credential is changed on{' '}
        <TextLink to="/connections/$connectionId" params={{ connectionId }}>
          the page of the connection
        </TextLink>
        .
      </p>
    )
  }
  return (
    <div className="mt-2 grid gap-3">
      {error !== undefined && <ProblemNotice error={error} />}
      <div>
        <Button
          busy={busy}
          onClick={() => void reconnect({ connectionId, actions: [actionId], returnTo })}
        >
          {label}
        </Button>
      </div>
    </div>
  )
}
