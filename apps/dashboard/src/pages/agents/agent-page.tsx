import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type Output, query } from '../../api.ts'
import { StatusBadge } from '../../components/badge.tsx'
import { TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { RecentCalls } from '../../components/recent-calls.tsx'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { AgentActions } from './agent-actions.tsx'
import { AgentPolicies } from './agent-policies.tsx'
import { AgentRequests } from './agent-requests.tsx'
import { AgentTools } from './agent-tools.tsx'
import { ConsumerTokens } from './consumer-tokens.tsx'
import { EnrolmentNotice } from './enrolment-notice.tsx'
import { RenameAgent } from './rename-agent.tsx'

type Agent = Output<'getAgent'>['agent']

const route = getRouteApi('/frame/agents/$agentId')
const RememberedList = lazyPart(
  async () => (await import('../../components/remembered-list.tsx')).RememberedList,
)

const OpenAlerts = lazyPart(
  async () => (await import('../../components/open-alerts.tsx')).OpenAlerts,
)

export function AgentPage() {
  const { agentId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getAgent', { agentId }))
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { agent } = data
  return (
    <>
      <PageHeader
        title={agent.name}
        heading={<span className="[overflow-wrap:anywhere]">{agent.name}</span>}
        description={
          <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <StatusBadge status={agent.status} />
            <span>
              {agent.lastSeenAt === undefined ? (
                'Never seen'
              ) : (
                <>
                  Last seen <Time at={agent.lastSeenAt} />
                </>
              )}
            </span>
          </span>
        }
        up={<TextLink to="/agents">Agents</TextLink>}
        actions={<RenameAgent agent={agent} />}
      />
      <div className="grid gap-4">
        <EnrolmentNotice agent={agent} />
        <OpenAlerts agentId={agent.id} />
        <AgentRequests agentId={agent.id} />
        <AgentPolicies agentId={agent.id} />
        <AgentTools agent={agent} />
        <ConsumerTokens agent={agent} />
        <RememberedList of={{ agentId: agent.id }} />
        <RecentCalls of={{ agentId: agent.id }} />
        <About agent={agent} />
        <AgentActions agent={agent} />
      </div>
    </>
  )
}

function About({ agent }: { agent: Agent }) {
  return (
    <Card title="About">
      <Facts
        items={[
          ['Id', <code key="id">{agent.id}</code>],
          ['Added', <Time key="added" at={agent.createdAt} exact />],
          [
            'Key',
            agent.keyThumbprint === undefined ? (
              'None yet'
            ) : (
              <code key="key">{agent.keyThumbprint}</code>
            ),
          ],
        ]}
      />
    </Card>
  )
}
