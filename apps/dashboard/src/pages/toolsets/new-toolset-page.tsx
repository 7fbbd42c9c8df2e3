import { getRouteApi } from '@tanstack/react-router'
import { BookOpen, FileCode2, Layers, type LucideIcon } from 'lucide-react'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useMay } from '../../session.ts'

const route = getRouteApi('/frame/toolsets/new')

const ImportDocument = lazyPart(
  async () => (await import('./import/import-document.tsx')).ImportDocument,
  <LoadingState />,
)
const NewerDocument = lazyPart(
  async () => (await import('./import/newer-document.tsx')).NewerDocument,
  <LoadingState />,
)
const FromCatalog = lazyPart(
  async () => (await import('./assemble/from-catalog.tsx')).FromCatalog,
  <LoadingState />,
)
const Assemble = lazyPart(
  async () => (await import('./assemble/assemble-new.tsx')).AssembleNew,
  <LoadingState />,
)

const AssembleAgain = lazyPart(
  async () => (await import('./assemble/assemble-again.tsx')).AssembleAgain,
  <LoadingState />,
)

interface Way {
  readonly from: 'document' | 'catalog' | 'assemble'
  readonly label: string
  readonly Icon: LucideIcon
}

const ways: readonly Way[] = [
  { from: 'document', label: 'A document', Icon: FileCode2 },
  { from: 'catalog', label: 'From the catalog', Icon: BookOpen },
  { from: 'assemble', label: 'Assemble', Icon: Layers },
]

/** Makes a toolset; with `?toolsetId=` imports a newer document into one. */
export function NewToolsetPage() {
  const { toolsetId, from } = route.useSearch()
  if (!useMay('tools:write')) return <Refused />
  if (toolsetId !== undefined && from === 'assemble') {
    return <AssembleAgain key={toolsetId} toolsetId={toolsetId} />
  }
  if (toolsetId !== undefined) return <NewerDocument key={toolsetId} toolsetId={toolsetId} />
  const way = ways.find((one) => one.from === from)?.from ?? 'document'
  return (
    <>
      <PageHeader
        title="Add tools"
        description="You see all of it before it is saved, and no agent has any of it then."
        up={<TextLink to="/toolsets">Tools</TextLink>}
      />
      <nav aria-label="Where tools come from" className="mb-5 flex flex-wrap gap-2">
        {ways.map(({ from: one, label, Icon }) => (
          <LinkButton
            key={one}
            to="/toolsets/new"
            search={{ from: one }}
            replace
            variant={one === way ? 'secondary' : 'quiet'}
            aria-current={one === way ? 'page' : undefined}
          >
            <Icon aria-hidden="true" /> {label}
          </LinkButton>
        ))}
      </nav>
      {way === 'document' && <ImportDocument />}
      {way === 'catalog' && <FromCatalog />}
      {way === 'assemble' && <Assemble />}
    </>
  )
}

function Refused() {
  return (
    <>
      <PageHeader title="Add tools" up={<TextLink to="/toolsets">Tools</TextLink>} />
      <NotForRole what="or write tools" scope="tools:write" />
    </>
  )
}
