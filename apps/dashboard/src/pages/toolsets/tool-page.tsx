import type { Tool } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { query, useAction } from '../../api.ts'
import { Button, LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { ToolBadges } from '../../components/tools/tool-badges.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { SchemaTable } from './schema/schema-table.tsx'
import { RequestCard } from './show/request-card.tsx'

const route = getRouteApi('/frame/toolsets/tools/$toolId')
const titleCharsShown = 200

const TryCard = lazyPart(async () => (await import('./try/try-card.tsx')).TryCard, <LoadingState />)
const EditTool = lazyPart(async () => (await import('./show/edit-tool.tsx')).EditTool)

/** One tool: what it takes, what it sends, and a call to try it with. */
export function ToolPage() {
  const { toolId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getTool', { toolId }))
  const mayWrite = useMay('tools:write')
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { tool } = data
  return (
    <>
      <PageHeader
        title={`${tool.toolset}.${tool.name}`}
        heading={<span className="[overflow-wrap:anywhere]">{tool.name}</span>}
        description={<About tool={tool} />}
        up={
          <TextLink to="/toolsets/$toolsetId" params={{ toolsetId: tool.toolsetId }}>
            {tool.toolset}
          </TextLink>
        }
        actions={mayWrite && <Actions tool={tool} />}
      />
      <div className="grid gap-4">
        <Standing tool={tool} />
        <Card title="What the agent reads about it">
          <UntrustedText text={tool.description === '' ? 'Nothing.' : tool.description} />
        </Card>
        <Card title="Arguments" flush>
          <SchemaTable label="Arguments" schema={tool.inputSchema} none="It takes none." />
        </Card>
        {mayWrite && <TryCard key={tool.digest} tool={tool} />}
        <RequestCard tool={tool} />
        {tool.outputSchema !== undefined && (
          <Card
            title="Answer"
            description="As its source describes it; an answer that differs is passed on."
            flush
          >
            <SchemaTable
              label="Answer"
              schema={tool.outputSchema}
              none="Its members are not described."
            />
          </Card>
        )}
      </div>
    </>
  )
}

function About({ tool }: { tool: Tool }) {
  const { title, agents, toolsetId } = tool
  return (
    <div className="grid gap-1.5">
      {title !== undefined && (
        <span className="text-ink">
          <UntrustedText inline text={title} limit={titleCharsShown} />
        </span>
      )}
      <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-[0.93rem]">
        <ToolBadges tool={tool} />
        <TextLink to="/toolsets/$toolsetId" params={{ toolsetId }} search={{ tab: 'access' }}>
          {agents === 1 ? '1 agent has it' : `${agents} agents have it`}
        </TextLink>
      </span>
    </div>
  )
}

/** Why it cannot be called just now, where that is so. */
function Standing({ tool: { status, sourceToolId } }: { tool: Tool }) {
  return (
    <>
      {status === 'disabled' && (
        <Notice tone="warn" title="It is disabled.">
          <p>No agent sees it, and calls are refused, until it is enabled.</p>
        </Notice>
      )}
      {status === 'held' && (
        <Notice tone="warn" title="It changed, and an owner has to look at it.">
          <p>No agent sees it until then. Enable it once you have.</p>
        </Notice>
      )}
      {sourceToolId !== undefined && (
        <Notice
          action={
            <LinkButton size="sm" to="/toolsets/tools/$toolId" params={{ toolId: sourceToolId }}>
              Open it
            </LinkButton>
          }
        >
          <p>It stands for a tool of another toolset, and goes with that one’s connection.</p>
        </Notice>
      )}
    </>
  )
}

function Actions({ tool }: { tool: Tool }) {
  const [open, setOpen] = useState<'edit' | 'disable'>()
  const toast = useToast()
  const isOn = tool.status === 'active'
  const update = useAction('updateTool', {
    invalidates: ['toolsets', 'agents', 'approvals'],
    onDone: ({ tool: { status } }) => {
      setOpen(undefined)
      toast(status === 'active' ? 'Tool enabled' : 'Tool disabled')
    },
  })
  const put = (status: 'active' | 'disabled') => update.mutate({ toolId: tool.id, status })
  return (
    <>
      <Button size="sm" onClick={() => setOpen('edit')}>
        Edit
      </Button>
      <Button
        size="sm"
        busy={update.isPending}
        onClick={() => (isOn ? setOpen('disable') : put('active'))}
      >
        {isOn ? 'Disable' : 'Enable'}
      </Button>
      {open === 'edit' && <EditTool tool={tool} onClose={() => setOpen(undefined)} />}
      <ConfirmDialog
        title={`Disable ${tool.name}?`}
        confirmLabel="Disable"
        danger
        open={open === 'disable'}
        busy={update.isPending}
        error={update.error}
        onConfirm={() => put('disabled')}
        onClose={() => setOpen(undefined)}
      >
        <p>
          {tool.agents === 0
            ? 'No agent has it now.'
            : `${tool.agents === 1 ? 'One agent' : `${tool.agents} agents`} no longer see it, and calls are refused.`}{' '}
          Grants of it stay for when you enable it.
        </p>
      </ConfirmDialog>
    </>
  )
}
