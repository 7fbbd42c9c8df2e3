import type { AuditEntry } from '@sallyport/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { type Input, pages } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { Switch } from '../../components/input.tsx'
import { AgentName } from '../../components/names.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { describeEntry, standingOf } from './describe-entry.ts'
import { EntryDialog } from './entry-dialog.tsx'
import { ExportButton } from './export-button.tsx'
import { type AuditSearch, Filters } from './filters.tsx'
import { VerifyButton } from './verify-button.tsx'

const route = getRouteApi('/frame/audit')
const pageSize = 100
const targetCharsMax = 160

/** The audit log: every attempt and every change, newest first, as it grows. */
export function AuditPage() {
  const { entry: entryId, live: liveText, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const live = liveText !== 'off'
  const list = useEntries(search, live)
  const rows = list.data?.pages.flatMap((page) => page.entries)
  const change = (next: Readonly<Record<string, string | undefined>>, replace = true) =>
    void navigate({ search: (now) => merge(now, next), replace, resetScroll: false })
  const show = (entry: AuditEntry | undefined) => change({ entry: entry?.id }, false)
  return (
    <>
      <PageHeader
        title="Audit"
        description="Every attempt of an agent and every change by a person. It can be checked that nothing was altered."
        actions={
          <>
            <ExportButton />
            <VerifyButton />
          </>
        }
      />
      <Filters
        search={search}
        onChange={change}
        onClear={() => void navigate({ search: {}, replace: true })}
      />
      <div className="mb-3 flex items-center gap-2.5 text-[0.93rem]">
        <Switch
          id="live"
          checked={live}
          onCheckedChange={(on) => change({ live: on ? undefined : 'off' })}
        />
        <label htmlFor="live">Live: new entries appear by themselves</label>
      </div>
      <DataTable
        label="Audit entries"
        list={list}
        rowsOf={(page) => page.entries}
        keyOf={(entry) => entry.id}
        columns={columnsWith(show)}
        empty={
          <EmptyState title="No entries" icon={<ScrollText aria-hidden="true" />}>
            Nothing has happened yet, or nothing that fits the filters.
          </EmptyState>
        }
      />
      <EntryDialog entry={rows?.find(({ id }) => id === entryId)} onClose={() => show(undefined)} />
    </>
  )
}

/** The address with some of its members changed; undefined takes one away. */
function merge(now: AuditSearch, next: Readonly<Record<string, string | undefined>>): AuditSearch {
  const members = Object.entries({ ...now, ...next })
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}

/** While live, events ask for the entries again; a list that is not live stands under a name that no event has. */
function useEntries(search: AuditSearch, live: boolean) {
  const input = { limit: pageSize, ...search } as Omit<Input<'listAudit'>, 'cursor'>
  const entries = pages('listAudit', input)
  const [, ...rest] = entries.queryKey
  return useInfiniteQuery(
    live
      ? entries
      : { ...entries, queryKey: ['still', ...rest] as unknown as typeof entries.queryKey },
  )
}

const columnsWith = (show: (entry: AuditEntry) => void): Column<AuditEntry>[] => [
  {
    id: 'operation',
    header: 'What',
    width: '1.2fr',
    primary: true,
    cell: (entry) => (
      <Button size="sm" variant="quiet" className="-ml-2.5 max-w-full" onClick={() => show(entry)}>
        <span className="truncate">{describeEntry(entry)}</span>
      </Button>
    ),
  },
  {
    id: 'target',
    header: 'Where',
    width: '2.4fr',
    cell: ({ method, host, path }) =>
      method !== undefined && (
        <UntrustedText
          inline
          mono
          limit={targetCharsMax}
          text={`${method} ${host ?? ''}${path ?? ''}`}
        />
      ),
  },
  {
    id: 'agent',
    header: 'Agent',
    cell: ({ agentId }) => agentId !== undefined && <AgentName agentId={agentId} />,
  },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '8.5rem',
    cell: (entry) => (
      <span className="flex items-center gap-2">
        <StatusBadge status={standingOf(entry)} />
        {entry.status}
      </span>
    ),
  },
  { id: 'at', header: 'When', width: '7rem', cell: ({ at }) => <Time at={at} /> },
]
