import { useQuery } from '@tanstack/react-query'
import { query } from '../api.ts'
import { useMay } from '../session.ts'
import { AcknowledgeAlert } from './acknowledge-alert.tsx'
import { AlertText } from './alert-text.tsx'
import { TextLink } from './button.tsx'
import { Card } from './card.tsx'
import { Time } from './time.tsx'

const shown = 5

/** Alerts of an agent that nobody has looked at. Nothing where there are none. */
export function OpenAlerts({ agentId }: { agentId: string }) {
  const { data } = useQuery({
    ...query('listAlerts', { agentId, status: 'open', limit: shown }),
    enabled: useMay('audit:read'),
  })
  const alerts = data?.alerts ?? []
  if (alerts.length === 0) return null
  return (
    <Card
      title="Open alerts"
      description="It does what it does not usually do."
      actions={
        <TextLink to="/alerts" search={{ agentId }} className="text-[0.93rem]">
          All alerts
        </TextLink>
      }
      flush
    >
      <ul className="divide-y divide-line">
        {alerts.map((alert) => (
          <li key={alert.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3.5">
            <div className="min-w-0 flex-1 basis-64">
              <AlertText alert={alert} />
              <div className="mt-1 text-[0.87rem] text-ink-soft">
                Last seen <Time at={alert.lastAt} />
              </div>
            </div>
            <AcknowledgeAlert alert={alert} />
          </li>
        ))}
      </ul>
    </Card>
  )
}
