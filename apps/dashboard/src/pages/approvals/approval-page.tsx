import { getRouteApi } from '@tanstack/react-router'
import { TextLink } from '../../components/button.tsx'
import { PageHeader } from '../../components/page-header.tsx'

const route = getRouteApi('/frame/approvals/$approvalId')

export function ApprovalPage() {
  const { approvalId } = route.useParams()
  return (
    <PageHeader
      title="Approval"
      description={approvalId}
      up={<TextLink to="/approvals">Approvals</TextLink>}
    />
  )
}
