import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { query } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { ConnectionName } from '../../components/names.tsx'
import { PolicySummary } from '../../components/policy-summary.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'

const policiesShown = 50

/** What an agent may do, connection by connection, in plain words. */
export function AgentPolicies({ agentId }: { agentId: string }) {
  const { data, error, refetch } = useQuery(
    query('listPolicies', { agentId, limit: policiesShown }),
  )
  const mayWrite = useMay('policies:write')
  const add = mayWrite && (
    <LinkButton
      size="sm"
      to="/policies/$policyId"
      params={{ policyId: 'new' }}
      search={{ agentId }}
    >
      <Plus aria-hidden="true" /> Give it access
    </LinkButton>
  )
  return (
    <Card title="What it may do" actions={add} flush>
      {data === undefined ? (
        <div className="px-5 py-4">
          {error === null ? (
            <LoadingState lines={3} />
          ) : (
            <ErrorState error={error} onRetry={refetch} />
          )}
        </div>
      ) : data.policies.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">
          Nothing yet. It may use a connection once a policy says how.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {data.policies.map((policy) => (
            <li key={policy.id} className="grid gap-1 px-5 py-3.5">
              <div className="flex flex-wrap items-baseline justify-between gap-x-4">
                <span className="font-medium [overflow-wrap:anywhere]">
                  <ConnectionName connectionId={policy.connectionId} />
                </span>
                <TextLink
                  to="/policies/$policyId"
                  params={{ policyId: policy.id }}
                  className="text-[0.93rem]"
                >
                  {mayWrite ? 'Change' : 'Open'} the policy
                </TextLink>
              </div>
              <div className="text-[0.93rem] text-ink-soft">
                <PolicySummary policy={policy} atFirst={10} />
              </div>
            </li>
          ))}
          {data.nextCursor !== undefined && (
            <li className="px-5 py-3">
              <TextLink to="/policies" search={{ agentId }}>
                All of its policies
              </TextLink>
            </li>
          )}
        </ul>
      )}
    </Card>
  )
}
