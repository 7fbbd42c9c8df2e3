import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { query } from '../../api.ts'
import { LinkButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ActionName } from '../../components/lazy-names.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import { useMay } from '../../session.ts'

const approvalsShown = 5
const requestsRead = 200
const charsShown = 160

/** What waits for an owner's answer. Nothing is shown where nothing waits. */
export function AgentRequests({ agentId }: { agentId: string }) {
  const approvals = useQuery({
    ...query('listApprovals', { agentId, status: 'pending', limit: approvalsShown }),
    enabled: useMay('approvals:read'),
  })
  const capabilities = useQuery({
    ...query('listCapabilityRequests', { status: 'pending', limit: requestsRead }),
    enabled: useMay('capabilities:read'),
  })
  const asked = capabilities.data?.capabilityRequests.filter((one) => one.agentId === agentId) ?? []
  const waiting = approvals.data?.approvals ?? []
  if (asked.length + waiting.length === 0) return null
  return (
    <Card title="Waiting for you" flush>
      <ul className="divide-y divide-line">
        {waiting.map(({ id, tool, method, host, path, createdAt }) => (
          <Row
            key={id}
            at={createdAt}
            action={
              <LinkButton size="sm" to="/approvals/$approvalId" params={{ approvalId: id }}>
                Decide
              </LinkButton>
            }
          >
            {tool === undefined ? 'Asks to send ' : 'Asks to call '}
            <UntrustedText
              inline
              mono
              limit={charsShown}
              text={tool ?? `${method} ${host}${path}`}
            />
          </Row>
        ))}
        {asked.map(({ id, actionTemplateId, createdAt }) => (
          <Row
            key={id}
            at={createdAt}
            action={
              <LinkButton
                size="sm"
                to="/capability-requests/$capabilityRequestId"
                params={{ capabilityRequestId: id }}
              >
                Answer
              </LinkButton>
            }
          >
            Asks for “<ActionName actionTemplateId={actionTemplateId} />”
          </Row>
        ))}
      </ul>
    </Card>
  )
}

interface RowProps {
  readonly at: string
  readonly action: ReactNode
  readonly children: ReactNode
}

function Row({ at, action, children }: RowProps) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0 flex-1 basis-60">
        <div>{children}</div>
        <div className="text-[0.87rem] text-ink-soft">
          <Time at={at} />
        </div>
      </div>
      {action}
    </li>
  )
}
