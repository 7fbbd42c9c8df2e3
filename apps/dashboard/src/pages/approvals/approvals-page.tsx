import { PageHeader } from '../../components/page-header.tsx'

export function ApprovalsPage() {
  return <PageHeader title="Approvals" description="Requests of agents that wait for a person." />
}
