import type { RevokedAtProvider } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Output, query } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { ServiceName } from '../../components/lazy-names.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { RecentCalls } from '../../components/recent-calls.tsx'
import { ServiceLogo } from '../../components/service-logo.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { type CallTarget, ownerOf } from '../../components/tools/call-target.ts'
import { OwnerLink } from '../../components/tools/managed-by.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { AccountCard, Reconnect } from './account-card.tsx'
import { CallerHeader } from './caller-header.tsx'
import { hostsOf, keyWords } from './connection-words.ts'
import { EditConnection, ReplaceKey } from './edit-connection.tsx'
import { ItsToolsets } from './its-toolsets.tsx'
import { RevokeConnection } from './revoke-connection.tsx'
import { TestConnection } from './test-connection.tsx'
import { UsedBy } from './used-by.tsx'

type Connection = Output<'getConnection'>['connection']

const route = getRouteApi('/frame/connections/$connectionId')

export function ConnectionPage() {
  const { connectionId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getConnection', { connectionId }))
  const mayWrite = useMay('connections:write')
  const [atProvider, setAtProvider] = useState<RevokedAtProvider>()
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { connection } = data
  const { token } = connection
  const isRevoked = connection.status === 'revoked'
  const owner = ownerOf(connection.origins)
  // What belongs to a server or a database is looked after there.
  const mayChange = mayWrite && !isRevoked && owner === undefined
  return (
    <>
      <PageHeader
        title={connection.label}
        heading={<span className="[overflow-wrap:anywhere]">{connection.label}</span>}
        description={
          <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <StatusBadge status={connection.status} />
            <ServiceLogo service={connection.service} size="sm" />
            <ServiceName service={connection.service} />
          </span>
        }
        up={<TextLink to="/connections">Connections</TextLink>}
        actions={mayChange && <EditConnection connection={connection} />}
      />
      <div className="grid gap-4">
        {owner === undefined ? (
          <StandingNotice connection={connection} />
        ) : (
          <Owned connection={connection} owner={owner} />
        )}
        {isRevoked && atProvider !== undefined && <AtProvider result={atProvider} />}
        {!isRevoked && token !== undefined && <AccountCard connection={connection} token={token} />}
        {!isRevoked && <UsedBy connectionId={connection.id} isOwned={owner !== undefined} />}
        {!isRevoked && <ItsToolsets connectionId={connection.id} isOwned={owner !== undefined} />}
        {connection.credential?.kind === 'caller' && <CallerHeader connectionId={connection.id} />}
        {mayChange && connection.credential?.kind !== 'caller' && (
          <TestConnection connection={connection} />
        )}
        <RecentCalls of={{ connectionId: connection.id }} />
        <About connection={connection} />
        {mayChange && <RevokeConnection connection={connection} onRevoked={setAtProvider} />}
      </div>
    </>
  )
}

interface OwnedProps {
  readonly connection: Connection
  readonly owner: CallTarget
}

/** Whose connection it is, where that is looked after, and why nothing can be changed here. */
function Owned({ connection, owner }: OwnedProps) {
  const isRevoked = connection.status === 'revoked'
  return (
    <Notice
      tone={isRevoked ? 'bad' : 'neutral'}
      title={
        isRevoked
          ? 'This connection is revoked.'
          : owner.kind === 'mcp'
            ? 'It belongs to an MCP server.'
            : 'It belongs to a database.'
      }
    >
      <p>
        {owner.kind === 'mcp'
          ? 'What the server is given is set, and taken away, on '
          : 'Its address, user and password are set, and taken away, on '}
        <OwnerLink owner={owner} />. Agents use it by its tools alone.
      </p>
    </Notice>
  )
}

/** What is wrong with the connection, where something is. */
function StandingNotice({ connection }: { connection: Connection }) {
  const { status, revokedAt } = connection
  if (status === 'revoked') {
    return (
      <Notice tone="bad" title="This connection is revoked.">
        <p>
          Its credential was destroyed
          {revokedAt !== undefined && (
            <>
              {' '}
              <Time at={revokedAt} />
            </>
          )}
          . Everything that was asked through it is refused. To go on, add the account again.
        </p>
      </Notice>
    )
  }
  return status === 'healthy' ? null : <NeedsReauth connection={connection} />
}

/** The provider takes it no more: why, and what an owner does about it. */
function NeedsReauth({ connection }: { connection: Connection }) {
  const { statusReason, credential } = connection
  const mayWrite = useMay('connections:write')
  const isAccount = credential?.kind === 'oauth2'
  return (
    <Notice
      tone="warn"
      title={
        isAccount ? 'The account has to be connected again.' : 'The API no longer takes the key.'
      }
    >
      {statusReason !== undefined && <UntrustedText text={statusReason} />}
      <p className="mt-1">
        Requests through it are refused until then. Its policies stay.
        {!mayWrite && ' An owner or admin of the workspace can do it.'}
      </p>
      {mayWrite && (
        <div className="mt-2.5">
          {isAccount ? (
            <Reconnect connection={connection} isPrimary />
          ) : (
            <ReplaceKey connection={connection} />
          )}
        </div>
      )}
    </Notice>
  )
}

/** What became of the account's tokens where they came from. */
function AtProvider({ result: { outcome, message } }: { result: RevokedAtProvider }) {
  const [tone, title] = revokedThere[outcome]
  return (
    <Notice tone={tone} alert title={title}>
      <UntrustedText text={message} />
    </Notice>
  )
}

const revokedThere = {
  revoked: ['good', 'The provider has taken the access back too.'],
  failed: ['warn', 'The provider could not be told.'],
  'not-offered': ['neutral', 'The provider has to be told by you.'],
} as const

function About({ connection }: { connection: Connection }) {
  const { credential, origins, requestHeaders, responseHeaders, allowEncodedSlash } = connection
  const mayWrite = useMay('connections:write')
  const owner = ownerOf(origins)
  const canReplace =
    mayWrite &&
    owner === undefined &&
    connection.status !== 'revoked' &&
    credential?.kind !== 'oauth2'
  const lines: [string, ReactNode][] = [
    [
      'Credential',
      credential === undefined ? 'Destroyed' : <Credential key="key" {...credential} />,
    ],
    [
      'Goes only to',
      owner === undefined ? <Lines key="origins" texts={origins} /> : hostsOf(origins),
    ],
    ['Id', <code key="id">{connection.id}</code>],
    ['Added', <Time key="added" at={connection.createdAt} exact />],
    ['Changed', <Time key="changed" at={connection.updatedAt} exact />],
  ]
  if (connection.testUrl !== undefined) lines.push(['Tested with', connection.testUrl])
  if (requestHeaders.length > 0) lines.push(['Agents may send', requestHeaders.join(', ')])
  if (responseHeaders.length > 0) lines.push(['Agents may see', responseHeaders.join(', ')])
  if (allowEncodedSlash) lines.push(['%2F in paths', 'Accepted'])
  return (
    <Card title="About" actions={canReplace && <ReplaceKey connection={connection} />}>
      <Facts items={lines} />
    </Card>
  )
}

function Credential({ kind, hint }: NonNullable<Connection['credential']>) {
  return (
    <>
      {keyWords[kind]} <span className="font-mono text-ink-soft">{hint}</span>
    </>
  )
}

function Lines({ texts }: { texts: readonly string[] }) {
  return texts.map((text) => <div key={text}>{text}</div>)
}
