import type { McpServer } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { type Output, query, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { Notice, ProblemNotice } from '../../../components/notice.tsx'
import { ErrorState } from '../../../components/states.tsx'
import { useToast } from '../../../components/toast.tsx'
import { ChangeList } from '../../../components/tools/change-list.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { useMay } from '../../../session.ts'

type Change = Output<'getMcpServerChanges'>['changes'][number]

const refusedShown = 50

/** What the server says of its tools now and did not say when an owner last looked; until one accepts it, no agent has it. */
export function HeldChanges({ server }: { server: McpServer }) {
  const serverId = server.id
  const { data, error, refetch } = useQuery(query('getMcpServerChanges', { serverId }))
  const mayWrite = useMay('tools:write')
  const toast = useToast()
  const accept = useAction('acceptMcpServerChanges', {
    invalidates: ['toolsets', 'tools', 'agents'],
    onDone: () => toast('Accepted'),
  })
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const { changes, expects, refused } = data
  const take = (tools?: readonly string[]) =>
    accept.mutate({ serverId, expects, ...(tools !== undefined && { tools: [...tools] }) })
  const waiting = changes.filter(({ change }) => change !== 'same')
  return (
    <Card
      title="Changed by the server"
      description="Hidden from every agent, and calls are refused, until you accept what is new here."
      actions={
        mayWrite &&
        waiting.length > 1 && (
          <Button
            size="sm"
            variant="primary"
            busy={accept.isPending && accept.variables.tools === undefined}
            onClick={() => take()}
          >
            Accept all {waiting.length.toLocaleString('en')}
          </Button>
        )
      }
      flush
    >
      {accept.error !== null && (
        <div className="px-5 pt-4">
          <ProblemNotice error={accept.error} />
        </div>
      )}
      <ChangeList
        changes={changes}
        none="Nothing differs from what was accepted."
        more={(change) => <SaysNow change={change} />}
        action={({ name }) =>
          mayWrite && (
            <Button
              size="sm"
              aria-label={`Accept ${name}`}
              busy={accept.isPending && accept.variables.tools?.includes(name) === true}
              onClick={() => take([name])}
            >
              Accept
            </Button>
          )
        }
      />
      {refused.length > 0 && <Refused refused={refused} />}
    </Card>
  )
}

/** Of a tool that is new there is nothing to compare: what it says is shown whole. */
function SaysNow({ change: { change, description, differences } }: { change: Change }) {
  if (change !== 'added' || differences.length > 0) return null
  return (
    <div className="text-[0.93rem]">
      <UntrustedText text={description === '' ? 'It says nothing of itself.' : description} />
    </div>
  )
}

function Refused({ refused }: { refused: Output<'getMcpServerChanges'>['refused'] }) {
  return (
    <div className="border-t border-line px-5 py-4">
      <Notice tone="warn" title="Tools that cannot be used">
        <ul className="mt-1 grid gap-1">
          {refused.slice(0, refusedShown).map(({ name, reason }, index) => (
            <li key={index}>
              <UntrustedText inline mono text={name ?? 'without a name'} limit={80} />
              {': '}
              <UntrustedText inline text={reason} limit={300} />
            </li>
          ))}
          {refused.length > refusedShown && <li>And {refused.length - refusedShown} more.</li>}
        </ul>
      </Notice>
    </div>
  )
}
