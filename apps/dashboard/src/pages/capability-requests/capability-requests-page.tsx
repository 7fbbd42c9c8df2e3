import { useInfiniteQuery } from '@tanstack/react-query'
import { Hand } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'

type CapabilityRequest = Output<'listCapabilityRequests'>['capabilityRequests'][number]

const columns: readonly Column<CapabilityRequest>[] = [
  {
    id: 'action',
    header: 'Capability',
    width: '2fr',
    primary: true,
    cell: ({ id, actionTemplateId }) => (
      <TextLink to="/capability-requests/$capabilityRequestId" params={{ capabilityRequestId: id }}>
        {actionTemplateId}
      </TextLink>
    ),
  },
  {
    id: 'reason',
    header: 'Reason',
    width: '3fr',
    cell: ({ reason }) => <UntrustedText text={reason} inline limit={120} />,
  },
  { id: 'status', header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { id: 'created', header: 'Asked', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

export function CapabilityRequestsPage() {
  const list = useInfiniteQuery(pages('listCapabilityRequests', {}))
  return (
    <>
      <PageHeader title="Capability requests" description="What agents would like to be allowed." />
      <DataTable
        label="Capability requests"
        list={list}
        rowsOf={(page) => page.capabilityRequests}
        keyOf={(request) => request.id}
        columns={columns}
        empty={
          <EmptyState title="Nothing was asked for" icon={<Hand aria-hidden="true" />}>
            Agents can ask for what the catalog names; you decide here.
          </EmptyState>
        }
      />
    </>
  )
}
