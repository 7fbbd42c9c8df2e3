import { getRouteApi } from '@tanstack/react-router'
import { ClipboardPaste, type LucideIcon, PencilLine } from 'lucide-react'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { NotForRole } from '../../components/not-for-role.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { useMay } from '../../session.ts'

const route = getRouteApi('/frame/servers/new')

const AddByForm = lazyPart(
  async () => (await import('./edit/add-by-form.tsx')).AddByForm,
  <LoadingState />,
)
const PasteConfig = lazyPart(
  async () => (await import('./paste/paste-config.tsx')).PasteConfig,
  <LoadingState />,
)

interface Way {
  readonly from: 'form' | 'paste'
  readonly label: string
  readonly Icon: LucideIcon
}

const ways: readonly Way[] = [
  { from: 'form', label: 'Fill in a form', Icon: PencilLine },
  { from: 'paste', label: 'Paste an mcp.json', Icon: ClipboardPaste },
]

/** Adds MCP servers: one by a form, or those of a configuration file. */
export function NewServerPage() {
  const { from } = route.useSearch()
  const mayWrite = useMay('tools:write')
  const way = ways.find((one) => one.from === from)?.from ?? 'form'
  return (
    <>
      <PageHeader
        title="Add a server"
        description="No agent has any of its tools before you grant them."
        up={<TextLink to="/servers">Servers</TextLink>}
      />
      {mayWrite ? (
        <>
          <nav aria-label="How a server is added" className="mb-5 flex flex-wrap gap-2">
            {ways.map(({ from: one, label, Icon }) => (
              <LinkButton
                key={one}
                to="/servers/new"
                search={{ from: one }}
                replace
                variant={one === way ? 'secondary' : 'quiet'}
                aria-current={one === way ? 'page' : undefined}
              >
                <Icon aria-hidden="true" /> {label}
              </LinkButton>
            ))}
          </nav>
          {way === 'form' ? <AddByForm /> : <PasteConfig />}
        </>
      ) : (
        <NotForRole what="or write servers" scope="tools:write" />
      )}
    </>
  )
}
