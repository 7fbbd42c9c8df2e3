import { getRouteApi } from '@tanstack/react-router'
import { TextLink } from '../../components/button.tsx'
import { PageHeader } from '../../components/page-header.tsx'

const route = getRouteApi('/frame/policies/$policyId')

export function PolicyPage() {
  const { policyId } = route.useParams()
  return (
    <PageHeader
      title="Policy"
      description={policyId}
      up={<TextLink to="/policies">Policies</TextLink>}
    />
  )
}
