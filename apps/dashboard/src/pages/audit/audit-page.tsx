import { useInfiniteQuery } from '@tanstack/react-query'
import { ScrollText } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'

type Entry = Output<'listAudit'>['entries'][number]

const columns: readonly Column<Entry>[] = [
  { id: 'operation', header: 'What', primary: true, cell: ({ operation }) => operation },
  { id: 'outcome', header: 'Outcome', cell: ({ outcome }) => <StatusBadge status={outcome} /> },
  { id: 'at', header: 'When', cell: ({ at }) => <Time at={at} /> },
]

export function AuditPage() {
  const list = useInfiniteQuery(pages('listAudit', {}))
  return (
    <>
      <PageHeader title="Audit" description="Every attempt, whether it was allowed or not." />
      <DataTable
        label="Audit entries"
        list={list}
        rowsOf={(page) => page.entries}
        keyOf={(entry) => entry.id}
        columns={columns}
        empty={
          <EmptyState title="Nothing has happened yet" icon={<ScrollText aria-hidden="true" />} />
        }
      />
    </>
  )
}
