import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Output, query, useAction } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { Button, TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { WhatToRegister } from '../../components/connect/what-to-register.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { useAllConnections } from '../../components/pick-lists.ts'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { EditOAuthApp, NewSecret } from './edit-oauth-app.tsx'
import { scopesOfProvider } from './scopes-of-provider.ts'

type OAuthApp = Output<'getOAuthApp'>['oauthApp']

const route = getRouteApi('/frame/settings/oauth-apps/$oauthAppId')

/** One OAuth client of the workspace: what it is, what is registered for it, and who uses it. */
export function OAuthAppPage() {
  const { oauthAppId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getOAuthApp', { oauthAppId }))
  const list = useQuery(query('listOAuthApps', { limit: 1 }))
  const mayWrite = useMay('connections:write')
  const up = (
    <p className="text-[0.87rem]">
      <TextLink to="/settings/oauth-apps">OAuth apps</TextLink>
    </p>
  )
  if (data === undefined) {
    return (
      <div className="grid gap-3">
        {up}
        {error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />}
      </div>
    )
  }
  const app = data.oauthApp
  const provider = catalog.findProvider(app.provider)
  return (
    <div className="grid gap-4">
      {up}
      <About app={app} providerName={provider?.name ?? app.provider} mayWrite={mayWrite} />
      <UsedBy app={app} />
      {list.data !== undefined && (
        <Card title="What is to be registered">
          <WhatToRegister
            provider={provider}
            redirectUri={list.data.redirectUri}
            scopes={provider === undefined ? [] : scopesOfProvider(provider)}
          />
        </Card>
      )}
      {mayWrite && <DeleteApp app={app} />}
    </div>
  )
}

interface AboutProps {
  readonly app: OAuthApp
  readonly providerName: string
  readonly mayWrite: boolean
}

function About({ app, providerName, mayWrite }: AboutProps) {
  const endpoints: [string, string | undefined][] = [
    ['Issuer', app.issuer],
    ['Authorization', app.authorizationEndpoint],
    ['Token', app.tokenEndpoint],
    ['Revocation', app.revocationEndpoint],
    ['Device code', app.deviceAuthorizationEndpoint],
    ...Object.entries(app.parameters),
  ]
  const lines: [string, ReactNode][] = [
    ['Provider', providerName],
    ['Client id', <code key="id">{app.clientId}</code>],
    ['Proves itself', provesItself[app.clientAuthentication]],
  ]
  if (app.secretHint !== '') {
    lines.push(['Secret', <code key="secret">{app.secretHint}</code>])
  }
  for (const [name, value] of endpoints) if (value !== undefined) lines.push([name, value])
  lines.push(['Added', <Time key="added" at={app.createdAt} exact />])
  lines.push(['Changed', <Time key="changed" at={app.updatedAt} exact />])
  return (
    <Card
      title={<span className="[overflow-wrap:anywhere]">{app.name}</span>}
      actions={
        mayWrite && (
          <>
            <EditOAuthApp app={app} />
            {app.clientAuthentication !== 'none' && <NewSecret app={app} />}
          </>
        )
      }
    >
      <Facts items={lines} />
    </Card>
  )
}

const provesItself = {
  client_secret_basic: 'By its secret, in the Authorization header',
  client_secret_post: 'By its secret, in the body',
  private_key_jwt: 'By what its private key signs',
  none: 'Not at all (a public client)',
} as const

/** Which connections got their tokens by it. */
function UsedBy({ app }: { app: OAuthApp }) {
  const { data, error, refetch } = useAllConnections()
  const users = data?.filter(({ token }) => token?.oauthAppId === app.id)
  return (
    <Card title="Connections that use it" flush>
      {users === undefined ? (
        <div className="px-5 py-4">
          {error === null ? (
            <LoadingState lines={2} />
          ) : (
            <ErrorState error={error} onRetry={refetch} />
          )}
        </div>
      ) : users.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">None yet.</p>
      ) : (
        <ul className="divide-y divide-line">
          {users.map(({ id, label, status }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-5 py-2.5">
              <TextLink
                to="/connections/$connectionId"
                params={{ connectionId: id }}
                className="[overflow-wrap:anywhere]"
              >
                {label}
              </TextLink>
              <StatusBadge status={status} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

function DeleteApp({ app }: { app: OAuthApp }) {
  const [open, setOpen] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const remove = useAction('deleteOAuthApp', {
    onDone: () => {
      toast('OAuth app deleted')
      void navigate({ to: '/settings/oauth-apps' })
    },
  })
  return (
    <Card title="Delete">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-60 text-[0.93rem] text-ink-soft">
          {app.connections === 0
            ? 'The vault forgets the client and its secret. Delete it at the provider as well.'
            : 'It can be deleted when no connection uses it any more.'}
        </p>
        <Button variant="danger" disabled={app.connections > 0} onClick={() => setOpen(true)}>
          Delete
        </Button>
      </div>
      <ConfirmDialog
        title="Delete this OAuth app?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ oauthAppId: app.id })}
        onClose={() => setOpen(false)}
      >
        <p className="font-medium text-ink [overflow-wrap:anywhere]">{app.name}</p>
        <p>No account of this provider can be connected until there is another.</p>
      </ConfirmDialog>
    </Card>
  )
}
