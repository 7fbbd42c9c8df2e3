import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Bot, Plus } from 'lucide-react'
import { useState } from 'react'
import { type Output, pages, query } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { Button, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useMay } from '../../session.ts'

const AddAgent = lazyPart(async () => (await import('./add-agent.tsx')).AddAgent)

type Agent = Output<'listAgents'>['agents'][number]

/** With more policies than this the connections of each agent are not counted. */
const policiesCounted = 200

const columns: readonly Column<Agent>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: ({ id, name }) => (
      <TextLink
        to="/agents/$agentId"
        params={{ agentId: id }}
        title={name}
        className="[overflow-wrap:anywhere]"
      >
        {name}
      </TextLink>
    ),
  },
  { id: 'status', header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  {
    id: 'connections',
    header: 'Connections',
    cell: ({ id }) => <ConnectionCount agentId={id} />,
  },
  {
    id: 'seen',
    header: 'Last seen',
    cell: ({ lastSeenAt }) => (lastSeenAt === undefined ? 'Never' : <Time at={lastSeenAt} />),
  },
]

/** All rows share one answer: how many connections each agent has a policy for. */
function ConnectionCount({ agentId }: { agentId: string }) {
  const { data } = useQuery(query('listPolicies', { limit: policiesCounted }))
  if (data === undefined) return null
  const count = data.policies.filter((policy) => policy.agentId === agentId).length
  const isAll = data.nextCursor === undefined
  return (
    <TextLink to="/policies" search={{ agentId }}>
      {isAll ? count : count === 0 ? 'Show' : `${count} or more`}
    </TextLink>
  )
}

export function AgentsPage() {
  const list = useInfiniteQuery(pages('listAgents', {}))
  const mayWrite = useMay('agents:write')
  const [isAdding, setAdding] = useState(false)
  const add = mayWrite && (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" /> Add an agent
    </Button>
  )
  return (
    <>
      <PageHeader
        title="Agents"
        description="Programs that act through this vault, each with a key of its own."
        actions={add}
      />
      <DataTable
        label="Agents"
        list={list}
        rowsOf={(page) => page.agents}
        keyOf={(agent) => agent.id}
        columns={columns}
        empty={
          <EmptyState title="No agents yet" icon={<Bot aria-hidden="true" />} action={add}>
            An agent gets a key of its own and never sees a credential. It may do nothing until a
            policy allows it.
          </EmptyState>
        }
      />
      {isAdding && <AddAgent open onClose={() => setAdding(false)} />}
    </>
  )
}
