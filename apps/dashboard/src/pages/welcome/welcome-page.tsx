import { PageHeader } from '../../components/page-header.tsx'

export function WelcomePage() {
  return <PageHeader title="Welcome" description="Add a connection, then connect an agent." />
}
