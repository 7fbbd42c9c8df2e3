import { getRouteApi } from '@tanstack/react-router'
import { TextLink } from '../../components/button.tsx'
import { PageHeader } from '../../components/page-header.tsx'

const route = getRouteApi('/frame/capability-requests/$capabilityRequestId')

export function CapabilityRequestPage() {
  const { capabilityRequestId } = route.useParams()
  return (
    <PageHeader
      title="Capability request"
      description={capabilityRequestId}
      up={<TextLink to="/capability-requests">Capability requests</TextLink>}
    />
  )
}
