import type { Connection } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { catalog } from '../../catalog.ts'
import { Button, TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { ScopeList } from '../../components/connect/scope-list.tsx'
import { refusedScopes } from '../../components/connect/scope-words.ts'
import { useReconnect } from '../../components/connect/use-reconnect.ts'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { AskForMore } from './ask-for-more.tsx'

interface AccountCardProps {
  readonly connection: Connection
  readonly token: NonNullable<Connection['token']>
}

/** Whose account it is, what it has given, and how its access token is kept fresh. */
export function AccountCard({ connection, token }: AccountCardProps) {
  const { grantedScopes, credential } = connection
  const provider = catalog.findProvider(connection.provider)
  const refused = refusedScopes(connection, provider)
  const isAccount = credential?.kind === 'oauth2'
  const mayWrite = useMay('connections:write')
  const lines: [string, ReactNode][] = []
  if (token.account !== undefined) {
    lines.push(['Account', <UntrustedText key="account" inline limit={200} text={token.account} />])
  }
  lines.push([
    'The vault may',
    grantedScopes.length === 0 ? (
      'The provider did not say'
    ) : (
      <ScopeList key="granted" scopes={grantedScopes} provider={provider} />
    ),
  ])
  lines.push(...renewalLines(connection))
  if (token.oauthAppId !== undefined) {
    lines.push(['OAuth app', <AppLink key="app" oauthAppId={token.oauthAppId} />])
  }
  return (
    <Card
      title={isAccount ? 'Account' : 'Access token'}
      actions={isAccount && mayWrite && <Actions connection={connection} />}
    >
      <div className="grid gap-4">
        <LastFailure token={token} />
        {refused.length > 0 && (
          <Notice tone="warn" title="Not everything that was asked for was given.">
            <p className="mb-1">Asked for and not given: that the vault may</p>
            <ScopeList scopes={refused} provider={provider} />
          </Notice>
        )}
        <Facts items={lines} />
      </div>
    </Card>
  )
}

const AppLink = ({ oauthAppId }: { oauthAppId: string }) => (
  <TextLink to="/settings/oauth-apps/$oauthAppId" params={{ oauthAppId }}>
    The workspace’s own
  </TextLink>
)

function renewalLines({ status, token }: Connection): [string, ReactNode][] {
  const lines: [string, ReactNode][] = [['Access token', whatOfToken(status, token)]]
  if (token?.lastRenewedAt !== undefined) {
    lines.push(['Last renewed', <Time key="renewed" at={token.lastRenewedAt} exact />])
  }
  return lines
}

function whatOfToken(status: Connection['status'], token: Connection['token']): ReactNode {
  if (status === 'needs_reauth') return 'Not used and not renewed any more'
  const endsAt = token?.accessTokenExpiresAt
  if (endsAt === undefined) return 'Does not end by itself'
  if (token?.renewable !== true) {
    return (
      <>
        Ends <Time at={endsAt} />, and has then to be connected again
      </>
    )
  }
  if (Date.parse(endsAt) <= Date.now()) return 'Has ended; renewed at the next request'
  return (
    <>
      Renewed by itself; this one ends <Time at={endsAt} />
    </>
  )
}

/** Why the last renewal failed, where it did; what works meanwhile goes on. */
function LastFailure({ token: { lastFailure, oauthAppId } }: Pick<AccountCardProps, 'token'>) {
  if (lastFailure === undefined) return null
  const { problem, message, at, nextAttemptAt } = lastFailure
  return (
    <Notice tone="warn" title="The last renewal failed.">
      <UntrustedText text={message} />
      <p className="mt-1">
        Tried <Time at={at} />
        {nextAttemptAt !== undefined && (
          <>
            , next try <Time at={nextAttemptAt} />
          </>
        )}
      </p>
      {problem === 'provider-refused' && oauthAppId !== undefined && (
        <p>
          <TextLink to="/settings/oauth-apps/$oauthAppId" params={{ oauthAppId }}>
            Check the OAuth app
          </TextLink>
          : its client id and secret have to be those of the provider.
        </p>
      )}
    </Notice>
  )
}

function Actions({ connection }: { connection: Connection }) {
  const service = catalog.findService(connection.service)
  return (
    <>
      {service !== undefined && <AskForMore connection={connection} service={service} />}
      {connection.status === 'healthy' && <Reconnect connection={connection} />}
    </>
  )
}

interface ReconnectProps {
  readonly connection: Connection
  readonly isPrimary?: boolean
}

/** Signs in to the account again, with what it was asked for before; its policies stay. */
export function Reconnect({ connection, isPrimary = false }: ReconnectProps) {
  const { reconnect, busy, error } = useReconnect()
  return (
    <div className="grid gap-3">
      {error !== undefined && <ProblemNotice error={error} />}
      <div>
        <Button
          size="sm"
          variant={isPrimary ? 'primary' : 'secondary'}
          busy={busy}
          onClick={() =>
            void reconnect({
              connectionId: connection.id,
              returnTo: `/connections/${connection.id}`,
            })
          }
        >
          Reconnect
        </Button>
      </div>
    </div>
  )
}
