import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { KeyRound, Plus } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { LinkButton, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { ServiceName } from '../../components/lazy-names.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ServiceLogo } from '../../components/service-logo.tsx'
import { EmptyState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'
import { hostsOf } from './connection-words.ts'

type Connection = Output<'listConnections'>['connections'][number]

const route = getRouteApi('/frame/connections')
const AddConnection = lazyPart(
  async () => (await import('./add-connection.tsx')).AddConnection,
  <LoadingState />,
)

// Most lists have nothing to say with it.
const UntrustedText = lazyPart(
  async () => (await import('../../components/untrusted-text.tsx')).UntrustedText,
)
/** The connection's own page says the rest. */
const reasonCharsShown = 160

const columns: readonly Column<Connection>[] = [
  {
    id: 'label',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: ({ id, label, statusReason }) => (
      <>
        <TextLink
          to="/connections/$connectionId"
          params={{ connectionId: id }}
          title={label}
          className="[overflow-wrap:anywhere]"
        >
          {label}
        </TextLink>
        {statusReason !== undefined && (
          <div className="line-clamp-2 text-[0.87rem] font-normal text-ink-soft">
            <UntrustedText inline limit={reasonCharsShown} text={statusReason} />
          </div>
        )}
      </>
    ),
  },
  {
    id: 'service',
    header: 'Service',
    width: '1.3fr',
    cell: ({ service }) => (
      <span className="flex min-w-0 items-center gap-2">
        <ServiceLogo service={service} size="sm" />
        <span className="min-w-0 truncate">
          <ServiceName service={service} />
        </span>
      </span>
    ),
  },
  {
    id: 'origins',
    header: 'Goes to',
    width: '2fr',
    cell: ({ origins }) => <span title={origins.join(', ')}>{hostsOf(origins)}</span>,
  },
  {
    id: 'status',
    header: 'Status',
    width: '7rem',
    cell: ({ status }) => <StatusBadge status={status} />,
  },
]

/** The list, or the way to add one: `?service=…&return=…` leads straight there. */
export function ConnectionsPage() {
  const { add, service, actions = '', return: back } = route.useSearch()
  if (add === undefined && service === undefined) return <ConnectionList />
  const wanted = actions.split(',').filter((id) => id !== '')
  // Another service begins anew.
  return <AddConnection key={service ?? ''} service={service} wanted={wanted} back={back} />
}

function ConnectionList() {
  const list = useInfiniteQuery(pages('listConnections', {}))
  const mayWrite = useMay('connections:write')
  const add = mayWrite && (
    <LinkButton variant="primary" to="/connections" search={{ add: 'any' }}>
      <Plus aria-hidden="true" /> Add a connection
    </LinkButton>
  )
  return (
    <>
      <PageHeader
        title="Connections"
        description="Accounts and keys that agents may act with, without seeing them."
        actions={add}
      />
      <DataTable
        label="Connections"
        list={list}
        rowsOf={(page) => page.connections}
        keyOf={(connection) => connection.id}
        columns={columns}
        empty={
          <EmptyState
            title="No connections yet"
            icon={<KeyRound aria-hidden="true" />}
            action={add}
          >
            Connect an account or keep a key here, and agents can use it without ever seeing it.
          </EmptyState>
        }
      />
    </>
  )
}
