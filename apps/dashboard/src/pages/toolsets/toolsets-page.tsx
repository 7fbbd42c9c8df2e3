import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Plus, Wrench } from 'lucide-react'
import { type Output, pages } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import type { Column } from '../../components/column.ts'
import { DataTable } from '../../components/data-table.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { ServiceLogo } from '../../components/service-logo.tsx'
import { EmptyState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { formatWords } from '../../components/tools/format-words.ts'
import { useMay } from '../../session.ts'

type Toolset = Output<'listToolsets'>['toolsets'][number]

const route = getRouteApi('/frame/toolsets')
const titleCharsShown = 120

const UntrustedText = lazyPart(
  async () => (await import('../../components/untrusted-text.tsx')).UntrustedText,
)

const columns: readonly Column<Toolset>[] = [
  {
    id: 'name',
    header: 'Name',
    width: '2fr',
    primary: true,
    cell: ({ id, name, title }) => (
      <>
        <TextLink
          to="/toolsets/$toolsetId"
          params={{ toolsetId: id }}
          title={name}
          className="[overflow-wrap:anywhere]"
        >
          {name}
        </TextLink>
        {title !== undefined && title !== name && (
          <div className="truncate text-[0.87rem] font-normal text-ink-soft">
            <UntrustedText inline limit={titleCharsShown} text={title} />
          </div>
        )}
      </>
    ),
  },
  { id: 'source', header: 'Source', width: '1.1fr', cell: ({ format }) => formatWords[format] },
  {
    id: 'connection',
    header: 'Connection',
    width: '1.6fr',
    cell: ({ connection }) =>
      connection === undefined ? (
        <span className="text-ink-soft">Of each tool</span>
      ) : (
        <span className="flex min-w-0 items-center gap-2">
          <ServiceLogo service={connection.service} size="sm" />
          <TextLink
            to="/connections/$connectionId"
            params={{ connectionId: connection.id }}
            className="truncate"
          >
            {connection.label}
          </TextLink>
        </span>
      ),
  },
  {
    id: 'tools',
    header: 'Tools',
    width: '4.5rem',
    cell: ({ toolCount }) => toolCount.toLocaleString('en'),
  },
  { id: 'agents', header: 'Agents', width: '4.5rem', cell: ({ agentCount }) => agentCount },
  {
    id: 'updated',
    header: 'Updated',
    width: '7rem',
    cell: ({ updatedAt }) => <Time at={updatedAt} />,
  },
]

/** All toolsets: where tools come from, and how many agents have them. */
export function ToolsetsPage() {
  const mayRead = useMay('tools:read')
  const mayWrite = useMay('tools:write')
  return (
    <>
      <PageHeader
        title="Tools"
        description="Operations of your APIs under names of their own, each given to single agents."
        actions={
          mayWrite && (
            <LinkButton variant="primary" to="/toolsets/new">
              <Plus aria-hidden="true" /> Add tools
            </LinkButton>
          )
        }
      />
      {mayRead ? <List /> : <NotForRole what="tools" scope="tools:read" />}
    </>
  )
}

function List() {
  const { name } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(pages('listToolsets', name === undefined ? {} : { name }))
  const isNothing = name === undefined && list.data?.pages[0]?.toolsets.length === 0
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
        label="Toolsets"
        list={list}
        rowsOf={(page) => page.toolsets}
        keyOf={(toolset) => toolset.id}
        columns={columns}
        empty={isNothing ? <Nothing /> : <p className="text-ink-soft">No toolset is called so.</p>}
      />
    </div>
  )
}

/** What it is for, and the three ways to begin. */
function Nothing() {
  const mayWrite = useMay('tools:write')
  return (
    <EmptyState
      title="No tools yet"
      icon={<Wrench aria-hidden="true" />}
      action={
        mayWrite && (
          <div className="flex flex-wrap justify-center gap-2">
            <LinkButton variant="primary" to="/toolsets/new" search={{ from: 'document' }}>
              Import a document
            </LinkButton>
            <LinkButton to="/toolsets/new" search={{ from: 'catalog' }}>
              From the catalog
            </LinkButton>
            <LinkButton to="/toolsets/new" search={{ from: 'assemble' }}>
              Assemble
            </LinkButton>
          </div>
        )
      }
    >
      A tool is one operation of an API with a name, a description and a schema of its arguments.
      Agents call it by name and never see the key. Import an OpenAPI document, a curl command or
      YAML, take ready tools from the catalog, or assemble a toolset from tools that you have.
    </EmptyState>
  )
}
