import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { query } from '../../api.ts'
import { LinkButton, TextLink } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { AgentName } from '../../components/names.tsx'
import { PolicySentence } from '../../components/policy-summary.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useMay } from '../../session.ts'

const policiesShown = 50

interface UsedByProps {
  readonly connectionId: string
  /** It belongs to a server or a database: agents are given its tools, and no requests. */
  readonly isOwned: boolean
}

/** Which agents may use a connection, and for what. */
export function UsedBy({ connectionId, isOwned }: UsedByProps) {
  const { data, error, refetch } = useQuery(
    query('listPolicies', { connectionId, limit: policiesShown }),
  )
  const mayWrite = useMay('policies:write')
  const add = mayWrite && !isOwned && (
    <LinkButton
      size="sm"
      to="/policies/$policyId"
      params={{ policyId: 'new' }}
      search={{ connectionId }}
    >
      <Plus aria-hidden="true" /> Give an agent access
    </LinkButton>
  )
  return (
    <Card title="Used by" actions={add} flush>
      {data === undefined ? (
        <div className="px-5 py-4">
          {error === null ? (
            <LoadingState lines={3} />
          ) : (
            <ErrorState error={error} onRetry={refetch} />
          )}
        </div>
      ) : data.policies.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">No agent may use it yet.</p>
      ) : (
        <ul className="divide-y divide-line">
          {data.policies.map((policy) => (
            <li
              key={policy.id}
              className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 px-5 py-3"
            >
              <div className="min-w-0 flex-1 basis-60 [overflow-wrap:anywhere]">
                <AgentName agentId={policy.agentId} />
                <p className="line-clamp-3 text-[0.93rem] text-ink-soft">
                  <PolicySentence policy={policy} />
                </p>
              </div>
              <TextLink
                to="/policies/$policyId"
                params={{ policyId: policy.id }}
                className="text-[0.93rem]"
              >
                {mayWrite ? 'Change' : 'Open'} the policy
              </TextLink>
            </li>
          ))}
          {data.nextCursor !== undefined && (
            <li className="px-5 py-3">
              <TextLink to="/policies" search={{ connectionId }}>
                All of its policies
              </TextLink>
            </li>
          )}
        </ul>
      )}
    </Card>
  )
}
