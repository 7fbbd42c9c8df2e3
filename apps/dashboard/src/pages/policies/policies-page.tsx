import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Plus, ShieldCheck } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { AgentName, ConnectionName } from '../../components/names.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useMay } from '../../session.ts'

type Policy = Output<'listPolicies'>['policies'][number]

const PolicySentence = lazyPart(
  async () => (await import('../../components/policy-summary.tsx')).PolicySentence,
)

const route = getRouteApi('/frame/policies')

const columns: readonly Column<Policy>[] = [
  {
    id: 'pair',
    header: 'Agent and connection',
    width: '1.4fr',
    primary: true,
    cell: ({ id, agentId, connectionId }) => (
      <TextLink to="/policies/$policyId" params={{ policyId: id }} className="block">
        <span className="block truncate max-md:whitespace-normal">
          <AgentName agentId={agentId} link={false} />
        </span>
        <span className="block truncate font-normal max-md:whitespace-normal">
          with <ConnectionName connectionId={connectionId} link={false} />
        </span>
      </TextLink>
    ),
  },
  {
    id: 'says',
    header: 'What it says',
    width: '2fr',
    cell: (policy) => (
      <span className="line-clamp-2 text-[0.93rem] whitespace-normal [overflow-wrap:anywhere]">
        <PolicySentence policy={policy} />
      </span>
    ),
  },
  {
    id: 'updated',
    header: 'Changed',
    width: '7rem',
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
  },
]

export function PoliciesPage() {
  const search = route.useSearch()
  const list = useInfiniteQuery(pages('listPolicies', search))
  const mayWrite = useMay('policies:write')
  const add = mayWrite && (
    <LinkButton
      variant="primary"
      to="/policies/$policyId"
      params={{ policyId: 'new' }}
      search={search}
    >
      <Plus aria-hidden="true" /> New policy
    </LinkButton>
  )
  return (
    <>
      <PageHeader title="Policies" description={<Description {...search} />} actions={add} />
      <DataTable
        label="Policies"
        list={list}
        rowsOf={(page) => page.policies}
        keyOf={(policy) => policy.id}
        columns={columns}
        empty={
          <EmptyState
            title="No policies yet"
            icon={<ShieldCheck aria-hidden="true" />}
            action={add}
          >
            Without a policy an agent may do nothing.
          </EmptyState>
        }
      />
    </>
  )
}

function Description({ agentId, connectionId }: { agentId?: string; connectionId?: string }) {
  if (agentId === undefined && connectionId === undefined) {
    return 'What each agent may do with each connection. Everything else is refused.'
  }
  return (
    <>
      Only those of{' '}
      {agentId !== undefined ? (
        <AgentName agentId={agentId} />
      ) : (
        connectionId !== undefined && <ConnectionName connectionId={connectionId} />
      )}
      . <TextLink to="/policies">Show all</TextLink>
    </>
  )
}
