import { useInfiniteQuery } from '@tanstack/react-query'
import { Bot } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'

type Agent = Output<'listAgents'>['agents'][number]

const columns: readonly Column<Agent>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: ({ id, name }) => (
      <TextLink to="/agents/$agentId" params={{ agentId: id }}>
        {name}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  {
    id: 'seen',
    header: 'Last seen',
    cell: ({ lastSeenAt }) => (lastSeenAt === undefined ? 'Never' : <Time at={lastSeenAt} />),
  },
]

export function AgentsPage() {
  const list = useInfiniteQuery(pages('listAgents', {}))
  return (
    <>
      <PageHeader title="Agents" description="Programs that act through this vault." />
      <DataTable
        label="Agents"
        list={list}
        rowsOf={(page) => page.agents}
        keyOf={(agent) => agent.id}
        columns={columns}
        empty={
          <EmptyState title="No agents yet" icon={<Bot aria-hidden="true" />}>
            An agent gets a key of its own and never sees a credential.
          </EmptyState>
        }
      />
    </>
  )
}
