import { getRouteApi } from '@tanstack/react-router'
import { FileCode2, type LucideIcon, PencilLine } from 'lucide-react'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useMay } from '../../session.ts'

const route = getRouteApi('/frame/databases/new')

const AddByForm = lazyPart(
  async () => (await import('./edit/add-by-form.tsx')).AddByForm,
  <LoadingState />,
)
const ImportSources = lazyPart(
  async () => (await import('./import/import-sources.tsx')).ImportSources,
  <LoadingState />,
)

interface Way {
  readonly from: 'form' | 'document'
  readonly label: string
  readonly Icon: LucideIcon
}

const ways: readonly Way[] = [
  { from: 'form', label: 'Fill in a form', Icon: PencilLine },
  { from: 'document', label: 'Import YAML', Icon: FileCode2 },
]

/** Adds databases: one by a form, or those of a document with their statements. */
export function NewDatabasePage() {
  const { from } = route.useSearch()
  const mayWriteTools = useMay('tools:write')
  const mayWrite = useMay('connections:write') && mayWriteTools
  const way = ways.find((one) => one.from === from)?.from ?? 'form'
  return (
    <>
      <PageHeader
        title="Add a database"
        description="The password is sealed. No agent has any of the tools before you grant them."
        up={<TextLink to="/databases">Databases</TextLink>}
      />
      {mayWrite ? (
        <>
          <nav aria-label="How a database is added" className="mb-5 flex flex-wrap gap-2">
            {ways.map(({ from: one, label, Icon }) => (
              <LinkButton
                key={one}
                to="/databases/new"
                search={{ from: one }}
                replace
                variant={one === way ? 'secondary' : 'quiet'}
                aria-current={one === way ? 'page' : undefined}
              >
                <Icon aria-hidden="true" /> {label}
              </LinkButton>
            ))}
          </nav>
          {way === 'form' ? <AddByForm /> : <ImportSources />}
        </>
      ) : (
        <NotForRole what="or write databases" scope="connections:write" />
      )}
    </>
  )
}
