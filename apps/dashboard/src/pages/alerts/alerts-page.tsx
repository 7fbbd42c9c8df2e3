import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { AcknowledgeAlert } from '../../components/acknowledge-alert.tsx'
import { AlertText } from '../../components/alert-text.tsx'
import { isAlertKind } from '../../components/alert-words.ts'
import { TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useMay } from '../../session.ts'
import { AcknowledgeAll } from './acknowledge-all.tsx'
import { AlertFilters } from './alert-filters.tsx'

type Alert = Output<'listAlerts'>['alerts'][number]

const route = getRouteApi('/frame/alerts')
/** As short a time as is told of. */
const whileMs = 120_000

/** What agents did that they do not usually do: those that nobody has looked at, unless the address says otherwise. */
export function AlertsPage() {
  if (useMay('audit:read')) return <Alerts />
  return (
    <>
      <PageHeader title="Alerts" />
      <NotForRole what="alerts" scope="audit:read" />
    </>
  )
}

function Alerts() {
  const { status, kind, agentId } = route.useSearch()
  const list = useInfiniteQuery(
    pages('listAlerts', {
      ...(status !== 'all' && {
        status: status === 'acknowledged' ? ('acknowledged' as const) : ('open' as const),
      }),
      ...(isAlertKind(kind) && { kind }),
      ...(agentId !== undefined && { agentId }),
    }),
  )
  const openCount = list.data?.pages[0]?.openCount ?? 0
  const isNarrow = kind !== undefined || agentId !== undefined
  return (
    <>
      <PageHeader
        title="Alerts"
        description={
          <>
            What agents did that they do not usually do. What is watched for is said in the{' '}
            <TextLink to="/settings/alerts">settings</TextLink>.
          </>
        }
        actions={<AcknowledgeAll openCount={openCount} agentId={agentId} />}
      />
      <AlertFilters status={status} kind={kind} agentId={agentId} />
      <DataTable
        label="Alerts"
        list={list}
        rowsOf={(page) => page.alerts}
        keyOf={(alert) => alert.id}
        columns={columns}
        empty={
          <EmptyState
            title={isNarrow || status !== undefined ? 'No such alerts' : 'No open alerts'}
            icon={<ShieldCheck aria-hidden="true" />}
          >
            {isNarrow || openCount > 0
              ? 'Choose other filters to see more.'
              : 'Every agent does what it usually does. Of a new agent it takes a week or so to know what that is.'}
          </EmptyState>
        }
      />
    </>
  )
}

const columns: readonly Column<Alert>[] = [
  {
    id: 'what',
    header: 'What',
    width: '3fr',
    primary: true,
    cell: (alert) => <AlertText alert={alert} agent />,
  },
  { id: 'seen', header: 'Seen', width: '8.5rem', cell: (alert) => <Seen alert={alert} /> },
  {
    id: 'standing',
    header: 'Status',
    width: '10rem',
    cell: (alert) => <Standing alert={alert} />,
  },
]

/** When last, and since when where it went on for a while. */
function Seen({ alert: { at, lastAt } }: { alert: Alert }) {
  return (
    <div className="grid">
      <Time at={lastAt} />
      {Date.parse(lastAt) - Date.parse(at) >= whileMs && (
        <span className="text-[0.87rem] text-ink-soft">
          since <Time at={at} />
        </span>
      )}
    </div>
  )
}

function Standing({ alert }: { alert: Alert }) {
  const { status, acknowledgedBy, acknowledgedAt } = alert
  const mayWrite = useMay('approvals:write')
  if (status === 'open') return mayWrite ? <AcknowledgeAlert alert={alert} /> : 'Open'
  return (
    <div className="grid text-[0.87rem] text-ink-soft">
      <span className="truncate max-md:whitespace-normal" title={acknowledgedBy?.email}>
        {acknowledgedBy === undefined ? 'Acknowledged' : `By ${acknowledgedBy.email}`}
      </span>
      {acknowledgedAt !== undefined && <Time at={acknowledgedAt} />}
    </div>
  )
}
