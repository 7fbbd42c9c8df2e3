import type { AuditEntry } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { query } from '../api.ts'
import { useMay } from '../session.ts'
import { Badge, StatusBadge } from './badge.tsx'
import { TextLink } from './button.tsx'
import { Card } from './card.tsx'
import { LoadingState } from './loading-state.tsx'
import { AgentName, ConnectionName } from './names.tsx'
import { ErrorState } from './states.tsx'
import { Time } from './time.tsx'
import { isCallHost } from './tools/call-target.ts'
import { UntrustedText } from './untrusted-text.tsx'

/** Read to find as many calls as are shown: what owners did stands between them. */
const entriesRead = 40
const callsShown = 8
const charsShown = 160

/** A call of a tool that was refused before there was a request has none; what owners do to tools is no call. */
const isCall = ({ method, operation }: AuditEntry) =>
  method !== undefined || operation === 'callMyTool'

type Of = { readonly agentId: string } | { readonly connectionId: string }

/** The last calls of an agent or through a connection, live, with the way to all of them. Nothing for who may not read them. */
export function RecentCalls({ of }: { of: Of }) {
  return useMay('audit:read') ? <Calls of={of} /> : null
}

function Calls({ of }: { of: Of }) {
  const { data, error, refetch } = useQuery(query('listAudit', { ...of, limit: entriesRead }))
  const calls = data?.entries.filter(isCall).slice(0, callsShown)
  return (
    <Card
      title="Last calls"
      actions={
        <TextLink to="/audit" search={of} className="text-[0.93rem]">
          All in the audit log
        </TextLink>
      }
      flush
    >
      {calls === undefined ? (
        <div className="px-5 py-4">
          {error === null ? (
            <LoadingState lines={3} />
          ) : (
            <ErrorState error={error} onRetry={refetch} />
          )}
        </div>
      ) : calls.length === 0 ? (
        <p className="px-5 py-4 text-ink-soft">None yet. They appear here as they happen.</p>
      ) : (
        <ul className="divide-y divide-line">
          {calls.map((entry) => (
            <CallRow key={entry.id} entry={entry} of={of} />
          ))}
        </ul>
      )}
    </Card>
  )
}

function CallRow({ entry, of }: { entry: AuditEntry; of: Of }) {
  const { id, at, agentId, connectionId, tool, method, host = '', path = '' } = entry
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-5 py-2.5">
      <div className="w-18 shrink-0">
        <Outcome entry={entry} />
      </div>
      <div className="min-w-0 flex-1 basis-52">
        {tool !== undefined && (
          <div>
            <UntrustedText inline mono limit={charsShown} text={tool} />
          </div>
        )}
        {method !== undefined && !isCallHost(host) && (
          <div className={tool === undefined ? undefined : 'text-[0.87rem] text-ink-soft'}>
            <UntrustedText inline mono limit={charsShown} text={`${method} ${host}${path}`} />
          </div>
        )}
        <div className="text-[0.87rem] text-ink-soft [overflow-wrap:anywhere]">
          {'agentId' in of
            ? connectionId !== undefined && <ConnectionName connectionId={connectionId} />
            : agentId !== undefined && <AgentName agentId={agentId} />}
        </div>
      </div>
      <TextLink to="/audit" search={{ ...of, entry: id }} className="text-[0.87rem]">
        <Time at={at} />
      </TextLink>
    </li>
  )
}

/** How a call ended: what the upstream answered, or why nothing was sent. */
function Outcome({ entry: { decision, outcome, status } }: { entry: AuditEntry }) {
  if (status !== undefined) return <Badge tone={status < 400 ? 'good' : 'warn'}>{status}</Badge>
  return <StatusBadge status={outcome === 'refused' ? decision : outcome} />
}
