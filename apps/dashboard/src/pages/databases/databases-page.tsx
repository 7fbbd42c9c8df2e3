import type { Source } from '@sallyport/contracts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Database, FileCode2, Plus } from 'lucide-react'
import { pages } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { LinkButton, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { useMay } from '../../session.ts'
import { dialectWords, placeOf, standingOf } from './database-words.ts'

const route = getRouteApi('/frame/databases')

const columns: readonly Column<Source>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '1.8fr',
    primary: true,
    cell: ({ id, name, title }) => (
      <>
        <TextLink
          to="/databases/$sourceId"
          params={{ sourceId: id }}
          className="[overflow-wrap:anywhere]"
        >
          {name}
        </TextLink>
        {title !== undefined && title !== name && (
          <div className="truncate text-[0.87rem] font-normal text-ink-soft">{title}</div>
        )}
      </>
    ),
  },
  {
    id: 'place',
    header: 'Database',
    width: '2.2fr',
    cell: (source) => (
      <>
        <div>{dialectWords[source.dialect]}</div>
        <div className="line-clamp-2 font-mono text-[0.8rem] whitespace-normal text-ink-soft [overflow-wrap:anywhere]">
          {placeOf(source)}
        </div>
      </>
    ),
  },
  {
    id: 'tools',
    header: 'Tools',
    width: '8.5rem',
    cell: ({ toolCount, query }) => (
      <span className="flex flex-wrap items-center gap-1.5">
        {toolCount.toLocaleString('en')}
        {query && <Badge tone="warn">Free queries</Badge>}
      </span>
    ),
  },
  {
    id: 'check',
    header: 'Last test',
    width: '9.5rem',
    cell: (source) => {
      const [tone, label] = standingOf(source)
      return <Badge tone={tone}>{label}</Badge>
    },
  },
  {
    id: 'changed',
    header: 'Changed',
    width: '7rem',
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
  },
]

/** The databases that the vault signs in to, and how many tools each has. */
export function DatabasesPage() {
  const mayReadTools = useMay('tools:read')
  const mayRead = useMay('connections:read') && mayReadTools
  const mayWrite = useMayChange()
  return (
    <>
      <PageHeader
        title="Databases"
        description="SQL statements as tools. Agents fill in parameters and never see the password."
        actions={
          mayWrite && (
            <LinkButton variant="primary" to="/databases/new">
              <Plus aria-hidden="true" /> Add a database
            </LinkButton>
          )
        }
      />
      {mayRead ? <List /> : <NotForRole what="databases" scope="connections:read" />}
    </>
  )
}

/** Both the tools and the sign-in belong to a database. */
function useMayChange(): boolean {
  const mayWriteTools = useMay('tools:write')
  return useMay('connections:write') && mayWriteTools
}

function List() {
  const { name } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(
    pages('listSources', { limit: 200, ...(name !== undefined && { name }) }),
  )
  const isNothing = name === undefined && list.data?.pages[0]?.sources.length === 0
  return (
    <div className="grid gap-4">
      {!isNothing && (
        <SearchField
          text={name ?? ''}
          onSearch={(text) =>
            void navigate({ search: text === '' ? {} : { name: text }, replace: true })
          }
        />
      )}
      <DataTable
        label="Databases"
        list={list}
        rowsOf={(page) => page.sources}
        keyOf={(source) => source.id}
        columns={columns}
        empty={isNothing ? <Nothing /> : <p className="text-ink-soft">No database is called so.</p>}
      />
    </div>
  )
}

function Nothing() {
  const mayWrite = useMayChange()
  return (
    <EmptyState
      title="No databases yet"
      icon={<Database aria-hidden="true" />}
      action={
        mayWrite && (
          <div className="flex flex-wrap justify-center gap-2">
            <LinkButton variant="primary" to="/databases/new" search={{ from: 'form' }}>
              Add a database
            </LinkButton>
            <LinkButton to="/databases/new" search={{ from: 'document' }}>
              <FileCode2 aria-hidden="true" /> Import YAML
            </LinkButton>
          </div>
        )
      }
    >
      PostgreSQL, MySQL, MariaDB or an SQLite file. You write the statements; each becomes a tool
      whose parameters are bound, never written into the text. What does not say that it writes runs
      in a read-only transaction.
    </EmptyState>
  )
}
