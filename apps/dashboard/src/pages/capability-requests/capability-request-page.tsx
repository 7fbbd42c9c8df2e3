import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { query } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { AgentWrote, UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'
import { Answer } from './answer.tsx'
import type { Detail } from './detail.ts'
import { GrantForm } from './grant-form.tsx'
import { WhatItAllows } from './what-it-allows.tsx'

const route = getRouteApi('/frame/capability-requests/$capabilityRequestId')

/** One wish of an agent: what it would mean, and the owner's answer. */
export function CapabilityRequestPage() {
  const { capabilityRequestId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getCapabilityRequest', { capabilityRequestId }))
  const up = <TextLink to="/capability-requests">Capability requests</TextLink>
  if (data === undefined) {
    return (
      <>
        <PageHeader title="Capability request" up={up} />
        {error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />}
      </>
    )
  }
  const request = data.capabilityRequest
  const { action, agentId, agentName, actionTemplateId, status, createdAt } = request
  const isPending = status === 'pending'
  return (
    <>
      <PageHeader
        title={action?.label ?? actionTemplateId}
        up={up}
        actions={<StatusBadge status={status} />}
        description={
          <>
            <TextLink to="/agents/$agentId" params={{ agentId }}>
              <UntrustedText text={agentName} inline limit={120} />
            </TextLink>{' '}
            asked for this
            {action !== undefined && <> at {action.service.name}</>} <Time at={createdAt} />.
          </>
        }
      />
      <div className="grid gap-4">
        {action !== undefined && (
          <Card title="What it is" description={action.description}>
            <WhatItAllows action={action} />
          </Card>
        )}
        <AgentWrote text={request.reason} />
        {!isPending && <Answer request={request} />}
        {isPending && <Decide request={request} />}
      </div>
    </>
  )
}

function Decide({ request }: { request: Detail }) {
  const may = useMay('capabilities:write')
  if (!may) {
    return (
      <Notice>
        <p>
          Your role can see what agents ask for and not answer it. An owner of the workspace can
          change the role.
        </p>
      </Notice>
    )
  }
  return (
    <>
      {request.action === undefined && (
        <Notice tone="warn" title="The catalog does not know this action any more.">
          <p>It can not be granted. Deny it, so that the agent asks for something that exists.</p>
        </Notice>
      )}
      <GrantForm request={request} />
    </>
  )
}
