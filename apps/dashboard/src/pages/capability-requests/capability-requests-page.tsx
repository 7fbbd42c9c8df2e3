import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Hand } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { ActionName } from '../../components/lazy-names.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'

const route = getRouteApi('/frame/capability-requests')

type CapabilityRequest = Output<'listCapabilityRequests'>['capabilityRequests'][number]

const tabs = [
  { status: undefined, label: 'Waiting' },
  { status: 'approved', label: 'Granted' },
  { status: 'denied', label: 'Denied' },
  { status: 'cancelled', label: 'Withdrawn' },
  { status: 'all', label: 'All' },
] as const

const reasonCharsShown = 160

const columns: readonly Column<CapabilityRequest>[] = [
  {
    id: 'action',
    header: 'Capability',
    width: '2fr',
    primary: true,
    cell: ({ id, actionTemplateId }) => (
      <TextLink to="/capability-requests/$capabilityRequestId" params={{ capabilityRequestId: id }}>
        <ActionName actionTemplateId={actionTemplateId} />
      </TextLink>
    ),
  },
  {
    id: 'agent',
    header: 'Agent',
    width: '1.2fr',
    cell: ({ agentName }) => <UntrustedText text={agentName} inline limit={120} />,
  },
  {
    id: 'reason',
    header: 'The agent wrote',
    width: '3fr',
    cell: ({ reason }) => <UntrustedText text={reason} inline limit={reasonCharsShown} />,
  },
  { id: 'status', header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { id: 'created', header: 'Asked', cell: ({ createdAt }) => <Time at={createdAt} /> },
]

/** What agents would like to be allowed. */
export function CapabilityRequestsPage() {
  const { status } = route.useSearch()
  const tab = tabs.find((known) => known.status === status) ?? tabs[0]
  const filter = tab.status === 'all' ? {} : { status: tab.status ?? ('pending' as const) }
  const list = useInfiniteQuery(pages('listCapabilityRequests', filter))
  return (
    <>
      <PageHeader title="Capability requests" description="What agents would like to be allowed." />
      <nav
        aria-label="Which requests"
        className="mb-4 flex min-w-0 overflow-x-auto border-b border-line"
      >
        {tabs.map(({ status: of, label }) => (
          <Link
            key={label}
            to="/capability-requests"
            search={of === undefined ? {} : { status: of }}
            aria-current={of === tab.status ? 'page' : undefined}
            className="-mb-px grid min-h-9 items-center border-b-2 border-transparent px-2.5 text-[0.93rem] whitespace-nowrap text-ink-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-ink"
          >
            {label}
          </Link>
        ))}
      </nav>
      <DataTable
        label="Capability requests"
        list={list}
        rowsOf={(page) => page.capabilityRequests}
        keyOf={(request) => request.id}
        columns={columns}
        empty={
          <EmptyState
            title={tab.status === undefined ? 'Nothing waits for you' : 'There are none'}
            icon={<Hand aria-hidden="true" />}
          >
            Agents can ask for what the catalog names; you decide here.
          </EmptyState>
        }
      />
    </>
  )
}
