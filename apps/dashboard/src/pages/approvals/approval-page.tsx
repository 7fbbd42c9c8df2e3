import type { Approval } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { query } from '../../api.ts'
import { TextLink } from '../../components/button.tsx'
import { Card, Facts } from '../../components/card.tsx'
import { lazyPart } from '../../components/lazy-part.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { sizeOf } from '../../components/size-of.ts'
import { ErrorState } from '../../components/states.tsx'
import { Time } from '../../components/time.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'
import type { ApprovalCardProps, CardActions } from './approval-card.tsx'
import { useShortcuts } from './use-shortcuts.ts'
import { useSteady } from './use-steady.ts'

const route = getRouteApi('/frame/approvals/$approvalId')

const loadCard = async () => (await import('./approval-card.tsx')).ApprovalCard
/** Loaded while the approval is asked for. */
const ApprovalCard = lazyPart<ApprovalCardProps>(loadCard, <LoadingState />)

/** One approval with everything: where the links lead that agents give to people. */
export function ApprovalPage() {
  const { approvalId } = route.useParams()
  const { data, error, refetch } = useQuery(query('getApproval', { approvalId }))
  const ref = useRef<HTMLElement>(null)
  useEffect(() => void loadCard().catch(() => undefined), [])
  const actions = useRef<CardActions>(undefined)
  const steady = useSteady(ref)
  const isOnCard = () => document.activeElement === ref.current
  useShortcuts({
    a: ({ repeat }) => isOnCard() && !repeat && actions.current?.approve(),
    d: () => isOnCard() && actions.current?.deny(),
  })
  const approval = data?.approval
  return (
    <>
      <PageHeader title="Approval" up={<TextLink to="/approvals">Approvals</TextLink>} />
      {approval === undefined &&
        (error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />)}
      <article
        ref={ref}
        hidden={approval === undefined}
        aria-label="Request"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys that decide work while the request has the focus
        tabIndex={0}
        className="rounded-lg border border-line bg-surface px-4 pt-4 md:px-5 md:pb-4"
      >
        {approval !== undefined && (
          <ApprovalCard
            key={approval.id}
            entry={approval}
            detail={approval}
            error={error}
            onRetry={refetch}
            steady={steady}
            full
            onActions={(does) => {
              actions.current = does
            }}
          />
        )}
      </article>
      {approval !== undefined && (
        <div className="mt-4">
          <Card title="About">
            <Facts
              items={[
                [
                  'Agent',
                  <TextLink
                    key="agent"
                    to="/agents/$agentId"
                    params={{ agentId: approval.agent.id }}
                  >
                    <UntrustedText text={approval.agent.name} inline limit={120} />
                  </TextLink>,
                ],
                [
                  'Connection',
                  <TextLink
                    key="connection"
                    to="/connections/$connectionId"
                    params={{ connectionId: approval.connection.id }}
                  >
                    <UntrustedText text={approval.connection.label} inline limit={120} />
                  </TextLink>,
                ],
                ...toolFact(approval),
                ['Asked', <Time key="asked" at={approval.createdAt} exact />],
                ['Until', <Time key="until" at={approval.expiresAt} exact />],
                ['Size', sizeOf(approval.requestBytes)],
                [
                  'SHA-256',
                  <code key="digest" className="font-mono text-[0.87rem]">
                    {approval.digest}
                  </code>,
                ],
                [
                  'Id',
                  <code key="id" className="font-mono text-[0.87rem]">
                    {approval.id}
                  </code>,
                ],
              ]}
            />
          </Card>
        </div>
      )}
    </>
  )
}

/** The tool whose call asks, where it is not a request that the agent wrote. */
function toolFact({ tool, toolId }: Pick<Approval, 'tool' | 'toolId'>) {
  if (tool === undefined) return []
  const name = <UntrustedText text={tool} inline mono limit={120} />
  const value =
    toolId === undefined ? (
      name
    ) : (
      <TextLink to="/toolsets/tools/$toolId" params={{ toolId }}>
        {name}
      </TextLink>
    )
  return [['Tool', value] as const]
}
