import { getRouteApi } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Switch } from '../../components/input.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { EmptyState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'
import { columnsWith } from './entry-columns.tsx'
import { EntryDialog } from './entry-dialog.tsx'
import { ExportButton } from './export-button.tsx'
import { type AuditSearch, Filters } from './filters.tsx'
import { useEntries, useEntry } from './use-entries.ts'
import { VerifyButton } from './verify-button.tsx'

const route = getRouteApi('/frame/audit')

/** The audit log: every attempt and every change, newest first, as it grows. */
export function AuditPage() {
  const mayRead = useMay('audit:read')
  const { entry: _entry, live: _live, ...search } = route.useSearch()
  return (
    <>
      <PageHeader
        title="Audit"
        description="Every attempt of an agent and every change by a person. It can be checked that nothing was altered."
        actions={
          mayRead && (
            <>
              <ExportButton search={search} />
              <VerifyButton />
            </>
          )
        }
      />
      {mayRead ? <Log /> : <NotForRole what="the audit log" scope="audit:read" />}
    </>
  )
}

function Log() {
  const { entry: entryId, live: liveText, ...search } = route.useSearch()
  const navigate = route.useNavigate()
  const live = liveText !== 'off'
  const { list, isPaused, showNewest } = useEntries(search, live)
  const listed = list.data?.pages.flatMap((page) => page.entries)
  const { entry, isLoading } = useEntry(entryId, listed ?? (list.isError ? [] : undefined))
  const change = (next: Changes, replace = true) =>
    void navigate({ search: (now) => merge(now, next), replace, resetScroll: false })
  const show = (id: string | undefined) => change({ entry: id }, false)
  return (
    <>
      <Filters
        search={search}
        onChange={change}
        onClear={() => void navigate({ search: {}, replace: true })}
      />
      <LiveBar
        live={live}
        isPaused={isPaused}
        onChange={(on) => change({ live: on ? undefined : 'off' })}
        onNewest={showNewest}
      />
      <DataTable
        label="Audit entries"
        list={list}
        rowsOf={(page) => page.entries}
        keyOf={({ id }) => id}
        columns={columnsWith(({ id }) => show(id))}
        empty={
          <EmptyState title="No entries" icon={<ScrollText aria-hidden="true" />}>
            Nothing has happened yet, or nothing that fits the filters.
          </EmptyState>
        }
      />
      {entryId !== undefined && (
        <EntryDialog entry={entry} isLoading={isLoading} onClose={() => show(undefined)} />
      )}
    </>
  )
}

type Changes = Readonly<Record<string, string | undefined>>

/** The address with some of its members changed; undefined takes one away. */
function merge(now: AuditSearch, next: Changes): AuditSearch {
  const members = Object.entries({ ...now, ...next })
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}

interface LiveBarProps {
  readonly live: boolean
  readonly isPaused: boolean
  readonly onChange: (live: boolean) => void
  readonly onNewest: () => void
}

function LiveBar({ live, isPaused, onChange, onNewest }: LiveBarProps) {
  return (
    <div className="mb-3 flex min-h-8 flex-wrap items-center gap-x-2.5 gap-y-1.5 text-[0.93rem]">
      <Switch id="live" checked={live} onCheckedChange={onChange} />
      <label htmlFor="live">Live</label>
      <span role="status" className="text-ink-soft">
        {!live
          ? 'What is shown stands still.'
          : isPaused
            ? 'Paused while older entries are shown.'
            : 'New entries appear by themselves.'}
      </span>
      {isPaused && (
        <Button size="sm" onClick={onNewest}>
          Back to the newest
        </Button>
      )}
    </div>
  )
}
