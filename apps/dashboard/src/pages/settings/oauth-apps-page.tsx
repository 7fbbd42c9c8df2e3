import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppWindow, Plus } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { ProviderName } from '../../components/lazy-names.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useMay } from '../../session.ts'

type OAuthApp = Output<'listOAuthApps'>['oauthApps'][number]

const route = getRouteApi('/frame/settings/oauth-apps')
const AddOAuthApp = lazyPart(
  async () => (await import('./add-oauth-app.tsx')).AddOAuthApp,
  <LoadingState />,
)

/** The workspace's own OAuth clients; `?add=` adds one. */
export function OAuthAppsPage() {
  const { add } = route.useSearch()
  return add === undefined ? <OAuthAppList /> : <AddOAuthApp provider={add} />
}

function OAuthAppList() {
  const list = useInfiniteQuery(pages('listOAuthApps', {}))
  const mayWrite = useMay('connections:write')
  const add = mayWrite && (
    <LinkButton variant="primary" to="/settings/oauth-apps" search={{ add: 'any' }}>
      <Plus aria-hidden="true" /> Add an app
    </LinkButton>
  )
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft">
          Providers let accounts be connected only by an app that is registered with them. These are
          your own, one for each provider.
        </p>
        {add}
      </div>
      <DataTable
        label="OAuth apps"
        list={list}
        rowsOf={(page) => page.oauthApps}
        keyOf={(app) => app.id}
        columns={columns}
        empty={
          <EmptyState title="No OAuth apps yet" icon={<AppWindow aria-hidden="true" />}>
            You need none for API keys. The first account of a provider that you connect leads you
            through it.
          </EmptyState>
        }
      />
    </div>
  )
}

const columns: readonly Column<OAuthApp>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '1.5fr',
    primary: true,
    cell: ({ id, name }) => (
      <TextLink
        to="/settings/oauth-apps/$oauthAppId"
        params={{ oauthAppId: id }}
        title={name}
        className="[overflow-wrap:anywhere]"
      >
        {name}
      </TextLink>
    ),
  },
  {
    id: 'provider',
    header: 'Provider',
    cell: ({ provider }) => <ProviderName provider={provider} />,
  },
  {
    id: 'client',
    header: 'Client id',
    width: '2fr',
    cell: ({ clientId }) => (
      <span title={clientId} className="font-mono text-[0.87rem] [overflow-wrap:anywhere]">
        {clientId}
      </span>
    ),
  },
  {
    id: 'connections',
    header: 'Connections',
    width: '7rem',
    cell: ({ connections }) => String(connections),
  },
  { id: 'changed', header: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
]
