import type { AuditEntry } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, Hand, Radio } from 'lucide-react'
import type { ReactNode } from 'react'
import { query } from '../../api.ts'
import { LinkButton } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { UntrustedText } from '../../components/untrusted-text.tsx'

/** Events say it at once; this is for when they do not come. */
const askEveryMs = 2_000
const entriesRead = 20

/** What the agent has done so far, from "nothing" to its first call that went out. */
export function FirstCall({ agentId }: { agentId: string }) {
  const { data: calls } = useQuery({
    ...query('listAudit', { agentId, limit: entriesRead }),
    refetchInterval: askEveryMs,
  })
  const { data: read } = useQuery({
    ...query('getAgent', { agentId }),
    refetchInterval: askEveryMs,
  })
  const attempts = calls?.entries.filter(({ operation }) => operation.startsWith('execute')) ?? []
  const sent = attempts.find(({ outcome }) => outcome === 'sent')
  const asked = attempts.find(({ decision }) => decision === 'require_approval')
  const refused = attempts.find(({ decision }) => decision === 'deny')
  return (
    <div aria-live="polite" className="sticky bottom-18 md:bottom-4">
      {sent !== undefined ? (
        <Sent entry={sent} />
      ) : asked !== undefined ? (
        <Status
          icon={<Hand aria-hidden="true" />}
          title="It asks for your approval"
          look="border-warn bg-warn-soft text-warn"
          action={<LinkButton to="/approvals">See what it wants</LinkButton>}
        >
          <Request entry={asked} />
        </Status>
      ) : refused !== undefined ? (
        <Status
          icon={<Hand aria-hidden="true" />}
          title="It tried something that is not allowed"
          look="border-warn bg-warn-soft text-warn"
          action={
            <LinkButton to="/audit" search={{ agentId }}>
              See why
            </LinkButton>
          }
        >
          <Request entry={refused} />
        </Status>
      ) : (
        <Status
          icon={<Radio aria-hidden="true" className="animate-pulse" />}
          title={
            read?.agent.lastSeenAt === undefined
              ? 'Waiting for the agent'
              : 'The agent has signed in'
          }
          look="border-line bg-surface"
        >
          {read?.agent.lastSeenAt === undefined
            ? 'This turns green when its first call arrives.'
            : 'Now ask it for something.'}
        </Status>
      )}
    </div>
  )
}

function Sent({ entry }: { entry: AuditEntry }) {
  return (
    <Status
      icon={<CircleCheck aria-hidden="true" />}
      title="Its first call has arrived"
      look="border-good bg-good-soft text-good"
      action={
        <LinkButton to="/approvals" variant="primary">
          Done
        </LinkButton>
      }
    >
      <Request entry={entry} />
    </Status>
  )
}

function Request({ entry: { method, host, path, status } }: { entry: AuditEntry }) {
  return (
    <span className="text-ink">
      <UntrustedText inline mono limit={200} text={`${method ?? ''} ${host ?? ''}${path ?? ''}`} />
      {status !== undefined && ` was answered with ${status}.`}
    </span>
  )
}

interface StatusProps {
  readonly icon: ReactNode
  readonly title: string
  readonly look: string
  readonly action?: ReactNode
  readonly children: ReactNode
}

function Status({ icon, title, look, action, children }: StatusProps) {
  return (
    <div
      className={classes(
        'flex flex-wrap items-center gap-4 rounded-lg border px-5 py-4 shadow-lift [&>svg]:size-6 [&>svg]:shrink-0',
        look,
      )}
    >
      {icon}
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{title}</p>
        <div className="text-[0.93rem]">{children}</div>
      </div>
      {action}
    </div>
  )
}
