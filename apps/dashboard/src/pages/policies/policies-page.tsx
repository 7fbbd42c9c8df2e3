import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'

type Policy = Output<'listPolicies'>['policies'][number]

const route = getRouteApi('/frame/policies')

const columns: readonly Column<Policy>[] = [
  {
    id: 'id',
    header: 'Policy',
    width: '2fr',
    primary: true,
    cell: ({ id }) => (
      <TextLink to="/policies/$policyId" params={{ policyId: id }}>
        {id}
      </TextLink>
    ),
  },
  { id: 'approval', header: 'Asks', cell: ({ approval }) => approval },
  { id: 'updated', header: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
]

export function PoliciesPage() {
  const list = useInfiniteQuery(pages('listPolicies', route.useSearch()))
  return (
    <>
      <PageHeader title="Policies" description="What each agent may do with each connection." />
      <DataTable
        label="Policies"
        list={list}
        rowsOf={(page) => page.policies}
        keyOf={(policy) => policy.id}
        columns={columns}
        empty={
          <EmptyState title="No policies yet" icon={<ShieldCheck aria-hidden="true" />}>
            Without a policy an agent may do nothing.
          </EmptyState>
        }
      />
    </>
  )
}
