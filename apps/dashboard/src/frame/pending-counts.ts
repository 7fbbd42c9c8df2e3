import { useQuery } from '@tanstack/react-query'
import { query } from '../api.ts'
import { useMay } from '../session.ts'

/** More than this many are shown as "99+". */
const countMax = 99

/** How many wait for an owner, as it is shown; undefined for none. Of connections: those that have to be reconnected. */
export function usePendingCounts() {
  const approvals = useQuery(query('listApprovals', { status: 'pending', limit: 1 }))
  const requests = useQuery(
    query('listCapabilityRequests', { status: 'pending', limit: countMax + 1 }),
  )
  const broken = useQuery(query('listConnections', { status: 'needs_reauth', limit: countMax + 1 }))
  const alerts = useQuery({
    ...query('listAlerts', { status: 'open', limit: 1 }),
    enabled: useMay('audit:read'),
  })
  return {
    alerts: shown(alerts.data?.openCount ?? 0),
    connections: shown(broken.data?.connections.length ?? 0),
    approvals: shown(approvals.data?.pendingCount ?? 0),
    capabilityRequests: shown(requests.data?.capabilityRequests.length ?? 0),
  }
}

function shown(count: number): string | undefined {
  if (count === 0) return undefined
  return count > countMax ? `${countMax}+` : String(count)
}
