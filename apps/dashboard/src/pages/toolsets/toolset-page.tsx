import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type Output, query } from '../../api.ts'
import { Badge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ServiceLogo } from '../../components/service-logo.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { Time } from '../../components/time.tsx'
import { formatWords, sendsNoRequest } from '../../components/tools/format-words.ts'
import { OwnerLink, useOwner } from '../../components/tools/managed-by.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { NewerTemplate } from './show/newer-template.tsx'
import { ToolsTab } from './show/tools-tab.tsx'
import { ToolsetActions } from './show/toolset-actions.tsx'

type Toolset = Output<'getToolset'>['toolset']

const route = getRouteApi('/frame/toolsets/$toolsetId')
const titleCharsShown = 200

const AccessTab = lazyPart(
  async () => (await import('./access/access-tab.tsx')).AccessTab,
  <LoadingState />,
)
const UsageTab = lazyPart(
  async () => (await import('./show/usage-tab.tsx')).UsageTab,
  <LoadingState />,
)
const VersionsTab = lazyPart(
  async () => (await import('./show/versions-tab.tsx')).VersionsTab,
  <LoadingState />,
)

/** One toolset: its tools, who has them, how they are used, and what it was before. */
export function ToolsetPage() {
  const { toolsetId } = route.useParams()
  const mayWrite = useMay('tools:write')
  const { data, error, refetch } = useQuery(query('getToolset', { toolsetId }))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { toolset } = data
  return (
    <>
      <PageHeader
        title={toolset.name}
        heading={<span className="[overflow-wrap:anywhere]">{toolset.name}</span>}
        description={<About toolset={toolset} />}
        up={<TextLink to="/toolsets">Tools</TextLink>}
        actions={<ToolsetActions toolset={toolset} />}
      />
      {toolset.format === 'template' && mayWrite && <NewerTemplate toolset={toolset} />}
      <Parts toolset={toolset} />
    </>
  )
}

function About({ toolset }: { toolset: Toolset }) {
  const { title, description, format, template, connection, updatedAt, version } = toolset
  return (
    <div className="grid gap-1.5">
      {title !== undefined && title !== toolset.name && (
        <span className="text-ink">
          <UntrustedText inline text={title} limit={titleCharsShown} />
        </span>
      )}
      <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-[0.93rem]">
        <Badge>{formatWords[format]}</Badge>
        {template !== undefined && <span className="font-mono text-[0.87rem]">{template}</span>}
        {connection === undefined ? (
          format !== 'assembled' && 'Without a connection'
        ) : (
          <span className="flex min-w-0 items-center gap-1.5">
            <ServiceLogo service={connection.service} size="sm" />
            <TextLink
              to="/connections/$connectionId"
              params={{ connectionId: connection.id }}
              className="[overflow-wrap:anywhere]"
            >
              {connection.label}
            </TextLink>
            {sendsNoRequest(format) && <LookedAfter connectionId={connection.id} />}
            {connection.status !== 'healthy' && <Badge tone="warn">{connection.status}</Badge>}
          </span>
        )}
        <span>
          Version {version}, <Time at={updatedAt} />
        </span>
      </span>
      {description !== undefined && description !== '' && (
        <div className="text-[0.93rem]">
          <UntrustedText text={description} limit={300} />
        </div>
      )}
    </div>
  )
}

/** Where a toolset is looked after that goes with a server or a database. */
function LookedAfter({ connectionId }: { connectionId: string }) {
  const owner = useOwner(connectionId)
  if (owner === undefined) return null
  return (
    <span>
      see <OwnerLink owner={owner} />
    </span>
  )
}

function Parts({ toolset }: { toolset: Toolset }) {
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const mayReadPolicies = useMay('policies:read')
  const mayReadAudit = useMay('audit:read')
  const show = (id: string) =>
    void navigate({ search: id === 'tools' ? {} : { tab: id }, replace: true })
  return (
    <Tabs
      label="Parts of the toolset"
      shown={tab ?? 'tools'}
      onShow={show}
      tabs={[
        {
          id: 'tools',
          label: `Tools (${toolset.toolCount.toLocaleString('en')})`,
          content: <ToolsTab toolset={toolset} />,
        },
        ...(mayReadPolicies
          ? [{ id: 'access', label: 'Access', content: <AccessTab toolset={toolset} /> }]
          : []),
        ...(mayReadAudit
          ? [{ id: 'usage', label: 'Usage', content: <UsageTab of={{ toolsetId: toolset.id }} /> }]
          : []),
        { id: 'versions', label: 'Versions', content: <VersionsTab toolset={toolset} /> },
      ]}
    />
  )
}
