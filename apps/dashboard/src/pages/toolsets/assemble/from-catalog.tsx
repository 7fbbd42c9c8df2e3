import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { BookOpen } from 'lucide-react'
import { useState } from 'react'
import { query } from '../../../api.ts'
import { Badge } from '../../../components/badge.tsx'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Input } from '../../../components/input.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ServiceLogo } from '../../../components/service-logo.tsx'
import { EmptyState, ErrorState } from '../../../components/states.tsx'
import { newestOf, type Template } from './template.ts'
import { TemplateForm } from './template-form.tsx'

const route = getRouteApi('/frame/toolsets/new')

/** Ready toolsets of the catalog's services: one is chosen, then the connection that serves it. */
export function FromCatalog() {
  const { template: chosen } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useQuery(query('listToolsetTemplates', {}))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const templates = newestOf(data.templates)
  const template = templates.find(({ id }) => id === chosen)
  const choose = (id: string | undefined) =>
    void navigate({
      search: { from: 'catalog', ...(id !== undefined && { template: id }) },
    })
  if (template === undefined) return <Templates templates={templates} onChoose={choose} />
  return (
    <div className="grid gap-4">
      <TemplateCard template={template} onOther={() => choose(undefined)} />
      <TemplateForm key={template.id} template={template} />
    </div>
  )
}

interface TemplatesProps {
  readonly templates: readonly Template[]
  readonly onChoose: (id: string) => void
}

function Templates({ templates, onChoose }: TemplatesProps) {
  const [search, setSearch] = useState('')
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found = templates.filter(({ id, title, description }) =>
    words.every((word) => `${id} ${title} ${description}`.toLowerCase().includes(word)),
  )
  if (templates.length === 0) {
    return (
      <EmptyState title="The catalog has no toolsets" icon={<BookOpen aria-hidden="true" />}>
        Import a document of the API instead.
      </EmptyState>
    )
  }
  return (
    <div className="grid gap-4">
      <Input
        type="search"
        aria-label="Search in the catalog"
        placeholder="Search in the catalog"
        className="max-w-md"
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      {found.length === 0 && <p className="text-ink-soft">The catalog has none of that name.</p>}
      <ul className="grid gap-2 sm:grid-cols-2 lg:grid-cols-3">
        {found.map(({ id, title, description, service, tools }) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => onChoose(id)}
              className="flex h-full w-full items-start gap-3 rounded-md border border-line bg-surface px-3 py-2.5 text-left hover:border-line-strong hover:bg-sunken"
            >
              <ServiceLogo service={service} />
              <span className="min-w-0">
                <span className="block font-medium">{title}</span>
                <span className="line-clamp-2 text-[0.87rem] text-ink-soft">{description}</span>
                <span className="text-[0.87rem] text-ink-soft">
                  {tools.length === 1 ? '1 tool' : `${tools.length} tools`}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function TemplateCard({ template, onOther }: { template: Template; onOther: () => void }) {
  const { service, title, version, description, tools } = template
  return (
    <Card
      title={
        <span className="flex items-center gap-2.5">
          <ServiceLogo service={service} size="sm" /> {title}
        </span>
      }
      description={description}
      actions={
        <Button size="sm" onClick={onOther}>
          Another one
        </Button>
      }
      flush
    >
      <ul className="divide-y divide-line">
        {tools.map((tool) => (
          <li key={tool.name} className="grid gap-0.5 px-5 py-2.5">
            <span className="flex flex-wrap items-baseline gap-2">
              <span className="font-medium">{tool.name}</span>
              {tool.reads ? <Badge>Reads</Badge> : <Badge tone="warn">Changes</Badge>}
            </span>
            <span className="text-[0.87rem] text-ink-soft">{tool.description}</span>
            <span className="font-mono text-[0.83rem] text-ink-soft [overflow-wrap:anywhere]">
              {tool.method} {tool.url}
            </span>
          </li>
        ))}
        <li className="px-5 py-2.5 text-[0.87rem] text-ink-soft">Version {version}</li>
      </ul>
    </Card>
  )
}
