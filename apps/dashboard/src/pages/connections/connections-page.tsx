import { useInfiniteQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'

type Connection = Output<'listConnections'>['connections'][number]

const columns: readonly Column<Connection>[] = [
  {
    id: 'label',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: ({ id, label }) => (
      <TextLink to="/connections/$connectionId" params={{ connectionId: id }}>
        {label}
      </TextLink>
    ),
  },
  { id: 'service', header: 'Service', cell: ({ service }) => service },
  { id: 'origins', header: 'Goes to', width: '2fr', cell: ({ origins }) => origins.join(', ') },
  { id: 'status', header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
]

export function ConnectionsPage() {
  const list = useInfiniteQuery(pages('listConnections', {}))
  return (
    <>
      <PageHeader title="Connections" description="Accounts and keys that agents may act with." />
      <DataTable
        label="Connections"
        list={list}
        rowsOf={(page) => page.connections}
        keyOf={(connection) => connection.id}
        columns={columns}
        empty={
          <EmptyState title="No connections yet" icon={<KeyRound aria-hidden="true" />}>
            Keep a key here, and agents can use it without ever seeing it.
          </EmptyState>
        }
      />
    </>
  )
}
