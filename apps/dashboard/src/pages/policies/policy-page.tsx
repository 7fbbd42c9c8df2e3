import { getRouteApi } from '@tanstack/react-router'
import { EditPolicy } from './edit-policy.tsx'
import { NewPolicy } from './new-policy.tsx'

const route = getRouteApi('/frame/policies/$policyId')

export function PolicyPage() {
  const { policyId } = route.useParams()
  return policyId === 'new' ? <NewPolicy /> : <EditPolicy policyId={policyId} />
}
